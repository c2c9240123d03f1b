# What `cmake --install` installs: the program, the library with its headers, the data sets that are shipped, what
# find_package(aelab) needs to link them, and the contract suites. An installation depends on nothing in the source or
# build tree, and one that holds its own LibTorch can be moved.

include(CMakePackageConfigHelpers)
include("${CMAKE_CURRENT_LIST_DIR}/contract_tests.cmake")
aelab_contract_tests("${PROJECT_SOURCE_DIR}")
set(package_folder "${CMAKE_INSTALL_LIBDIR}/cmake/aelab")
set(data_folder "${CMAKE_INSTALL_DATADIR}/aelab/data")
set(contract_folder "${CMAKE_INSTALL_DATADIR}/aelab/contract")

install(TARGETS aelab RUNTIME)
install(TARGETS aelab_all EXPORT aelab)
install(DIRECTORY "${PROJECT_SOURCE_DIR}/aelab" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" FILES_MATCHING PATTERN "*.h")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/data/mnist" "${PROJECT_SOURCE_DIR}/data/digits" DESTINATION "${data_folder}")
install(FILES "${PROJECT_SOURCE_DIR}/data/README.md" DESTINATION "${data_folder}")
install(PROGRAMS "${PROJECT_SOURCE_DIR}/data/fetch" DESTINATION "${data_folder}")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/tests/contract" DESTINATION "${contract_folder}/tests"
        FILES_MATCHING PATTERN "*.h" PATTERN "*.cc")
install(FILES "${PROJECT_SOURCE_DIR}/tests/support.h" "${PROJECT_SOURCE_DIR}/tests/torch_support.h"
        DESTINATION "${contract_folder}/tests")

# --- LibTorch: its own copy, or where it is ---

set(AELAB_INSTALL_LIBTORCH AUTO CACHE STRING "Copy LibTorch into an installation: ON, OFF (the installed program needs it \
where it is now), or AUTO (ON if it is inside the source or build tree)")
set_property(CACHE AELAB_INSTALL_LIBTORCH PROPERTY STRINGS AUTO ON OFF)

# aelab_is_in_tree(PLACE RESULT): whether a place is inside the source or build tree, of which an installation knows nothing.
function(aelab_is_in_tree place result)
  set(${result} OFF PARENT_SCOPE)
  file(REAL_PATH "${place}" place)
  foreach(folder "${PROJECT_SOURCE_DIR}" "${PROJECT_BINARY_DIR}" "${PROJECT_SOURCE_DIR}/build"
                 "${PROJECT_SOURCE_DIR}/build/python")  # each may be a link to somewhere else
    file(REAL_PATH "${folder}" tree)
    cmake_path(IS_PREFIX tree "${place}" inside)
    if(inside)
      set(${result} ON PARENT_SCOPE)
    endif()
  endforeach()
endfunction()

set(copies_libtorch "${AELAB_INSTALL_LIBTORCH}")
if(copies_libtorch STREQUAL "AUTO")
  aelab_is_in_tree("${LibTorch_ROOT}" copies_libtorch)
endif()

# Copied libraries keep their places beside each other, by which they find each other.
cmake_path(GET LibTorch_ROOT PARENT_PATH torch_base)
set(torch_home "${CMAKE_INSTALL_LIBDIR}/aelab")
set(rpath)
if(copies_libtorch)
  if("${LibTorch_ROOT}/lib" IN_LIST CMAKE_CXX_IMPLICIT_LINK_DIRECTORIES)
    message(FATAL_ERROR "AELAB_INSTALL_LIBTORCH=ON needs a LibTorch in a folder that holds nothing else; this one is in "
                        "${LibTorch_ROOT}.")
  endif()
  file(GLOB torch_libraries LIST_DIRECTORIES OFF "${LibTorch_ROOT}/lib/*.so*" "${torch_base}/torch.libs/*.so*")
  if(EXISTS "${LibTorch_ROOT}/lib/libtorch_cuda.so")  # its wheels' libraries of CUDA
    file(GLOB_RECURSE cuda_libraries LIST_DIRECTORIES OFF "${torch_base}/nvidia/*.so*" "${torch_base}/cusparselt/*.so*")
    list(APPEND torch_libraries ${cuda_libraries})
  endif()
  list(FILTER torch_libraries EXCLUDE REGEX "(_python|_test)[^/]*$")
  foreach(library IN LISTS torch_libraries)
    cmake_path(GET library PARENT_PATH folder)
    cmake_path(RELATIVE_PATH folder BASE_DIRECTORY "${torch_base}" OUTPUT_VARIABLE place)
    install(FILES "${library}" DESTINATION "${torch_home}/${place}")
    file(RELATIVE_PATH place "${CMAKE_INSTALL_FULL_BINDIR}" "${CMAKE_INSTALL_FULL_LIBDIR}/aelab/${place}")
    list(APPEND rpath "$ORIGIN/${place}")
  endforeach()
