// Accumulated batches are as if they were one only for terms that are means over rows; others are said.

#include <ATen/ATen.h>

#include "aelab/data/batches.h"
#include "aelab/models/dense.h"
#include "aelab/models/sparse.h"
#include "aelab/nn/corruptions.h"
#include "tests/training/models.h"

namespace aelab {
namespace {

constexpr double kAccumulationRate = 0.1;

/// Remembers what is said when a phase begins.
class Listener : public Callback {
 public:
  void phase_begin(Training& training) override {
    notes.insert(notes.end(), training.notes.begin(), training.notes.end());
  }
  std::vector<std::string> notes;
};

std::shared_ptr<Sparse> sparse(Sparsity kind, ActivationEstimate estimate = ActivationEstimate::batch) {
  return std::make_shared<Sparse>(
      Sparse::Config{.base = {.code = 5, .likelihood = GaussianLikelihood::Config{}},
                     .sparsity = kind,
                     .kl = {.target = 0.1, .estimate = estimate},
                     .l1 = {.weight = 0.5}},
      Context({1, 8, 8}, /*model_seed=*/3));
}

struct Trained {
  NamedTensors parameters;
  std::vector<std::string> notes;
};

/// One plain step on 96 rows, in batches of `batch`.
Trained step(const std::shared_ptr<Autoencoder>& model, std::int64_t batch) {
  auto config = plain_sgd(kAccumulationRate, 1, batch);
  config.accumulate = 96 / batch;
  const auto listener = std::make_shared<Listener>();
  Trainer trainer(config, {}, 9);
  trainer.watch(listener);
  EXPECT_EQ(trainer.fit(*model, few_digits(96)).progress.step, 1);
  return {parameters_of(*model), listener->notes};
}

bool equal(const NamedTensors& a, const NamedTensors& b) {
  for (std::size_t i = 0; i < a.size(); ++i)
    if (!at::allclose(a[i].second, b[i].second, 1e-4, 1e-6)) return false;
  return true;
}

TEST(Accumulation, OfMeansOverRowsIsOneBatchAndNothingIsSaid) {
  const auto parts = step(sparse(Sparsity::l1), 32), whole = step(sparse(Sparsity::l1), 96);
  EXPECT_TRUE(equal(parts.parameters, whole.parameters));
  EXPECT_TRUE(parts.notes.empty()) << parts.notes.front();
}

TEST(Accumulation, DrawsTheNoiseOfOneBatch) {
  const auto noisy = [](const Choice<Corruption>& corruption) {
    return std::make_shared<Dense>(Dense::Config{.base = {.code = 5, .corruption = corruption}},
                                   Context({1, 8, 8}, /*model_seed=*/3));
  };
  for (const Choice<Corruption> corruption : {Choice<Corruption>(GaussianNoise::Config{.level = 0.5}),
                                              Choice<Corruption>(Masking::Config{.level = 0.5}),
                                              Choice<Corruption>(SaltAndPepper::Config{.level = 0.5})})
    EXPECT_TRUE(equal(step(noisy(corruption), 32).parameters, step(noisy(corruption), 96).parameters))
        << corruption.kind();
}

TEST(Accumulation, OfATermThatCouplesRowsIsThatOfEachBatchAndThisIsSaid) {
  for (const auto estimate : {ActivationEstimate::batch, ActivationEstimate::running}) {
    const auto parts = step(sparse(Sparsity::kl, estimate), 32),
               whole = step(sparse(Sparsity::kl, estimate), 96);
    EXPECT_FALSE(equal(parts.parameters, whole.parameters));
    ASSERT_EQ(parts.notes.size(), 1u);
    EXPECT_SAYS(parts.notes.front(), "caution: kl-sparsity depends on all rows of a batch together");
    EXPECT_SAYS(parts.notes.front(), "each batch of 32 rows");
    EXPECT_TRUE(whole.notes.empty()) << whole.notes.front();
  }
}

TEST(Accumulation, OfATermThatCouplesRowsIsTheMeanOfTheBatchesGradients) {
  // By hand: the mean of the three batches' gradients of reconstruction + 3 kl, each with its own mean code.
  const auto model = sparse(Sparsity::kl), moved = sparse(Sparsity::kl);
  step(moved, 32);
  const auto rows = few_digits(96).train;
  const auto order = shuffled_order(96, 9, 0);
  std::vector<Tensor> parameters, sums;
  for (const auto& [name, parameter] : parameters_of(*model)) {
    parameters.push_back(parameter);
    sums.push_back(at::zeros_like(parameter));
  }
  for (std::int64_t b = 0; b < 3; ++b) {
    const auto batch = rows.subset(order.slice(0, 32 * b, 32 * (b + 1))).range(0, 32);
    Pass pass;
    const auto terms = model->loss(batch, Step{.training = true}, pass);
    const auto gradients = torch::autograd::grad({terms.total()}, parameters, {}, std::nullopt, false, true);
    for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += gradients[i] / 3;
  }
  const auto found = parameters_of(*moved);
  for (std::size_t i = 0; i < sums.size(); ++i)
    EXPECT_TRUE(at::allclose(found[i].second, parameters[i] - kAccumulationRate * sums[i], 1e-4, 1e-6))
        << found[i].first;
}

TEST(Accumulation, ARunningMeanTakesUpEveryBatch) {
  // Two batches of 48 rows are one step: .9 * (.1 * mean 1) + .1 * mean 2, of codes before the step.
  const auto model = sparse(Sparsity::kl, ActivationEstimate::running),
             before = sparse(Sparsity::kl, ActivationEstimate::running);
  step(model, 48);
  const auto rows = few_digits(96).train;
  const auto order = shuffled_order(96, 9, 0);
  const at::NoGradGuard no_grad;
  const auto mean = [&](std::int64_t begin) {
    return before->encode(rows.subset(order.slice(0, begin, begin + 48)).range(0, 48).inputs).mean(0);
  };
  const auto decay = KlSparsityPenalty::Config{}.decay;
  const auto expected = decay * (1 - decay) * mean(0) + (1 - decay) * mean(48);
  Tensor found, seen;
  for (const auto& [name, tensor] : state_of(*model)) {
    if (name.ends_with(".mean")) found = tensor;
    if (name.ends_with(".seen")) seen = tensor;
  }
  ASSERT_TRUE(found.defined() && seen.defined());
  EXPECT_EQ(seen.item<double>(), 2);
  EXPECT_TRUE(at::allclose(found, expected, 1e-4, 1e-6)) << found << expected;
}

}  // namespace
}  // namespace aelab
