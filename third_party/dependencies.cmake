# Finds what aelab is built from; third_party/README.md says what each is for.

# A project that adds aelab as a subdirectory, or finds it installed, links our libraries, so it must see the targets
# found here.
set(CMAKE_FIND_PACKAGE_TARGETS_GLOBAL ON)

find_package(fmt 9 REQUIRED)
find_package(nlohmann_json 3.10 REQUIRED)
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
  find_package(Boost 1.71 REQUIRED CONFIG)
  if(NOT TARGET protozero)
    find_path(protozero_include protozero/pbf_builder.hpp REQUIRED NO_CACHE)
    add_library(protozero INTERFACE IMPORTED GLOBAL)
    target_include_directories(protozero SYSTEM INTERFACE "${protozero_include}")
  endif()
  aelab_c_library(liblinear linear.h liblinear)
  aelab_c_library(libsvm svm.h libsvm)
endif()
if(AELAB_TESTS)
  find_package(GTest REQUIRED)
endif()

# LibTorch, found like find_package(Torch) finds it (Torch_DIR, CMAKE_PREFIX_PATH). TorchConfig.cmake itself is not
# used: for a CUDA build it asks for the CUDA compiler, which aelab never runs.
if(AELAB_TORCH AND NOT TARGET LibTorch)
  find_path(Torch_DIR TorchConfig.cmake HINTS ENV Torch_DIR PATHS "${AELAB_TORCH_HINT}"
            PATH_SUFFIXES Torch share/cmake/Torch lib/cmake/Torch NO_CACHE)
  if(NOT Torch_DIR)
    message(FATAL_ERROR "LibTorch was not found. Run third_party/install and pass "
                        "-DCMAKE_PREFIX_PATH=$(cat build/torch_prefix), or set Torch_DIR; `make build` does both.")
  endif()
  get_filename_component(torch_root "${Torch_DIR}/../../.." ABSOLUTE)

  set(PACKAGE_FIND_VERSION 2.6)
  include("${Torch_DIR}/TorchConfigVersion.cmake")
  if(PACKAGE_VERSION VERSION_LESS PACKAGE_FIND_VERSION)
    message(FATAL_ERROR "LibTorch ${PACKAGE_VERSION} in ${torch_root} is too old: aelab needs 2.6 or newer.")
  endif()
  message(STATUS "LibTorch ${PACKAGE_VERSION}: ${torch_root}")

  add_library(LibTorch INTERFACE IMPORTED GLOBAL)
  target_include_directories(
    LibTorch SYSTEM INTERFACE "${torch_root}/include" "${torch_root}/include/torch/csrc/api/include")
  # LibTorch's libraries register devices and operators when they are loaded, even if no symbol of theirs is used.
  target_link_options(LibTorch INTERFACE -Wl,--no-as-needed)
  foreach(library torch_cpu c10 torch_cuda c10_cuda)
    find_library(torch_${library} ${library} PATHS "${torch_root}/lib" "${torch_root}/lib/${CMAKE_LIBRARY_ARCHITECTURE}"
                 NO_DEFAULT_PATH NO_CACHE)
    if(torch_${library})
      target_link_libraries(LibTorch INTERFACE "${torch_${library}}")
    endif()
  endforeach()

  # LibTorch's parallel loops are serial in files that are compiled without OpenMP. Its wheels bring the run-time of
  # GCC's OpenMP; linking that one keeps a second one out of the process. Clang's OpenMP needs another.
  file(GLOB torch_openmp "${torch_root}/lib/libgomp*.so*" "${torch_root}/../torch.libs/libgomp*.so*")
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    set(LibTorch_OPENMP_FLAG -fopenmp)
    if(torch_openmp)
      list(GET torch_openmp 0 torch_openmp)
    else()
      set(torch_openmp gomp)
    endif()
    target_link_libraries(LibTorch INTERFACE "${torch_openmp}")
  endif()
endif()

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
