// What is read of the data before the first step, and what is found in them when.

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>

#include "aelab/core/error.h"
#include "aelab/core/safetensors.h"
#include "aelab/data/batches.h"
#include "aelab/data/transforms.h"
#include "aelab/training/trainer.h"
#include "tests/training/models.h"

namespace aelab {
namespace {

/// Rows of 1x8x8 values 0.5, in memory or said to be in a file, one of which may have another value; counts
/// the rows that it is asked for.
class CountedRows : public Storage {
 public:
  CountedRows(std::int64_t size, bool in_memory) : size_(size), in_memory_(in_memory) {}
  std::int64_t size() const override { return size_; }
  Shape shape() const override { return {1, 8, 8}; }
  bool has_labels() const override { return false; }
  bool in_memory() const override { return in_memory_; }
  std::string where(std::int64_t row) const override { return "row " + std::to_string(row) + " of x.npy"; }
  Batch gather(const Tensor& rows, const Randomness&) const override {
    asked += rows.size(0);
    auto inputs = at::full({rows.size(0), 1, 8, 8}, 0.5);
    const auto other = (rows == odd_row).nonzero().flatten();
    inputs.flatten(1).select(1, 9).index_fill_(0, other, odd_value);
    return {inputs, {}, rows};
  }

  std::int64_t odd_row = -1;
  double odd_value = 0.5;
  mutable std::atomic<std::int64_t> asked = 0;

 private:
  std::int64_t size_;
  bool in_memory_;
};

struct Source {
  std::shared_ptr<CountedRows> rows;
  Data data;

  Source(std::int64_t size, bool in_memory)
      : rows(std::make_shared<CountedRows>(size, in_memory)),
        data{.name = "counted", .train = Dataset(rows)} {}
  std::int64_t asked() { return rows->asked.exchange(0); }
};

Trainer one_step(std::int64_t batch_size = 32) {
  auto config = plain_sgd(0.01, 1, batch_size);
  config.budget = Budget{.steps = 1};
  return Trainer(config, {without("progress")});
}

const SplitConfig kStandardized = {
    .validation = 10, .test = 10., .transforms = {StandardizeTransform::Config{}}};

TEST(Checks, ReadRowsInMemoryOnceAndTheirTransformedValuesOnce) {
  constexpr std::int64_t kRows = 10'000;
  Source source(kRows, /*in_memory=*/true);
  const auto plain = source.data.split({.validation = 10, .test = 10.});
  const auto model = small_dense();
  const auto checked = one_step().check(*model, plain, /*with_folder=*/false);
  EXPECT_EQ(source.asked(), kRows);
  one_step().fit(checked);
  EXPECT_EQ(source.asked(), 32 + 10);  // a batch, and the validation split

  const auto standardized = source.data.split(kStandardized);
  EXPECT_EQ(source.asked(), kRows - 20);  // to fit
  const auto changed = one_step().check(*model, standardized, false);
  EXPECT_EQ(source.asked(), kRows);
  one_step().fit(changed);
  EXPECT_EQ(source.asked(), 32 + 10);
}

TEST(Checks, ReadOfRowsInFilesASampleAndWhatTransformsAreFittedTo) {
  constexpr std::int64_t kRows = 300'000, kSample = 64 * (1 << 18) / 64;  // blocks of 1 MiB
  Source source(kRows, /*in_memory=*/false);
  const auto plain = source.data.split({.validation = 10, .test = 10.});
  EXPECT_EQ(source.asked(), kSample);
  (void)source.data.values();
  const auto model = small_dense();
  const auto checked = one_step().check(*model, plain, /*with_folder=*/false);
  EXPECT_EQ(source.asked(), 0);
  one_step().fit(checked);
  EXPECT_LE(source.asked(), 32 * 5 + 10);  // gathered ahead

  const auto standardized = source.data.split(kStandardized);
  EXPECT_EQ(source.asked(), kRows - 20);
  (void)one_step().check(*model, standardized, false);
  EXPECT_EQ(source.asked(), 0);
}

TEST(Checks, OfRowsInFilesAreMadeAsTheyAreRead) {
  const auto failure = [](std::int64_t row, double value, const Choice<Likelihood>& likelihood,
                          const SplitConfig& config) {
    Source source(200, /*in_memory=*/false);
    source.rows->odd_row = row;
    source.rows->odd_value = value;
    const auto split = source.data.split(config);
    Dense model({.base = {.code = 5, .likelihood = likelihood}}, Context({1, 8, 8}, 1));
    return message_of<Failure>([&] { Trainer(plain_sgd(0.01, 1), {without("progress")}).fit(model, split); });
  };
  const Choice<Likelihood> gaussian = GaussianLikelihood::Config{}, bernoulli = BernoulliLikelihood::Config{};
  const SplitConfig all = {.validation = 0, .test = 0.};
  for (const double value : {kNan, -std::numeric_limits<double>::infinity()})
    EXPECT_SAYS(failure(123, value, gaussian, all),
                "the training split has NaN or infinite values: row 123 of x.npy, value 9");
  EXPECT_SAYS(
      failure(123, 2, bernoulli, all),
      "bernoulli is for values between 0 and 1, and row 123 of x.npy, in the training split, has values "
      "from 0.5 to 2; set it to \"gaussian\"");
  EXPECT_EQ(failure(123, 2, gaussian, all), "nothing was thrown");
  EXPECT_EQ(failure(123, 1, bernoulli, all), "nothing was thrown");
  // The row that validates first, in a pass of its own.
  const SplitConfig validated = {.validation = 0.5, .test = 0.};
  Source source(200, false);
  const auto row = source.data.split(validated).validation.range(0, 1).rows.item<std::int64_t>();
  EXPECT_SAYS(failure(row, kNan, gaussian, validated), "the validation split has NaN or infinite values");
}

TEST(Checks, OfRowsThatTransformsAreFittedToPrecedeTraining) {
  Source source(200, /*in_memory=*/false);
  source.rows->odd_row = 77;
  source.rows->odd_value = kNan;
  EXPECT_SAYS(
      message_of<Error>([&] {
        source.data.split({.validation = 0, .test = 0., .transforms = {StandardizeTransform::Config{}}});
      }),
      "transforms[0]: the training split has NaN or infinite values: row 77 of x.npy, value 9");
}

TEST(Checks, LeaveTheStateBeforeTheBadRow) {
  const TemporaryFolder folder;
  Source source(320, /*in_memory=*/false);
  const auto split = source.data.split({.validation = 0, .test = 0.});
  const auto order = ShuffledBatches(split.train, 32, 0).pass(0);
  source.rows->odd_row = order[7].rows[0].item<std::int64_t>();
  source.rows->odd_value = kNan;
  EXPECT_SAYS(
      message_of<Failure>([&] {
        Trainer(plain_sgd(0.01, 1), {without("progress")}).fit(*small_dense(), split, {folder.path(), {}});
      }),
      "NaN or infinite values");
  const auto file = SafetensorsFile::read(folder / "checkpoints/last.safetensors");
  EXPECT_EQ(nlohmann::json::parse(file.metadata().at("aelab")).at("progress").at("step"), 7);
}

}  // namespace
}  // namespace aelab
