// How many threads a training takes that does not say.

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "aelab/models/convolutional.h"
#include "aelab/models/pca.h"
#include "aelab/nn/compute.h"
#include "aelab/nn/threads.h"
#include "aelab/nn/work.h"
#include "aelab/training/thread_rule.h"
#include "tests/training/models.h"

namespace aelab {
namespace {

Split images(const Shape& shape, std::int64_t rows = 2000) {
  auto sizes = shape;
  sizes.insert(sizes.begin(), rows);
  const auto all = Dataset::from_tensors(at::zeros(sizes), {});
  return {all, {}, {}};
}

TrainerConfig with_batches_of(std::int64_t rows) { return {.batch_size = rows}; }

std::int64_t threads_of(Autoencoder& model, std::int64_t rows, std::int64_t available = 64,
                        std::int64_t all_rows = 2000) {
  const Compute compute(available);
  return default_threads(model, images(model.input_shape(), all_rows), with_batches_of(rows));
}

/// 784-256-32-256-784: forward, the weights' gradients and, but for the first layer, the inputs'.
constexpr std::int64_t kMlpWork = 2 * 784 * 256 + 3 * (2 * 256 * 32 + 256 * 784);

std::shared_ptr<Dense> mlp() {
  return std::make_shared<Dense>(Dense::Config{.base = {.code = 32}, .backbone = {.hidden = {256}}},
                                 Context({1, 28, 28}, 1));
}

TEST(Threads, AreInProportionToTheMultiplyAddsOfABatch) {
  const auto model = mlp();
  for (const std::int64_t rows : {1, 16, 64, 128, 256, 1000}) {
    const auto expected = std::clamp<std::int64_t>(kMlpWork * rows / kMultiplyAddsPerThread, 1, 64);
    EXPECT_EQ(threads_of(*model, rows), expected) << rows;
    EXPECT_EQ(threads_of(*model, rows), threads_of(*mlp(), rows));
  }
  EXPECT_EQ(threads_of(*model, 128, 2), 2);
  EXPECT_EQ(threads_of(*model, 128, 1), 1);
  // A batch is never larger than the data.
  EXPECT_EQ(threads_of(*model, 1000, 64, 128), threads_of(*model, 128));
}

TEST(Threads, AreOneForSmallWork) {
  EXPECT_EQ(threads_of(*small_dense(), 64), 1);
  Dense wine({.base = {.code = 2}, .backbone = {.hidden = {8}}}, Context({13}, 1));
  EXPECT_EQ(threads_of(wine, 16), 1);
}

TEST(Threads, AreManyForConvolutionsThatDoMuch) {
  Convolutional lecture({}, Context({1, 28, 28}, 1));
  EXPECT_GE(threads_of(lecture, 128), 16);
}

TEST(Threads, AreAllForClosedForms) {
  Pca pca({.code = 2}, Context({13}, 1));
  EXPECT_EQ(threads_of(pca, 16, 7), 7);
}

/// Counts multiply-adds in a thread of its own, as a training beside this one does, while it exists.
class Busy {
 public:
  Busy() {
    while (rounds_ == 0) std::this_thread::yield();
  }
  ~Busy() {
    stop_ = true;
    thread_.join();
  }
  Busy(const Busy&) = delete;
  Busy& operator=(const Busy&) = delete;

  std::int64_t rounds() const { return rounds_; }

 private:
  std::atomic<bool> stop_ = false;
  std::atomic<std::int64_t> rounds_ = 0;
  std::thread thread_{[this] {
    for (; !stop_; ++rounds_) count_multiply_adds(kMultiplyAddsPerThread, true, true);
  }};
};

TEST(Threads, AreTheSameBesideABusyThread) {
  const auto model = mlp();
  const auto alone = threads_of(*model, 16);
  const Busy busy;
  const auto before = multiply_adds();
  // Until the other thread has counted in between for sure.
  for (const auto first = busy.rounds(); busy.rounds() < first + 10000;)
    EXPECT_EQ(threads_of(*model, 16), alone);
  EXPECT_GT(multiply_adds(), before);
}

/// A layer whose work nothing counts.
class Uncounted : public Backbone {
 public:
  struct Config {
    static constexpr std::string_view kind = "uncounted-for-tests";
    static constexpr std::string_view summary = "at::linear";
    void fields(Fields&) {}
    static std::vector<Config> examples() { return {{}}; }
  };
  Uncounted(const Config&, const BackboneContext& context)
      : weight_(register_parameter("weight", at::ones({4, elements(context.input)}))) {}
  Tensor encode(const Tensor& x, const Step&) const override { return at::linear(x.flatten(1), weight_); }
  Tensor decode(const Tensor& code, const Step&) const override { return at::linear(code, weight_.t()); }
  Shape code_shape() const override { return {4}; }
  std::vector<LayerOutline> layers() const override {
    return {{"encoder", "dense", {4}, weight_.numel()}, {"decoder", "dense, tied", {weight_.size(1)}, 0}};
  }

 private:
  Tensor weight_;
};

TEST(Threads, AreAllWhereTheWorkIsUnknown) {
  if (!Backbone::registry().find(Uncounted::Config::kind)) Backbone::registry().add<Uncounted>();
  Autoencoder model({.backbone = Uncounted::Config{}}, Context({13}, 1));
  EXPECT_EQ(threads_of(model, 16, 7), 7);
}

class Counting : public Callback {
 public:
  int threads = 0;
  void step_end(Training&) override { threads = at::get_num_threads(); }
};

TEST(Threads, OfAFitAreThoseOfTheConfigOrTheRuleAndAreRestored) {
  const Compute compute(3);
  for (const auto& [asked, expected] : {std::pair(std::optional<std::int64_t>(2), 2), {std::nullopt, 1}}) {
    auto config = plain_sgd(0.01, 1);
    config.threads = asked;
    Trainer trainer(config);
    const auto counting = std::make_shared<Counting>();
    trainer.watch(counting);
    trainer.fit(*small_dense(), few_digits(64));
    EXPECT_EQ(counting->threads, expected);
    EXPECT_EQ(at::get_num_threads(), 3);
  }
}

}  // namespace
}  // namespace aelab
