// The likelihood that programs leave out: chosen by the values of the split, as in run files.

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "aelab/data/transforms.h"
#include "aelab/models/dense.h"
#include "aelab/models/linear.h"
#include "aelab/training/trainer.h"
#include "tests/training/models.h"

namespace aelab {
namespace {

Data rows_between(double least, double most) {
  return {.name = "rows", .train = Dataset::from_tensors(at::linspace(least, most, 120).view({40, 3}))};
}

std::string likelihood_for(const Context& context) {
  return Dense({.base = {.code = 2}}, context).config().likelihood->kind();
}

TEST(DefaultLikelihood, FollowsFromTheSplit) {
  const auto unit = rows_between(0, 1), raw = rows_between(-5, 40);
  EXPECT_EQ(likelihood_for(unit.split()), "bernoulli");
  EXPECT_EQ(likelihood_for(raw.split()), "gaussian");
  EXPECT_EQ(likelihood_for(raw.split({.transforms = {ScaleTransform::Config{.clip = true}}})), "bernoulli");
  EXPECT_EQ(likelihood_for(raw.split({.transforms = {ScaleTransform::Config{}}})), "gaussian");
  EXPECT_EQ(likelihood_for(Shape{3}), "bernoulli");                                      // taken for pictures
  EXPECT_EQ(Linear({.code = 2}, unit.split()).config().likelihood->kind(), "gaussian");  // demands its own
  const auto split = raw.split();
  const auto model = std::make_shared<Dense>(Dense::Config{.base = {.code = 2}}, split);
  Trainer({.epochs = 1}, {without("progress")}).fit(*model, split);  // without a refusal
}

}  // namespace
}  // namespace aelab
