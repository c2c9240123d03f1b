#pragma once

namespace aelab {

/// Runs the contract suites over everything that is registered: a test program that links
/// aelab::contract_tests registers its own types, then returns this. Each suite runs every example of every
/// type. The arguments are GoogleTest's:
/// --gtest_filter='EveryVariant.*' runs the suites of one registry. Returns the exit code.
int run_contract_tests(int argc, char** argv);

}  // namespace aelab
