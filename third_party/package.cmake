# What `cmake --install` installs: the program, the library with its headers, the data sets that are shipped, and what
# find_package(aelab) needs to link them.

include(CMakePackageConfigHelpers)
set(package_folder "${CMAKE_INSTALL_LIBDIR}/cmake/aelab")

install(TARGETS aelab RUNTIME)
install(TARGETS aelab_all EXPORT aelab)
install(DIRECTORY "${PROJECT_SOURCE_DIR}/aelab" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" FILES_MATCHING PATTERN "*.h")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/data/mnist" "${PROJECT_SOURCE_DIR}/data/digits"
        DESTINATION "${CMAKE_INSTALL_DATADIR}/aelab/data")
install(FILES "${PROJECT_SOURCE_DIR}/data/README.md" DESTINATION "${CMAKE_INSTALL_DATADIR}/aelab/data")
install(PROGRAMS "${PROJECT_SOURCE_DIR}/data/fetch" DESTINATION "${CMAKE_INSTALL_DATADIR}/aelab/data")

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
file(CONFIGURE OUTPUT "${PROJECT_BINARY_DIR}/aelabConfig.cmake" @ONLY CONTENT [[
# Where LibTorch was when aelab was built; Torch_DIR and CMAKE_PREFIX_PATH come first.
set(AELAB_TORCH ON)
set(AELAB_TORCH_HINT "@Torch_DIR@")
include("${CMAKE_CURRENT_LIST_DIR}/dependencies.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/aelabTargets.cmake")
]])
install(FILES "${PROJECT_BINARY_DIR}/aelabConfig.cmake" "${PROJECT_BINARY_DIR}/aelabConfigVersion.cmake"
              "${PROJECT_SOURCE_DIR}/third_party/dependencies.cmake" DESTINATION "${package_folder}")
