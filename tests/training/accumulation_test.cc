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

/// Remembers what is said when a phase begins, and what the batches of the only step were made into.
class Listener : public Callback {
 public:
  void phase_begin(Training& training) override {
    notes.insert(notes.end(), training.notes.begin(), training.notes.end());
  }
  void batch_passed(Training&, const Update&, const Batch& batch, const Pass& pass) override {
    rows.push_back(batch.rows);
    inputs.push_back(pass.input);
    codes.push_back(pass.code);
  }
  std::vector<std::string> notes;
  std::vector<Tensor> rows, inputs, codes;
};

std::shared_ptr<Sparse> sparse(Sparsity kind, ActivationEstimate estimate = ActivationEstimate::batch) {
  return std::make_shared<Sparse>(
      Sparse::Config{.base = {.code = 5, .likelihood = GaussianLikelihood::Config{}},
                     .sparsity = kind,
                     .kl = {.target = 0.1, .estimate = estimate},
                     .l1 = {.weight = 0.5}},
      Context({1, 8, 8}, /*model_seed=*/3));
}

constexpr std::int64_t kWhole = 128, kPart = 32;  // rows of a step, and of each of four batches

struct Trained {
  NamedTensors parameters;
  NamedValues metrics;
  std::vector<std::string> notes;
  Tensor rows, inputs, codes;
};

/// One plain step on 128 rows, in batches of `batch`.
Trained step(const std::shared_ptr<Autoencoder>& model, std::int64_t batch) {
  auto config = plain_sgd(kAccumulationRate, 1, batch);
  config.accumulate = kWhole / batch;
  const auto listener = std::make_shared<Listener>();
  Trainer trainer(config, {}, 9);
  trainer.watch(listener);
  const auto history = trainer.fit(*model, few_digits(kWhole));
  EXPECT_EQ(history.progress.step, 1);
  EXPECT_EQ(std::ssize(listener->rows), kWhole / batch);
  return {parameters_of(*model),   history.epochs.front().metrics, listener->notes,
          at::cat(listener->rows), at::cat(listener->inputs),      at::cat(listener->codes)};
}

/// Four batches of 32 rows have the rows, the noise, the loss, its terms and the step of one of 128.
void expect_as_one(const std::function<std::shared_ptr<Autoencoder>()>& make) {
  const auto parts = step(make(), kPart), whole = step(make(), kWhole);
  EXPECT_TRUE(same_bits(parts.rows, whole.rows));
  EXPECT_TRUE(same_bits(parts.inputs, whole.inputs));
  EXPECT_TRUE(at::allclose(parts.codes, whole.codes, 1e-5, 1e-5));
  const auto loss = *find(whole.metrics, "train/loss");
  std::size_t compared = 0;
  for (const auto& [name, value] : whole.metrics) {
    if (!name.starts_with("train/")) continue;
    EXPECT_NEAR(*find(parts.metrics, name), value, 1e-6 * std::abs(loss)) << name;
    ++compared;
  }
  EXPECT_GE(compared, 2u);
  for (std::size_t i = 0; i < whole.parameters.size(); ++i)
    EXPECT_TRUE(at::allclose(parts.parameters[i].second, whole.parameters[i].second, 1e-5, 1e-6))
        << whole.parameters[i].first;
  EXPECT_TRUE(parts.notes.empty()) << parts.notes.front();
}

TEST(Accumulation, OfMeansOverRowsIsOneBatchAndNothingIsSaid) {
  expect_as_one([] { return sparse(Sparsity::l1); });
}

TEST(Accumulation, DrawsTheNoiseOfOneBatch) {
  for (const auto& corruption : {Choice<Corruption>(GaussianNoise::Config{.level = 0.5}),
                                 Choice<Corruption>(Masking::Config{.level = 0.5}),
                                 Choice<Corruption>(SaltAndPepper::Config{.level = 0.5})}) {
    SCOPED_TRACE(corruption.kind());
    expect_as_one([&] {
      return std::make_shared<Dense>(Dense::Config{.base = {.code = 5, .corruption = corruption}},
                                     Context({1, 8, 8}, /*model_seed=*/3));
    });
  }
}

void expect_refused(const std::shared_ptr<Autoencoder>& model, const std::string& term) {
  const auto before = state_of(*model).front().second.clone();
  EXPECT_SAYS(message_of<Error>([&] { step(model, kPart); }),
              "accumulate: the term " + term +
                  " depends on all rows of a batch together, so 4 batches "
                  "of 32 rows are not as if they were one; set it to 1 and batch_size to 128");
  EXPECT_TRUE(same_bits(state_of(*model).front().second, before));
  EXPECT_TRUE(step(model, kWhole).notes.empty());  // one batch is one
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
  expect_as_one([&] { return dense(Normalize::layer); });
}

TEST(Accumulation, DrawsAndWeighsTheCodesOfOneBatch) {
  DoublyReparameterizedBound::Config doubly;
  doubly.estimates = 2;
  for (const auto& bound :
       {Choice<Bound>(MeanBound::Config{.samples = 3}),
        Choice<Bound>(ImportanceWeightedBound::Config{.samples = 4}), Choice<Bound>(doubly)}) {
    SCOPED_TRACE(bound.kind());
    expect_as_one([&] {
      return std::make_shared<Dense>(
          Dense::Config{.base = {.code = 5, .bottleneck = GaussianBottleneck::Config{}, .bound = bound},
                        .backbone = {.hidden = {12}}},
          Context({1, 8, 8}, /*model_seed=*/3));
    });
  }
}

TEST(Accumulation, DropsOutAsOneBatch) {
  expect_as_one([] {
    return std::make_shared<Dense>(
        Dense::Config{.base = {.code = 5}, .backbone = {.hidden = {12}, .regularization = {.dropout = 0.5}}},
        Context({1, 8, 8}, /*model_seed=*/3));
  });
}

}  // namespace
}  // namespace aelab
