#include "aelab/data/precision_note.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tests/support.h"
#include "tests/torch_support.h"

namespace aelab {
namespace {

std::string note_of(const Tensor& x, std::vector<std::string> columns = {}) {
  Data data{.name = "made", .train = Dataset::from_tensors(x)};
  data.columns = std::move(columns);
  return precision_note(data);
}

TEST(PrecisionNote, NamesFeaturesThatVaryByFewSteps) {
  auto random = fixed_generator();
  const auto x = at::empty({200, 3}).normal_(0, 1, random);
  // float32's step at 1e6 is a sixteenth, at 1e4 a thousandth: the second feature varies by 16 steps.
  const auto note = note_of(x + at::tensor({0.F, 1e6F, 1e4F}));
  EXPECT_SAYS(note, "feature 1: values near 1e+06 vary by only");
  EXPECT_SAYS(note, "float32 rounds them to steps of 0.062");
  EXPECT_SAYS(note_of(x - 1e6, {"a", "b", "c"}), "\"a\" and 2 more: values near -1e+06 vary by only");
}

TEST(PrecisionNote, IsSilentWhereNothingIsLost) {
  auto random = fixed_generator();
  const auto x = at::empty({200, 2}).normal_(0, 1, random);
  for (const auto& fine :
       {x, x * 1e-20, x * 1e20, x + 1e3, x * 30 + 1e6, at::full({5, 2}, 1e6), at::ones({1, 2})})
    EXPECT_EQ(note_of(fine), "");
}

}  // namespace
}  // namespace aelab
