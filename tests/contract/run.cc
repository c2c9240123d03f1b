#include <gtest/gtest.h>

#include "aelab/contract_tests.h"

namespace aelab {

int run_contract_tests(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}

}  // namespace aelab
