// What every registered optimiser and schedule promises.

#include <gtest/gtest.h>

#include <set>

#include "tests/contract/contract.h"

namespace aelab {
namespace {

/// A convex quadratic, 1/2 sum a x^2, in two parameters.
struct Quadratic {
  NamedTensors parameters = {{"a.weight", at::tensor({1.0f, -1.0f, 0.5f}).requires_grad_()},
                             {"b.bias", at::tensor({0.5f, -1.0f, 1.0f, 0.7f}).view({2, 2}).requires_grad_()}};

  Tensor value() const {
    return parameters[0].second.square().sum() * 0.5 + parameters[1].second.square().sum();
  }
  Evaluation evaluate() const {
    const auto loss = value();
    return {loss.detach(), torch::autograd::grad({loss}, {parameters[0].second, parameters[1].second})};
  }
  void step(Optimizer& optimizer, std::int64_t from, std::int64_t to) const {
    for (auto i = from; i < to; ++i) {
      const Step at{.at = {.epoch = 0, .batch = i},
                    .seed = 0,
                    .training = true,
                    .in_phase = i,
                    .phase_steps = 300,
                    .scope = {}};
      optimizer.step([this] { return evaluate(); }, at);
    }
  }
};

TEST(EveryOptimizer, LowersAConvexQuadratic) {
  for_each_example<Optimizer>([](const Choice<Optimizer>& example) {
    const Quadratic quadratic;
    const double before = quadratic.value().item<double>();
    const auto optimizer = example.make(quadratic.parameters);
    quadratic.step(*optimizer, 0, 300);
    EXPECT_LT(quadratic.value().item<double>(), 0.1 * before);
  });
}

void copy_tensors(const NamedTensors& from, const NamedTensors& to) {
  ASSERT_EQ(from.size(), to.size());
  const at::NoGradGuard no_grad;
  for (std::size_t i = 0; i < from.size(); ++i) {
    EXPECT_EQ(from[i].first, to[i].first);
    to[i].second.copy_(from[i].second);
  }
}

TEST(EveryOptimizer, GoesOnFromItsStateToTheSameBits) {
  for_each_example<Optimizer>([](const Choice<Optimizer>& example) {
    const Quadratic first, second;
    const auto one = example.make(first.parameters);
    first.step(*one, 0, 7);
    copy_tensors(first.parameters, second.parameters);
    const auto other = example.make(second.parameters);
    copy_tensors(one->state(), other->state());
    first.step(*one, 7, 20);
    second.step(*other, 7, 20);
    for (std::size_t i = 0; i < first.parameters.size(); ++i)
      EXPECT_TRUE(same_bits(first.parameters[i].second, second.parameters[i].second));
  });
}

TEST(EveryOptimizer, NamesItsStateApart) {
  for_each_example<Optimizer>([](const Choice<Optimizer>& example) {
    const Quadratic quadratic;
    const auto optimizer = example.make(quadratic.parameters);
    quadratic.step(*optimizer, 0, 2);
    std::set<std::string> names;
    for (const auto& [name, tensor] : optimizer->state()) {
      EXPECT_TRUE(names.insert(name).second) << name;
      EXPECT_FALSE(tensor.requires_grad()) << name;
    }
  });
}

TEST(EverySchedule, IsAFinitePureFunctionOfTheStep) {
  for_each_example<ScheduleKind>([](const Choice<ScheduleKind>& example) {
    for (const std::int64_t steps : {1, 2, 7, 1000}) {
      const auto schedule = example.make(), again = example.make();
      std::vector<double> values;
      for (std::int64_t step = 0; step <= steps; ++step) values.push_back(schedule->at(step, steps));
      for (std::int64_t step = steps; step >= 0; --step) {
        const double value = values[static_cast<std::size_t>(step)];
        EXPECT_TRUE(std::isfinite(value)) << step << " of " << steps;
        EXPECT_EQ(schedule->at(step, steps), value);
        EXPECT_EQ(again->at(step, steps), value);
      }
    }
  });
}

}  // namespace
}  // namespace aelab
