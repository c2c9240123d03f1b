// Every optimizer against its formula, written down for one number: several tensors, a rate that changes at
// every step, gradients that change their signs.

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "aelab/nn/optimizers.h"
#include "tests/torch_support.h"

namespace aelab {
namespace {

/// One number under way: its value, and what its optimizer remembers of it.
struct Number {
  double x, first = 0, second = 0;
};

/// Step t, from 1, of a number with the gradient g; `decays` unless it is of a bias.
using Formula = std::function<void(Number& n, double g, double rate, int t, bool decays)>;

struct Textbook {
  Choice<Optimizer> optimizer;
  Formula formula;
};

// 0.1 for two steps, half of it for the next two, and so on.
const Schedule kRate = StepSchedule::Config{.value = 0.1, .factor = 0.5, .every = 2};
double rate_at(int t) { return 0.1 * std::pow(0.5, (t - 1) / 2); }

Formula adam(double weight_decay) {
  return [=](Number& n, double g, double rate, int t, bool decays) {
    if (decays) n.x -= rate * weight_decay * n.x;
    n.first = 0.8 * n.first + 0.2 * g;
    n.second = 0.95 * n.second + 0.05 * g * g;
    n.x -= rate * (n.first / (1 - std::pow(0.8, t))) / (std::sqrt(n.second / (1 - std::pow(0.95, t))) + 1e-3);
  };
}

Formula sgd(double momentum, bool nesterov, double weight_decay) {
  return [=](Number& n, double g, double rate, int, bool decays) {
    if (decays) g += weight_decay * n.x;
    n.first = momentum * n.first + g;
    n.x -= rate * (nesterov ? g + momentum * n.first : n.first);
  };
}

Formula rmsprop(double momentum) {
  return [=](Number& n, double g, double rate, int, bool) {
    n.second = 0.9 * n.second + 0.1 * g * g;
    n.first = momentum * n.first + g / (std::sqrt(n.second) + 1e-2);  // without the rate, which may change
    n.x -= rate * n.first;
  };
}

void adadelta(Number& n, double g, double rate, int, bool) {
  n.second = 0.9 * n.second + 0.1 * g * g;
  const double step = std::sqrt(n.first + 1e-3) / std::sqrt(n.second + 1e-3) * g;
  n.first = 0.9 * n.first + 0.1 * step * step;
  n.x -= rate * step;
}

std::vector<Textbook> textbooks() {
  const Adam::Config kAdam = {.learning_rate = kRate, .beta1 = 0.8, .beta2 = 0.95, .epsilon = 1e-3};
  return {
      {kAdam, adam(0)},
      {AdamW::Config{.base = kAdam, .weight_decay = 0.3}, adam(0.3)},
      {Sgd::Config{.learning_rate = kRate}, sgd(0, false, 0)},
      {Sgd::Config{.learning_rate = kRate, .momentum = 0.7, .weight_decay = 0.2}, sgd(0.7, false, 0.2)},
      {Sgd::Config{.learning_rate = kRate, .momentum = 0.7, .nesterov = true, .weight_decay = 0.2},
       sgd(0.7, true, 0.2)},
      {RmsProp::Config{.learning_rate = kRate, .decay = 0.9, .epsilon = 1e-2}, rmsprop(0)},
      {RmsProp::Config{.learning_rate = kRate, .decay = 0.9, .epsilon = 1e-2, .momentum = 0.6}, rmsprop(0.6)},
      {Adadelta::Config{.learning_rate = kRate, .rho = 0.9, .epsilon = 1e-3}, adadelta},
  };
}

TEST(TextbookOptimizers, EveryFirstOrderOptimizerFollowsItsFormula) {
  constexpr int kSteps = 7;
  for (const auto& [choice, formula] : textbooks()) {
    SCOPED_TRACE(choice.kind());
    auto random = fixed_generator();
    NamedTensors parameters;
    const std::vector<std::vector<std::int64_t>> shapes = {{2, 3}, {3}, {1, 1}, {2, 1, 2, 2}, {1}};
    for (std::size_t i = 0; i < shapes.size(); ++i)
      parameters.emplace_back("p" + std::to_string(i),
                              at::empty(shapes[i], at::kDouble).normal_(0, 1, random));
    std::vector<std::vector<Number>> numbers;
    for (const auto& item : parameters) {
      numbers.emplace_back();
      for (std::int64_t j = 0; j < item.second.numel(); ++j)
        numbers.back().push_back({item.second.reshape(-1)[j].item<double>()});
    }
    const auto optimizer = choice.make(parameters);
    for (int t = 1; t <= kSteps; ++t) {
      std::vector<Tensor> gradients;
      for (const auto& shape : shapes)
        gradients.push_back(at::empty(shape, at::kDouble).normal_(0, 1, random));
      const Step step{.in_phase = t - 1, .phase_steps = kSteps};
      optimizer->step([&] { return Evaluation{at::zeros({}), gradients}; }, step);
      for (std::size_t i = 0; i < shapes.size(); ++i)
        for (std::size_t j = 0; j < numbers[i].size(); ++j) {
          const double g = gradients[i].reshape(-1)[static_cast<std::int64_t>(j)].item<double>();
          formula(numbers[i][j], g, rate_at(t), t, /*decays=*/shapes[i].size() > 1);
          EXPECT_NEAR(parameters[i].second.reshape(-1)[static_cast<std::int64_t>(j)].item<double>(),
                      numbers[i][j].x, 1e-9)
              << "tensor " << i << ", number " << j << ", step " << t;
        }
    }
  }
}

TEST(TextbookOptimizers, CoversEveryFirstOrderOptimizer) {
  std::set<std::string> covered = {"lbfgs"};  // needs no formula: it follows PyTorch in optimizers_test.cc
  for (const auto& item : textbooks()) covered.insert(item.optimizer.kind());
  for (const auto& name : Optimizer::registry().names()) EXPECT_TRUE(covered.contains(name)) << name;
}

}  // namespace
}  // namespace aelab
