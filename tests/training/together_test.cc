#include <gtest/gtest.h>

#include <atomic>

#include "aelab/core/files.h"
#include "aelab/core/safetensors.h"
#include "aelab/data/batch_stream.h"
#include "aelab/training/memory_estimate.h"
#include "tests/training/models.h"

namespace aelab {
namespace {

/// Rows that do not rest in memory, and how often each of them was read.
class ReadRows : public Storage {
 public:
  explicit ReadRows(Dataset rows) : rows_(std::move(rows)), reads_(new std::atomic<int>[size()]()) {}
  std::int64_t size() const override { return rows_.size(); }
  Shape shape() const override { return rows_.shape(); }
  bool has_labels() const override { return rows_.has_labels(); }
  bool in_memory() const override { return false; }
  Batch gather(const Tensor& rows, const Randomness& random) const override {
    for (const auto row :
         std::span(rows.const_data_ptr<std::int64_t>(), static_cast<std::size_t>(rows.size(0))))
      ++reads_[row];
    auto batch = rows_.gather(rows, random);
    batch.rows = rows;
    return batch;
  }
  int reads(std::int64_t row) const { return reads_[row]; }

 private:
  Dataset rows_;
  std::unique_ptr<std::atomic<int>[]> reads_;
};

TrainerConfig adam(std::int64_t epochs, std::int64_t accumulate = 1) {
  return {.epochs = epochs,
          .batch_size = 24,  // of 100 rows: the last batch is smaller
          .optimizer = Adam::Config{.learning_rate = 1e-2},
          .accumulate = accumulate,
          .device = Device::cpu,
          .threads = 1};
}

/// A model, how it is trained, and the folder that it writes to.
struct InTurn {
  std::shared_ptr<Autoencoder> model;
  TrainerConfig config;
  std::vector<CallbackConfig> callbacks = {without("progress"), checkpoint_every_step()};
  std::filesystem::path folder = {};

  Trainer trainer() const { return Trainer(config, callbacks, 5); }
};

std::shared_ptr<Autoencoder> dense_of(std::int64_t code) {
  return std::make_shared<Dense>(
      Dense::Config{.base = {.code = code, .likelihood = GaussianLikelihood::Config{}}},
      Context({1, 8, 8}, 1));
}

/// Trains them in turns, the one that is furthest behind first.
void train_in_turns(const std::vector<InTurn>& all, const Split& data) {
  std::vector<CheckedTraining> checked;
  for (const auto& one : all) checked.push_back(one.trainer().check(*one.model, data, !one.folder.empty()));
  const auto rows = all.front().trainer().batches(checked.front());
  std::vector<Fitting> fittings;
  for (std::size_t i = 0; i < all.size(); ++i)
    fittings.push_back(all[i].trainer().begin(checked[i], {.folder = all[i].folder}, rows));
  std::vector<bool> active(all.size(), true);
  for (;;) {
    std::optional<std::size_t> next;
    const auto place = [&](std::size_t i) {
      return std::pair(fittings[i].position().epoch, fittings[i].position().batch);
    };
    for (std::size_t i = 0; i < all.size(); ++i)
      if (active[i] && (!next || place(i) < place(*next))) next = i;
    if (!next) break;
    active[*next] = fittings[*next].advance();
  }
  for (auto& fitting : fittings) fitting.finish();
}

std::vector<InTurn> three(const std::filesystem::path& folder, std::int64_t accumulate) {
  const CallbackConfig early = {.callback = EarlyStopping::Config{.base = {.min_delta = 1}, .patience = 1}};
  std::vector<InTurn> all = {{dense_of(3), adam(3, accumulate)},
                             {dense_of(5), adam(5, accumulate)},
                             {std::make_shared<TwoPhases>(), adam(2, accumulate)}};
  all[1].callbacks.push_back(early);
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i].folder = folder / std::to_string(i);
    std::filesystem::create_directories(all[i].folder);
  }
  return all;
}

