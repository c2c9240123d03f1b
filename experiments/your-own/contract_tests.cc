// aelab's contract suites, with the types of this project among those that they test.

#include "aelab/contract_tests.h"

#include "own.h"

int main(int argc, char** argv) {
  own::register_types();
  return aelab::run_contract_tests(argc, argv);
}
