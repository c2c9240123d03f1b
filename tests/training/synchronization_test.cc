// A training step leaves values on the device: no operator runs that makes the host wait for one. Seen on the
// CPU by LibTorch's observer of operators.

#include <ATen/record_function.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/contract/contract.h"
#include "tests/training/models.h"

namespace aelab {
namespace {

/// Operators whose result is, or has the shape of, a value that the host reads.
constexpr std::string_view kSynchronizing[] = {
    "aten::_local_scalar_dense", "aten::equal",    "aten::nonzero",
    "aten::masked_select",       "aten::_unique2", "aten::unique_dim",
    "aten::unique_consecutive",  "aten::bincount"};

/// Records those that are called while it is on. LibTorch's fused Adam reads its count of steps on the CPU
/// only: what a fused optimizer does within is not counted.
class Synchronizations {
 public:
  Synchronizations() {
    on = false;
    seen.clear();
    handle_ = at::addGlobalCallback(
        at::RecordFunctionCallback(&record, &leave).scopes({at::RecordScope::FUNCTION}));
  }
  ~Synchronizations() { at::removeCallback(handle_); }
  Synchronizations(const Synchronizations&) = delete;
  Synchronizations& operator=(const Synchronizations&) = delete;

  static inline bool on = false;
  static inline std::vector<std::string> seen;
  static inline std::int64_t operators = 0;

 private:
  at::CallbackHandle handle_;
  static inline int fused_ = 0;  // depth

  static bool is_fused(const at::RecordFunction& function) {
    return std::string_view(function.name()).starts_with("aten::_fused_");
  }
  static void leave(const at::RecordFunction& function, at::ObserverContext*) {
    fused_ -= is_fused(function);
  }
  static std::unique_ptr<at::ObserverContext> record(const at::RecordFunction& function) {
    fused_ += is_fused(function);
    if (!on) return nullptr;
    ++operators;
    const std::string_view name = function.name();
    if (fused_ == 0 && std::ranges::find(kSynchronizing, name) != std::end(kSynchronizing))
      seen.emplace_back(name);
    return nullptr;
  }
};

/// Switches the observer on from the end of an epoch's first step to the end of its last one: with the
/// gathering of batches, the objective, the step, averages and all other callbacks.
class BetweenSteps : public Callback {
 public:
  Order order() const override { return Order::checkpoint; }
  void boundary(Training& training, Boundary boundary) override {
    if (boundary != Boundary::step) return;
    Synchronizations::on = training.progress.batch < training.epoch_batches;
    ++steps;
  }
  std::int64_t steps = 0;
};

struct Setting {
  TrainerConfig config = plain_sgd(1e-3, 1, 32);
  std::vector<CallbackConfig> callbacks = {};
};

/// What synchronizes in steps 2 and 3 of each epoch.
std::vector<std::string> synchronizations(Autoencoder& model, Setting setting = {}) {
  const TemporaryFolder folder;
  const auto boundaries = std::make_shared<BetweenSteps>();
  setting.callbacks.push_back(without("progress"));
  Trainer trainer(setting.config, setting.callbacks, 5);
  trainer.watch(boundaries);
  const Synchronizations observed;
  const auto before = Synchronizations::operators;
  trainer.fit(model, few_digits_as(model.input_shape(), 96), {folder.path(), {}});
  EXPECT_TRUE(boundaries->steps == 0 || Synchronizations::operators > before);
  return Synchronizations::seen;
}

using Names = std::vector<std::string>;

TEST(Synchronization, OfEveryVariantsStepsIsNone) {
  for_each_example<Autoencoder>([](const Choice<Autoencoder>& example) {
    EXPECT_EQ(synchronizations(*make_variant(example)), Names());
  });
}

TEST(Synchronization, OfEveryPartsStepsIsNone) {
  for_each_model_with_a_part(
      [](const AutoencoderConfig& parts) { EXPECT_EQ(synchronizations(*make_autoencoder(parts)), Names()); });
}

TEST(Synchronization, OfEveryOptimizersStepsIsNoneUnlessItSaysSo) {
  for_each_example<Optimizer>([](const Choice<Optimizer>& example) {
    const auto model = small_dense();
    auto setting = Setting();
    setting.config.optimizer = example;
    EXPECT_EQ(synchronizations(*model, setting).empty(), !example.make(parameters_of(*model))->reads());
  });
}

TEST(Synchronization, OfEveryCallbacksStepsIsNone) {
  for_each_example<Callback>([](const Choice<Callback>& example) {
    testing::internal::CaptureStderr();
    const auto model = make_variant(trained_with(example));
    EXPECT_EQ(synchronizations(*model, {.callbacks = {{.callback = example}}}), Names());
    testing::internal::GetCapturedStderr();
  });
}

TEST(Synchronization, OfClippedAccumulatedAndSeveralUpdatesIsNone) {
  for (const std::int64_t read_every : {1, 2}) {
    auto setting = Setting();
    setting.config = plain_sgd(1e-3, 2, 8);
    setting.config.accumulate = 2;
    setting.config.clip_norm = setting.config.clip_value = 0.1;
    setting.config.read_every = read_every;
    TwoUpdateModel model;
    model.updates[1].every = 2;
    EXPECT_EQ(synchronizations(model, setting), Names());
  }
}

/// An objective that reads a value, as an `if` on a tensor does.
class Hidden : public Dense {
 public:
  explicit Hidden(std::function<void(const Tensor&)> read)
      : Dense({.base = {.code = 5, .likelihood = GaussianLikelihood::Config{}}}, Context({1, 8, 8}, 1)),
        read_(std::move(read)) {}
  std::vector<Phase> phases() override {
    auto phase = Dense::phases().front();
    auto& update = phase.updates.front();
    update.objective = [this, whole = update.objective](const Batch& batch, const Step& step, Pass& pass) {
      auto terms = whole(batch, step, pass);
      read_(pass.code);
      return terms;
    };
    return {phase};
  }

 private:
  std::function<void(const Tensor&)> read_;
};

TEST(Synchronization, IsSeenWhereverItHides) {
  const auto seen = [](std::function<void(const Tensor&)> read) {
    Hidden model(std::move(read));
    return synchronizations(model);
  };
  EXPECT_EQ(seen([](const Tensor& code) { (void)code.sum().item<double>(); }),
            Names(2, "aten::_local_scalar_dense"));
  EXPECT_EQ(seen([](const Tensor& code) { (void)code.index({code > 0}); }), Names(2, "aten::nonzero"));
  EXPECT_EQ(seen([](const Tensor& code) { (void)at::equal(code, code); }), Names(2, "aten::equal"));
  EXPECT_EQ(seen([](const Tensor&) {}), Names());
}

}  // namespace
}  // namespace aelab
