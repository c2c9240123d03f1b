#include "aelab/nn/optimizers.h"

#include <gtest/gtest.h>

#include "aelab/nn/lbfgs.h"
#include "tests/torch_support.h"

namespace aelab {
namespace {

using Trajectory = std::vector<std::pair<double, double>>;

/// Four steps down 1/2 (x^2 + 10 y^2) from (1, -1), in float64.
Trajectory trajectory(const Choice<Optimizer>& choice) {
  const auto x = at::tensor({1.0, -1.0}, at::kDouble).view({1, 2}).requires_grad_();
  const auto curvature = at::tensor({1.0, 10.0}, at::kDouble).view({1, 2});
  const auto optimizer = choice.make(NamedTensors{{"x", x}});
  Trajectory visited;
  for (std::int64_t i = 0; i < 4; ++i) {
    const Step step{.at = {.epoch = 0, .batch = i}, .in_phase = i, .phase_steps = 4, .scope = {}};
    optimizer->step(
        [&]() -> Evaluation {
          return {(0.5 * curvature * x.square()).sum().detach(), {curvature * x.detach()}};
        },
        step);
    visited.emplace_back(x[0][0].item<double>(), x[0][1].item<double>());
  }
  return visited;
}

void expect_near(const Trajectory& ours, const Trajectory& reference) {
  ASSERT_EQ(ours.size(), reference.size());
  for (std::size_t i = 0; i < ours.size(); ++i) {
    EXPECT_NEAR(ours[i].first, reference[i].first, 1e-7) << i;
    EXPECT_NEAR(ours[i].second, reference[i].second, 1e-7) << i;
  }
}

// PyTorch 2.13.0's numbers, printed by reference_trajectories.py.
TEST(Adam, FollowsPyTorch) {
  expect_near(trajectory(Adam::Config{.learning_rate = 0.1}), {{0.900000001, -0.9000000001},
                                                               {0.8004122297123382, -0.8004122278753567},
                                                               {0.701586274504415, -0.7015862716993226},
                                                               {0.603939062682108, -0.6039390588870568}});
  expect_near(trajectory(Adam::Config{.learning_rate = 0.1, .beta1 = 0.5, .beta2 = 0.9, .epsilon = 0.1}),
              {{0.9090909090909091, -0.900990099009901},
               {0.8198995681021077, -0.8036157232688989},
               {0.7333355044410782, -0.7089804721683653},
               {0.6502157104146956, -0.6181154874548012}});
}

TEST(Sgd, FollowsPyTorch) {
  expect_near(trajectory(Sgd::Config{.learning_rate = 0.05}),
              {{0.95, -0.5}, {0.9025, -0.25}, {0.857375, -0.125}, {0.81450625, -0.0625}});
  expect_near(trajectory(Sgd::Config{.learning_rate = 0.05, .momentum = 0.9}),
              {{0.95, -0.5}, {0.8575, 0.2}, {0.731375, 0.73}, {0.58129375, 0.842}});
  expect_near(trajectory(Sgd::Config{.learning_rate = 0.05, .momentum = 0.9, .nesterov = true}),
              {{0.905, -0.05}, {0.778525, 0.4025}, {0.631462625, 0.404875}, {0.474151163125, 0.20350625}});
}

TEST(Sgd, DecaysWeightsAsPyTorch) {
  expect_near(trajectory(Sgd::Config{.learning_rate = 0.05, .weight_decay = 0.1}),
              {{0.945, -0.495},
               {0.893025, -0.24502499999999997},
               {0.843908625, -0.12128737499999998},
               {0.797493650625, -0.06003725062499998}});
}

TEST(AdamW, FollowsPyTorch) {
  expect_near(trajectory(AdamW::Config{.base = {.learning_rate = 0.1}, .weight_decay = 0.2}),
              {{0.880000001, -0.8800000001},
               {0.7629351945529712, -0.7629351927264229},
               {0.6492032699623056, -0.6492032671906001},
               {0.5392823538727387, -0.5392823501497295}});
}

TEST(AdamW, LeavesBiasesUndecayed) {
  // Without a gradient nothing but the decay moves a parameter: 1 - 0.1 * 0.5 for the weight.
  const auto weight = at::ones({1, 1}), bias = at::ones({1});
  const auto optimizer = Choice<Optimizer>(AdamW::Config{.base = {.learning_rate = 0.1}, .weight_decay = 0.5})
                             .make(NamedTensors{{"weight", weight}, {"bias", bias}});
  optimizer->step([&] { return Evaluation{at::zeros({}), {at::zeros({1, 1}), at::zeros({1})}}; }, Step{});
  EXPECT_FLOAT_EQ(weight.item<float>(), 0.95F);
  EXPECT_FLOAT_EQ(bias.item<float>(), 1.0F);
}

TEST(RmsProp, FollowsPyTorch) {
  expect_near(trajectory(RmsProp::Config{.learning_rate = 0.05}),
              {{0.5000000499999953, -0.5000000050000002},
               {0.2754934247034992, -0.27549337769022864},
               {0.1548437264564963, -0.15484368726096528},
               {0.08731423485202315, -0.08731420534561599}});
  expect_near(trajectory(RmsProp::Config{.learning_rate = 0.05, .decay = 0.9, .momentum = 0.5}),
              {{0.8418861219915809, -0.841886117491581},
               {0.6578807250129403, -0.6578807162218687},
               {0.49002775220206024, -0.49002774033412577},
               {0.3503696271755337, -0.3503696135717339}});
}

TEST(Adadelta, FollowsPyTorch) {
  expect_near(trajectory(Adadelta::Config{.learning_rate = 1.0, .rho = 0.95, .epsilon = 1e-6}),
              {{0.9955279087656892, -0.995527864492214},
               {0.9910087481491854, -0.9910086585555448},
               {0.9864645648849506, -0.9864644295270946},
               {0.9819063913204211, -0.9819062100088357}});
}

TEST(Lbfgs, FollowsPyTorchDownRosenbrocksValley) {
  const auto x = at::tensor({-1.2, 1.0}, at::kDouble).view({1, 2});
  const auto optimizer = Choice<Optimizer>(Lbfgs::Config{.history = 5}).make(NamedTensors{{"x", x}});
  const auto objective = [&] {
    const double a = x[0][0].item<double>(), b = x[0][1].item<double>(), c = b - a * a;
    return Evaluation{at::tensor((1 - a) * (1 - a) + 100 * c * c, at::kDouble),
                      {at::tensor({-2 * (1 - a) - 400 * a * c, 200 * c}, at::kDouble).view({1, 2})}};
  };
  Trajectory visited;
  for (std::int64_t i = 0; i < 12; ++i) {
    optimizer->step(objective, Step{.in_phase = i, .phase_steps = 12});
    visited.emplace_back(x[0][0].item<double>(), x[0][1].item<double>());
  }
  expect_near(visited, {{-1.0245319303460325, 1.0716196202669255},
                        {-1.0284565745562346, 1.068187455748677},
                        {-1.0288795348319695, 1.0655029516848564},
                        {-1.0276177663827242, 1.0584120782656612},
                        {-1.0203084803940978, 1.0352769866467468},
                        {-0.9970310351680055, 0.9755913846740084},
                        {-0.9431080937368096, 0.8529277497465135},
                        {-0.8794861179382701, 0.7261979266288574},
                        {-0.76807899006484, 0.5389494517220217},
                        {-0.6369761095844927, 0.44016713752996595},
                        {-0.4583935420156142, 0.18086749087949938},
                        {-0.3894810344152567, 0.10932892381015073}});
}

// A tied layer's gradient is a transpose: LibTorch's fused steps would take its numbers in another order.
TEST(Optimizers, TakeGradientsThatLieTransposed) {
  const auto step_with = [](const Choice<Optimizer>& choice, const at::Tensor& gradient) {
    const auto weight = at::ones({2, 3}).requires_grad_();
    choice.make(NamedTensors{{"weight", weight}})
        ->step(
            [&]() -> Evaluation {
              return {at::ones({}), {gradient}};
            },
            {});
    return weight.detach();
  };
  const auto transposed = at::tensor({1.0F, 5.0F, 3.0F, -1.0F, -2.0F, 4.0F}).view({3, 2}).t();
  for (const auto& kind : Optimizer::registry().all())
    for (const auto& example : kind.examples()) {
      Choice<Optimizer> choice;
      choice.set(example->clone());
      EXPECT_TRUE(at::equal(step_with(choice, transposed), step_with(choice, transposed.contiguous())))
          << kind.name;
    }
}

TEST(Optimizers, FollowTheScheduleOfTheirRate) {
  // On x alone, steps of rate x: the cosine from 1 to 0 over 4 steps gives 1, .75, .25 and 0.
  const auto visited = trajectory(Sgd::Config{.learning_rate = CosineSchedule::Config{.from = 0.1, .to = 0}});
  const double x1 = 0.9, x2 = x1 * (1 - 0.075), x3 = x2 * (1 - 0.025);
  EXPECT_NEAR(visited[0].first, x1, 1e-12);
  EXPECT_NEAR(visited[1].first, x2, 1e-12);
  EXPECT_NEAR(visited[2].first, x3, 1e-12);
  EXPECT_NEAR(visited[3].first, x3, 1e-12);
}

}  // namespace
}  // namespace aelab