else()
  get_target_property(torch_libraries LibTorch INTERFACE_LINK_LIBRARIES)
  foreach(library IN LISTS torch_libraries)
    cmake_path(GET library PARENT_PATH folder)
    if(folder AND NOT folder IN_LIST CMAKE_CXX_IMPLICIT_LINK_DIRECTORIES)
      list(APPEND rpath "${folder}")
    endif()
  endforeach()
endif()

# --- Arrow, if it is that of a pyarrow: its two libraries, copied where LibTorch or pyarrow's place demands it ---

set(arrow_hint)
if(AELAB_ARROW_ROOT)
  file(GLOB arrow_libraries "${AELAB_ARROW_ROOT}/libarrow.so.*" "${AELAB_ARROW_ROOT}/libparquet.so.*")
  set(arrow_hint "${AELAB_ARROW_ROOT}")
  set(arrow_rpath "${AELAB_ARROW_ROOT}")
  aelab_is_in_tree("${AELAB_ARROW_ROOT}" copies_arrow)
  if(copies_libtorch OR copies_arrow)
    install(FILES ${arrow_libraries} DESTINATION "${torch_home}/pyarrow")
    install(DIRECTORY "${AELAB_ARROW_ROOT}/include" DESTINATION "${torch_home}/pyarrow")
    file(GLOB licenses "${AELAB_ARROW_ROOT}/../pyarrow-*.dist-info/licenses")
    foreach(license IN LISTS licenses)
      install(DIRECTORY "${license}" DESTINATION "${torch_home}/pyarrow")
    endforeach()
    file(RELATIVE_PATH arrow_hint "/${package_folder}" "/${torch_home}/pyarrow")
    set(arrow_hint "\${CMAKE_CURRENT_LIST_DIR}/${arrow_hint}")
    file(RELATIVE_PATH arrow_rpath "${CMAKE_INSTALL_FULL_BINDIR}" "${CMAKE_INSTALL_FULL_LIBDIR}/aelab/pyarrow")
    set(arrow_rpath "$ORIGIN/${arrow_rpath}")
  endif()
  list(APPEND rpath "${arrow_rpath}")
endif()
set(arrow OFF)
if(TARGET aelab_arrow)
  set(arrow ON)
endif()
list(REMOVE_DUPLICATES rpath)
set_target_properties(aelab PROPERTIES INSTALL_RPATH "${rpath}" INSTALL_RPATH_USE_LINK_PATH ON)

if(copies_libtorch)
  cmake_path(GET LibTorch_ROOT FILENAME torch_name)
  cmake_path(RELATIVE_PATH Torch_DIR BASE_DIRECTORY "${torch_base}" OUTPUT_VARIABLE torch_config)
  install(DIRECTORY "${LibTorch_ROOT}/include" DESTINATION "${torch_home}/${torch_name}")
  install(FILES "${Torch_DIR}/TorchConfig.cmake" "${Torch_DIR}/TorchConfigVersion.cmake"
          DESTINATION "${torch_home}/${torch_config}")
  file(GLOB licenses "${torch_base}/torch-*.dist-info/licenses" "${torch_base}/torch-*.dist-info/LICENSE")
  foreach(license IN LISTS licenses)
    install(DIRECTORY "${license}" DESTINATION "${torch_home}/${torch_name}")
  endforeach()
  file(RELATIVE_PATH torch_hint "/${package_folder}" "/${torch_home}/${torch_config}")
  set(torch_hint "\${CMAKE_CURRENT_LIST_DIR}/${torch_hint}")
  set(remark "It holds a copy of LibTorch ${LibTorch_VERSION} (${torch_home}/${torch_name}) and can be moved.")
