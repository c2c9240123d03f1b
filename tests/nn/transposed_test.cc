#include "aelab/nn/transposed.h"

#include <gtest/gtest.h>

#include "tests/nn/seams.h"

namespace aelab {
namespace {

TEST(Transposed, IsThePackedTransposeOfAnyMatrix) {
  auto random = fixed_generator();
  for (const auto type : {at::kFloat, at::kDouble})
    for (const std::int64_t height : {0, 1, 3, 4, 17, 64, 131})
      for (const std::int64_t width : {1, 2, 5, 16, 35, 100}) {
        SCOPED_TRACE(std::to_string(height) + " x " + std::to_string(width));
        const auto x = drawn({height, width}, type, random);
        for (const auto& way : {x, x.t(), x.slice(0, 0, height / 2), x.slice(1, 1)}) {
          const auto found = transposed(way);
          EXPECT_TRUE(found.is_contiguous());
          EXPECT_TRUE(at::equal(found, way.t()));
        }
      }
}

}  // namespace
}  // namespace aelab
