# Finds aelab's dependencies; third_party/README.md says what each is for.

# A project that adds aelab as a subdirectory, or finds it installed, links our libraries, so it must see the targets
# found here.
set(CMAKE_FIND_PACKAGE_TARGETS_GLOBAL ON)

find_package(fmt 9.1 REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(PNG REQUIRED)
find_package(ZLIB REQUIRED)

# aelab_c_library(NAME HEADER [FOLDER]): the target NAME of a C library that has no CMake package.
function(aelab_c_library name header)
  if(TARGET ${name})
    return()
  endif()
  string(REGEX REPLACE "^lib" "" library "${name}")
  find_path(${name}_include ${header} PATH_SUFFIXES ${ARGN} REQUIRED NO_CACHE)
  find_library(${name}_library ${library} REQUIRED NO_CACHE)
  add_library(${name} INTERFACE IMPORTED GLOBAL)
  target_include_directories(${name} SYSTEM INTERFACE "${${name}_include}")
  target_link_libraries(${name} INTERFACE "${${name}_library}")
endfunction()

aelab_c_library(turbojpeg turbojpeg.h)
aelab_c_library(libzip zip.h)
if(AELAB_TORCH)
  find_package(CLI11 2.1 REQUIRED)
  find_package(Boost 1.74 REQUIRED CONFIG)
  if(NOT TARGET protozero)
    find_path(protozero_include protozero/pbf_builder.hpp REQUIRED NO_CACHE)
    add_library(protozero INTERFACE IMPORTED GLOBAL)
    target_include_directories(protozero SYSTEM INTERFACE "${protozero_include}")
  endif()
  aelab_c_library(liblinear linear.h liblinear)
  aelab_c_library(libsvm svm.h libsvm)
endif()
if(AELAB_TESTS)
  find_package(GTest 1.12 REQUIRED)
endif()

# aelab_find_libtorch(): the target LibTorch. TorchConfig.cmake itself is not used: for a CUDA build it asks for the CUDA
# compiler, which aelab never runs. Its folder is the one in Torch_DIR; the one that an installed aelab was built with
# (AELAB_TORCH_HINT); or what CMAKE_PREFIX_PATH leads to.
set(AELAB_TORCH_MINIMUM 2.13 CACHE STRING "Oldest LibTorch that is taken; tests/device/run takes an older one")
mark_as_advanced(AELAB_TORCH_MINIMUM)
function(aelab_find_libtorch)
  find_path(Torch_DIR TorchConfig.cmake PATHS "${AELAB_TORCH_HINT}" NO_DEFAULT_PATH NO_CACHE)
  find_path(Torch_DIR TorchConfig.cmake HINTS ENV Torch_DIR PATH_SUFFIXES Torch share/cmake/Torch lib/cmake/Torch NO_CACHE)
  if(NOT Torch_DIR)
    message(FATAL_ERROR "LibTorch was not found. Run third_party/install and pass "
                        "-DCMAKE_PREFIX_PATH=$(cat build/torch_prefix), or set Torch_DIR; `make build` does both.")
  endif()
  cmake_path(SET root NORMALIZE "${Torch_DIR}/../../..")
  cmake_path(GET root PARENT_PATH root)  # without the slash at its end

  set(PACKAGE_FIND_VERSION ${AELAB_TORCH_MINIMUM})
  include("${Torch_DIR}/TorchConfigVersion.cmake")
  if(PACKAGE_VERSION VERSION_LESS PACKAGE_FIND_VERSION)
    message(FATAL_ERROR "LibTorch ${PACKAGE_VERSION} in ${root} is too old: aelab needs ${AELAB_TORCH_MINIMUM} or newer.")
  endif()
  if(AELAB_TORCH_VERSION AND NOT PACKAGE_VERSION VERSION_EQUAL AELAB_TORCH_VERSION)
    message(FATAL_ERROR "This aelab was built with LibTorch ${AELAB_TORCH_VERSION}, and ${root} is ${PACKAGE_VERSION}. "
                        "Set Torch_DIR to a LibTorch ${AELAB_TORCH_VERSION}, or build aelab again.")
  endif()
  message(STATUS "LibTorch ${PACKAGE_VERSION}: ${root}")

  add_library(LibTorch INTERFACE IMPORTED GLOBAL)
  target_include_directories(LibTorch SYSTEM INTERFACE "${root}/include" "${root}/include/torch/csrc/api/include")
  # LibTorch's libraries register devices and operators when they are loaded, even if no symbol of theirs is used.
  target_link_options(LibTorch INTERFACE -Wl,--no-as-needed)
  foreach(name torch_cpu c10 torch_cuda c10_cuda)
    find_library(library ${name} PATHS "${root}/lib" "${root}/lib/${CMAKE_LIBRARY_ARCHITECTURE}" NO_DEFAULT_PATH NO_CACHE)
    if(library)
      target_link_libraries(LibTorch INTERFACE "${library}")
    endif()
    unset(library)
  endforeach()

  # LibTorch's parallel loops are serial in files that are compiled without OpenMP. Its wheels bring the run-time of
  # GCC's OpenMP; linking that one keeps a second one out of the process. Clang's OpenMP needs another.
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    file(GLOB openmp "${root}/lib/libgomp*.so*" "${root}/../torch.libs/libgomp*.so*")
    if(openmp)
      list(GET openmp 0 openmp)
    else()
      set(openmp gomp)
    endif()
    target_link_libraries(LibTorch INTERFACE "${openmp}")
    set(LibTorch_OPENMP_FLAG -fopenmp PARENT_SCOPE)
  endif()
  set(LibTorch_ROOT "${root}" PARENT_SCOPE)
  set(LibTorch_VERSION "${PACKAGE_VERSION}" PARENT_SCOPE)
  set(Torch_DIR "${Torch_DIR}" PARENT_SCOPE)
endfunction()

if(AELAB_TORCH AND NOT TARGET LibTorch)
  aelab_find_libtorch()
endif()

# aelab_find_arrow(): the target aelab_arrow, Arrow and its Parquet, if there is one that fits: the one that an installed
# aelab was built with (AELAB_ARROW_HINT), a CMake package, or the pyarrow beside LibTorch or in build/python, which holds
# headers and libraries. Libraries of a pyarrow have their versions in their names, so they are linked by their paths.
if(NOT DEFINED AELAB_ARROW)
  set(AELAB_ARROW AUTO CACHE STRING "Read Parquet files by Arrow: ON, OFF, or AUTO (where it is found)")
  set_property(CACHE AELAB_ARROW PROPERTY STRINGS AUTO ON OFF)
endif()
set(AELAB_ARROW_MINIMUM 26)
function(aelab_find_arrow)
  file(GLOB places "${AELAB_ARROW_HINT}")
  if(NOT AELAB_ARROW_HINT)
    find_package(Parquet ${AELAB_ARROW_MINIMUM} CONFIG QUIET GLOBAL)
    if(TARGET Parquet::parquet_shared)
      add_library(aelab_arrow INTERFACE IMPORTED GLOBAL)
      target_link_libraries(aelab_arrow INTERFACE Parquet::parquet_shared)
      message(STATUS "Arrow ${Parquet_VERSION}: ${Parquet_DIR}")
      return()
    endif()
    file(GLOB places "${LibTorch_ROOT}/../pyarrow" "${PROJECT_SOURCE_DIR}/build/python/lib/python3*/site-packages/pyarrow")
  endif()
  foreach(root IN LISTS places)
    file(GLOB arrow "${root}/libarrow.so.*")
    file(GLOB parquet "${root}/libparquet.so.*")
    set(config "${root}/include/arrow/util/config.h")
    if(NOT arrow OR NOT parquet OR NOT EXISTS "${config}")
      continue()
    endif()
    file(STRINGS "${config}" version REGEX "define ARROW_VERSION_STRING")
    string(REGEX REPLACE ".*\"(.*)\".*" "\\1" version "${version}")
    if(version VERSION_LESS AELAB_ARROW_MINIMUM)
      message(STATUS "Not using Arrow ${version} in ${root}: it is older than ${AELAB_ARROW_MINIMUM}")
      continue()
    endif()
    list(GET arrow 0 arrow)
    list(GET parquet 0 parquet)
    cmake_path(NORMAL_PATH root)
    add_library(aelab_arrow INTERFACE IMPORTED GLOBAL)
    target_include_directories(aelab_arrow SYSTEM INTERFACE "${root}/include")
    target_link_libraries(aelab_arrow INTERFACE "${parquet}" "${arrow}")
    set(AELAB_ARROW_ROOT "${root}" PARENT_SCOPE)
    message(STATUS "Arrow ${version}: ${root}")
    return()
  endforeach()
endfunction()

if(AELAB_ARROW AND NOT TARGET aelab_arrow)
  aelab_find_arrow()
  if(NOT TARGET aelab_arrow AND NOT AELAB_ARROW STREQUAL "AUTO")
    message(FATAL_ERROR "Arrow ${AELAB_ARROW_MINIMUM} or newer was not found. Install pyarrow into build/python by "
                        "third_party/install, or build without it: -DAELAB_ARROW=OFF.")
  elseif(NOT TARGET aelab_arrow)
    message(STATUS "Arrow was not found: Parquet files will not be read. third_party/install installs it, in pyarrow")
  endif()
endif()

# aelab_data_folders(FOLDER ...): the library aelab_data_folders, which says where the data sets that come with aelab may
# be, the first that exists; relative folders begin at the program's.
function(aelab_data_folders)
  if(TARGET aelab_data_folders)
    return()
  endif()
  list(TRANSFORM ARGN REPLACE "(.+)" "\"\\1\", " OUTPUT_VARIABLE folders)
  string(CONCAT folders ${folders})
  file(CONFIGURE OUTPUT "${CMAKE_CURRENT_BINARY_DIR}/aelab_data_folders.cc" @ONLY CONTENT [[
namespace aelab {
extern const char* const data_folders[];
const char* const data_folders[] = {@folders@nullptr};
}  // namespace aelab
]])
  add_library(aelab_data_folders STATIC EXCLUDE_FROM_ALL "${CMAKE_CURRENT_BINARY_DIR}/aelab_data_folders.cc")
  set_target_properties(aelab_data_folders PROPERTIES POSITION_INDEPENDENT_CODE ON)
endfunction()

# Conveniences of this checkout's own build.
if(PROJECT_IS_TOP_LEVEL AND "${PROJECT_NAME}" STREQUAL "aelab")
  find_program(AELAB_CCACHE ccache)
  if(AELAB_CCACHE AND NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER)
    # Paths relative to the checkout, so that a second checkout finds what the first one compiled.
    set(CMAKE_CXX_COMPILER_LAUNCHER
        ${CMAKE_COMMAND} -E env "CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}" CCACHE_NOHASHDIR=1 ${AELAB_CCACHE})
  endif()
  find_program(AELAB_MOLD mold)
  if(AELAB_MOLD AND NOT (CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 12.1))
    add_link_options(-fuse-ld=mold)
  endif()
endif()