TEST(Together, EachModelEndsInTheBitsOfATrainingAlone) {
  for (const std::int64_t accumulate : {1, 3}) {
    const TemporaryFolder folder;
    const auto data = few_digits(100);
    const auto alone = three(folder / "alone", accumulate), turns = three(folder / "turns", accumulate);
    for (const auto& one : alone) one.trainer().fit(*one.model, data, {.folder = one.folder});
    train_in_turns(turns, data);
    for (std::size_t i = 0; i < alone.size(); ++i) {
      SCOPED_TRACE(i);
      EXPECT_TRUE(same_state(*alone[i].model, *turns[i].model));
      EXPECT_EQ(read_file(alone[i].folder / "metrics.csv"), read_file(turns[i].folder / "metrics.csv"));
      const auto last = "checkpoints/last.safetensors";
      const auto x = SafetensorsFile::read(alone[i].folder / last),
                 y = SafetensorsFile::read(turns[i].folder / last);
      ASSERT_EQ(x.tensors().size(), y.tensors().size());
      for (const auto& tensor : x.tensors())
        EXPECT_TRUE(std::ranges::equal(tensor.bytes, y.find(tensor.name)->bytes)) << tensor.name;
    }
  }
}

TEST(Together, RowsAreReadOnceAPass) {
  auto data = few_digits(100);
  const auto counted = std::make_shared<ReadRows>(data.train);
  data.train = Dataset(counted);
  std::vector<InTurn> all = {{dense_of(3), adam(3)}, {dense_of(5), adam(3)}, {dense_of(7), adam(2)}};
  for (auto& one : all) one.callbacks = {without("progress")};
  for (const auto& one : all) one.trainer().check(*one.model, data, false);
  std::vector<int> at_first;
  for (std::int64_t row = 0; row < 100; ++row) at_first.push_back(counted->reads(row));
  train_in_turns(all, data);
  for (std::int64_t row = 0; row < 100; ++row) {
    const auto checks = at_first[static_cast<std::size_t>(row)];  // again in train_in_turns()
    EXPECT_EQ(counted->reads(row) - 2 * checks, 3) << row;
  }
}

TEST(BatchStream, GivesTheBatchesOfEachPassAndReadsAgainWhatItForgot) {
  const auto data = few_digits(100).train;
  BatchStream stream(data, 24, 5);
  const ShuffledBatches shuffled(data, 24, 5);
  const auto expect = [&](std::int64_t pass, std::int64_t begin, std::int64_t end) {
    const auto taken = stream.take(pass, begin, end);
    ASSERT_EQ(static_cast<std::int64_t>(taken.batches.size()), end - begin);
    const auto batches = shuffled.pass(pass);
    for (auto i = begin; i < end; ++i)
      EXPECT_TRUE(same_bits(taken.batches[static_cast<std::size_t>(i - begin)].inputs, batches[i].inputs));
  };
  for (const auto& [pass, begin, end] :
       {std::tuple(0, 0, 2), {0, 0, 2}, {0, 1, 3}, {0, 4, 5}, {1, 0, 1}, {0, 2, 4}, {1, 0, 3}})
    expect(pass, begin, end);
}

TEST(BatchStream, TellsThoseWhoTakeALaterTurnHowLongTheFirstWaited) {
  BatchStream stream(few_digits(100).train, 24, 5);
  EXPECT_EQ(stream.take(0, 0, 2).waited_before.count(), 0);
  EXPECT_GT(stream.take(0, 0, 2).waited_before.count(), 0);
}

/// Adam with weights of 4 bytes: parameters, gradients and two moments are four times the parameters.
TEST(MemoryEstimate, CountsParametersGradientsAndMoments) {
  const auto model = dense_of(5);
  double bytes = 0;
  for (const auto& parameter : model->parameters()) bytes += static_cast<double>(parameter.nbytes());
  const auto memory = memory_of_training(*model, few_digits(100), adam(1), {without("progress")});
  EXPECT_EQ(memory.parameters, bytes);
  EXPECT_EQ(memory.gradients, bytes);
  EXPECT_NEAR(memory.optimizer, 2 * bytes, 0.01 * bytes);
  EXPECT_EQ(memory.rows, 24 * 64 * 4);
  EXPECT_GT(memory.activations, 24 * (5 + 64) * 4);  // code and output at least
  EXPECT_EQ(memory.callbacks, 0);
  const auto plain = memory_of_training(*model, few_digits(100), plain_sgd(0.1, 1), {without("progress")});
  EXPECT_EQ(plain.optimizer, 0);
}

TEST(MemoryEstimate, LeavesTheModelAsItIs) {
  const auto model = dense_of(5), same = dense_of(5);
  memory_of_training(*model, few_digits(100), adam(1), {without("progress")});
  EXPECT_TRUE(same_state(*model, *same));
}

}  // namespace
}  // namespace aelab