else()
  set(torch_hint "${Torch_DIR}")
  set(remark "It uses LibTorch ${LibTorch_VERSION} in ${LibTorch_ROOT}; -DAELAB_INSTALL_LIBTORCH=ON copies that instead.")
endif()

# --- find_package(aelab) ---

# Tab completion and the manual page, as the program itself prints them: install_printed(FILE FOLDER ARGUMENT...).
function(install_printed file folder)
  set(made "${PROJECT_BINARY_DIR}/printed/${folder}")
  list(JOIN ARGN "\" \"" arguments)
  install(
    CODE
      "file(MAKE_DIRECTORY \"${made}\")
       execute_process(COMMAND \"$<TARGET_FILE:aelab>\" \"${arguments}\" OUTPUT_FILE \"${made}/${file}\" COMMAND_ERROR_IS_FATAL ANY)"
    COMPONENT shell)
  install(FILES "${made}/${file}" DESTINATION "${folder}" COMPONENT shell)
endfunction()
install_printed(aelab "${CMAKE_INSTALL_DATADIR}/bash-completion/completions" completion bash)
install_printed(_aelab "${CMAKE_INSTALL_DATADIR}/zsh/site-functions" completion zsh)
install_printed(aelab.fish "${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d" completion fish)
install_printed(aelab.1 "${CMAKE_INSTALL_MANDIR}/man1" manual)

install(EXPORT aelab NAMESPACE aelab:: FILE aelabTargets.cmake DESTINATION "${package_folder}")
write_basic_package_version_file(
  "${PROJECT_BINARY_DIR}/aelabConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
file(RELATIVE_PATH data_from_package "/${package_folder}" "/${data_folder}")
file(RELATIVE_PATH contract_from_package "/${package_folder}" "/${contract_folder}")
file(CONFIGURE OUTPUT "${PROJECT_BINARY_DIR}/aelabConfig.cmake" @ONLY CONTENT [[
set(AELAB_TORCH ON)
set(AELAB_TORCH_VERSION "@LibTorch_VERSION@")
set(AELAB_TORCH_HINT "@torch_hint@")
set(AELAB_ARROW @arrow@)
set(AELAB_ARROW_HINT "@arrow_hint@")
include("${CMAKE_CURRENT_LIST_DIR}/dependencies.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/aelabTargets.cmake")

cmake_path(SET aelab_data NORMALIZE "${CMAKE_CURRENT_LIST_DIR}/@data_from_package@")
aelab_data_folders("${aelab_data}")
set_property(TARGET aelab::data APPEND PROPERTY INTERFACE_LINK_LIBRARIES aelab_data_folders)

if("contract_tests" IN_LIST aelab_FIND_COMPONENTS)
  include("${CMAKE_CURRENT_LIST_DIR}/contract_tests.cmake")
  aelab_contract_tests("${CMAKE_CURRENT_LIST_DIR}/@contract_from_package@")
  if(TARGET aelab::contract_tests)
    set(aelab_contract_tests_FOUND ON)
  endif()
endif()
foreach(component IN LISTS aelab_FIND_COMPONENTS)
  if(aelab_FIND_REQUIRED_${component} AND NOT aelab_${component}_FOUND)
    set(aelab_FOUND OFF)
    set(aelab_NOT_FOUND_MESSAGE
        "there is no component ${component}: the only one is contract_tests, which needs GoogleTest (libgtest-dev)")
  endif()
endforeach()
]])
install(FILES "${PROJECT_BINARY_DIR}/aelabConfig.cmake" "${PROJECT_BINARY_DIR}/aelabConfigVersion.cmake"
              "${PROJECT_SOURCE_DIR}/third_party/dependencies.cmake" "${PROJECT_SOURCE_DIR}/third_party/contract_tests.cmake"
        DESTINATION "${package_folder}")
install(CODE "message(STATUS \"Installed aelab ${PROJECT_VERSION} in \${CMAKE_INSTALL_PREFIX}. ${remark}\")")
