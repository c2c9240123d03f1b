// Accumulated batches are as if they were one; terms for which they could not be are refused.

#include <ATen/ATen.h>

#include "aelab/models/dense.h"
#include "aelab/models/sparse.h"
#include "aelab/nn/bounds.h"
#include "aelab/nn/corruptions.h"
#include "aelab/nn/gaussian_bottleneck.h"
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
  for (const auto& corruption : {Choice<Corruption>(GaussianNoise::Config{.level = 0.5}),
                                 Choice<Corruption>(Masking::Config{.level = 0.5}),
                                 Choice<Corruption>(SaltAndPepper::Config{.level = 0.5})})
    EXPECT_TRUE(equal(step(noisy(corruption), 32).parameters, step(noisy(corruption), 96).parameters))
        << corruption.kind();
}

void expect_refused(const std::shared_ptr<Autoencoder>& model, const std::string& term) {
  const auto before = state_of(*model).front().second.clone();
  EXPECT_SAYS(message_of<Error>([&] { step(model, 32); }),
              "training.accumulate: the term " + term +
                  " depends on all rows of a batch together, so 3 batches "
                  "of 32 rows are not as if they were one; set it to 1 and training.batch_size to 96");
  EXPECT_TRUE(same_bits(state_of(*model).front().second, before));
  EXPECT_TRUE(step(model, 96).notes.empty());  // one batch is one
}

TEST(Accumulation, OfATermOfAllRowsTogetherIsRefused) {
  for (const auto estimate : {ActivationEstimate::batch, ActivationEstimate::running})
    expect_refused(sparse(Sparsity::kl, estimate), "kl-sparsity");
}

TEST(Accumulation, OfBatchNormalizationIsRefused) {
  const auto dense = [](Normalize normalization) {
    return std::make_shared<Dense>(
        Dense::Config{.base = {.code = 5},
                      .backbone = {.hidden = {12}, .regularization = {.normalization = normalization}}},
        Context({1, 8, 8}, /*model_seed=*/3));
  };
  expect_refused(dense(Normalize::batch), "reconstruction");
  EXPECT_TRUE(
      equal(step(dense(Normalize::layer), 32).parameters, step(dense(Normalize::layer), 96).parameters));
}

TEST(Accumulation, DrawsAndWeighsTheCodesOfOneBatch) {
  DoublyReparameterizedBound::Config doubly;
  doubly.estimates = 2;
  for (const auto& bound :
       {Choice<Bound>(MeanBound::Config{.samples = 3}),
        Choice<Bound>(ImportanceWeightedBound::Config{.samples = 4}), Choice<Bound>(doubly)}) {
    const auto dense = [&] {
      return std::make_shared<Dense>(
          Dense::Config{.base = {.code = 5, .bottleneck = GaussianBottleneck::Config{}, .bound = bound},
                        .backbone = {.hidden = {12}}},
          Context({1, 8, 8}, /*model_seed=*/3));
    };
    EXPECT_TRUE(equal(step(dense(), 32).parameters, step(dense(), 96).parameters)) << bound.kind();
  }
}

TEST(Accumulation, DropsOutAsOneBatch) {
  const auto dense = [] {
    return std::make_shared<Dense>(
        Dense::Config{.base = {.code = 5}, .backbone = {.hidden = {12}, .regularization = {.dropout = 0.5}}},
        Context({1, 8, 8}, /*model_seed=*/3));
  };
  EXPECT_TRUE(equal(step(dense(), 32).parameters, step(dense(), 96).parameters));
}

}  // namespace
}  // namespace aelab
