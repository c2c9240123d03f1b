# Read by ctest when it starts, with `room` and its program `tests`: each suite of the program is a test <room>.<Suite>.
# With a process for each single test, most of the time would go into starting LibTorch.
if(NOT EXISTS "${tests}")
  add_test("${tests}_NOT_BUILT" "${tests}")
  return()
endif()

set(list "${tests}_suites.txt")
if("${tests}" IS_NEWER_THAN "${list}")
  execute_process(COMMAND "${tests}" --gtest_list_tests OUTPUT_VARIABLE listed COMMAND_ERROR_IS_FATAL ANY)
  file(WRITE "${list}" "${listed}")
endif()
file(STRINGS "${list}" suites REGEX "^[A-Z][A-Za-z0-9_/]*\\.( |$)")
list(TRANSFORM suites REPLACE "(/[0-9]+)?\\..*" "")  # one test for all types of a typed suite
list(REMOVE_DUPLICATES suites)
if(NOT suites)
  message(FATAL_ERROR "${tests} lists no tests")
endif()

foreach(suite IN LISTS suites)
  add_test("${room}.${suite}" "${tests}" "--gtest_filter=${suite}.*:${suite}/*.*")
  # One thread: ctest runs several tests at once, and threads that wait for each other's core spin.
  set_tests_properties("${room}.${suite}" PROPERTIES ENVIRONMENT "OMP_NUM_THREADS=1")
endforeach()
