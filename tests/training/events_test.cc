// The order of events, which callbacks may rely on.

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "aelab/core/config.h"
#include "tests/training/models.h"

namespace aelab {
namespace {

using Strings = std::vector<std::string>;

Strings events;  // of all recorders, as they happened

/// Writes down what it is told, after its name.
class Recorder : public Callback {
 public:
  struct Config {
    static constexpr std::string_view kind = "test-recorder";
    static constexpr std::string_view summary = "writes down every event";
    std::string name = "";
    std::int64_t order = 1;

    void fields(Fields& f) {
      f("name", name, "comes first in what it writes");
      f("order", order, "monitor, output or checkpoint", between(0, 2));
    }
    static std::vector<Config> examples() { return {{}}; }
  };

  explicit Recorder(const Config& config) : config_(config) {}
  Order order() const override { return static_cast<Order>(config_.order); }
  void start(Training&) override { note("start"); }
  void phase_begin(Training& training) override { note("phase_begin " + training.phase().name); }
  void batch_passed(Training&, const Update&, const Batch&, const Pass&) override { note("batch_passed"); }
  void losses(Training&, const Update&, const Terms&) override { note("losses"); }
  void step_end(Training& training) override { note("step_end " + std::to_string(training.progress.step)); }
  void validated(Training& training, const Update& update, const Pass& pass) override {
    EXPECT_EQ(&update, &training.phase().main());
    EXPECT_EQ(pass.target.size(0), training.data.validation.size());
    note("validated");
  }
  void epoch_end(Training& training) override {
    EXPECT_TRUE(find(training.metrics, "train/loss"));
    EXPECT_EQ(find(training.metrics, "validation/loss").has_value(), training.data.validation.size() > 0);
    note("epoch_end " + std::to_string(training.progress.epoch));
  }
  void boundary(Training&, Boundary boundary) override {
    static const char* const kNames[] = {"step", "epoch", "phase", "stop"};
    note(std::string("boundary ") + kNames[static_cast<int>(boundary)]);
  }
  void finish(Training&) override { note("finish"); }

 private:
  Config config_;
  void note(const std::string& event) const { events.push_back(config_.name + event); }
};

CallbackConfig recorder(const std::string& name = "", Callback::Order order = Callback::Order::output) {
  register_callback<Recorder>();
  return {.callback = Recorder::Config{.name = name, .order = static_cast<std::int64_t>(order)}};
}

/// Takes its time at the end of each epoch.
class Slow : public Callback {
 public:
  struct Config {
    static constexpr std::string_view kind = "test-slow";
    static constexpr std::string_view summary = "sleeps";
    void fields(Fields&) {}
    static std::vector<Config> examples() { return {{}}; }
  };

  static constexpr std::chrono::seconds kTime{2};
  explicit Slow(const Config&) {}
  void epoch_end(Training&) override { std::this_thread::sleep_for(kTime); }
};

Trainer recorded(std::int64_t epochs, std::vector<CallbackConfig> callbacks = {}) {
  events.clear();
  callbacks.push_back(recorder());
  callbacks.push_back(without("progress"));
  return Trainer(plain_sgd(0.01, epochs, /*batch_size=*/32), callbacks);
}

TEST(Events, ComeInTheDocumentedOrder) {
  recorded(2).fit(*small_dense(), few_digits(64));
  EXPECT_EQ(events, (Strings{"start",          "phase_begin train",  //
                             "batch_passed",   "losses",
                             "step_end 1",     "boundary step",  //
                             "batch_passed",   "losses",
                             "step_end 2",     "boundary step",  //
                             "validated",      "epoch_end 1",
                             "boundary epoch",  //
                             "batch_passed",   "losses",
                             "step_end 3",     "boundary step",  //
                             "batch_passed",   "losses",
                             "step_end 4",     "boundary step",  //
                             "validated",      "epoch_end 2",
                             "boundary epoch",
                             "boundary phase",  //
                             "finish"}));
}

TEST(Events, CountStepsAndEpochsOverAllPhases) {
  TwoPhases model;
  const auto history = recorded(1).fit(model, few_digits(32));
  EXPECT_EQ(events,
            (Strings{"start",  //
                     "phase_begin first",
                     "batch_passed",
                     "losses",
                     "step_end 1",
                     "boundary step",  //
                     "validated",
                     "epoch_end 1",
                     "boundary epoch",
                     "boundary phase",  //
                     "phase_begin second",
                     "batch_passed",
                     "losses",
                     "step_end 2",
                     "boundary step",  //
                     "validated",
                     "epoch_end 2",
                     "boundary epoch",
                     "boundary phase",  //
                     "finish"}));
  ASSERT_EQ(history.epochs.size(), 2u);
  EXPECT_EQ(history.epochs[0].phase, "first");
  EXPECT_EQ(history.epochs[1].phase, "second");
  EXPECT_EQ(history.epochs[1].step, 2);
}

TEST(Events, GoToMonitorsThenOutputsThenCheckpoints) {
  events.clear();
  const Trainer trainer(
      plain_sgd(0.01, 1),
      {recorder("checkpoint ", Callback::Order::checkpoint), recorder("first output "),
       recorder("second output "), recorder("monitor ", Callback::Order::monitor), without("progress")});
  trainer.fit(*small_dense(), few_digits(32));
  const Strings order = {"monitor ", "first output ", "second output ", "checkpoint "};
  ASSERT_EQ(events.size() % order.size(), 0u);
  for (std::size_t i = 0; i < events.size(); ++i) {
    EXPECT_TRUE(events[i].starts_with(order[i % order.size()])) << events[i];
    const auto first = i - i % order.size();
    EXPECT_EQ(events[i].substr(order[i % order.size()].size()), events[first].substr(order[0].size()));
  }
}

TEST(Events, OfAStopAndAResumption) {
  const TemporaryFolder folder;
  const auto data = few_digits(64);
  {
    const Interruptible interruptible;
    const auto history = recorded(2, {interrupt_at(1)}).fit(*small_dense(), data, {folder.path(), {}});
    EXPECT_EQ(history.signal, SIGTERM);
    EXPECT_TRUE(history.epochs.empty());
  }
  EXPECT_EQ(events, (Strings{"start", "phase_begin train", "batch_passed", "losses", "step_end 1",
                             "boundary step", "boundary stop", "finish"}));
  recorded(1).fit(*small_dense(), data, {folder.path(), folder / "checkpoints/last.safetensors"});
  EXPECT_EQ(events, (Strings{"start", "batch_passed", "losses", "step_end 2", "boundary step",  //
                             "validated", "epoch_end 1", "boundary epoch", "boundary phase",    //
                             "finish"}));
}

TEST(Events, OfACompleteRunThatIsResumedRepeatTheEndOfItsLastPhaseOnly) {
  const TemporaryFolder folder;
  const auto data = few_digits(64);
  const auto model = small_dense(), other = small_dense(2);
  recorded(1).fit(*model, data, {folder.path(), {}});
  recorded(1).fit(*other, data, {folder.path(), folder / "checkpoints/last.safetensors"});
  EXPECT_EQ(events, (Strings{"start", "boundary phase", "finish"}));
  EXPECT_TRUE(same_state(*model, *other));
}

TEST(Callbacks, AddToTheDefaultsOrReplaceThem) {
  const auto count = [](const std::vector<CallbackConfig>& listing, bool with_folder) {
    return make_callbacks(listing, with_folder).size();
  };
  EXPECT_EQ(count({}, true), 4u);
  EXPECT_EQ(count({}, false), 1u);  // stop-on-nan
  EXPECT_EQ(count({listed("early-stopping")}, false), 2u);
  EXPECT_EQ(count({listed("checkpoint")}, true), 4u);
  EXPECT_EQ(count({without("checkpoint"), without("stop-on-nan")}, true), 2u);
}

TEST(Callbacks, RefuseWhatCannotWork) {
  const auto refusal = [](const std::vector<CallbackConfig>& listing, bool with_folder) {
    return message_of<Error>([&] { make_callbacks(listing, with_folder); });
  };
  EXPECT_SAYS(refusal({listed("early-stopping"), listed("early-stopping")}, false), "\"early-stopping\"");
  EXPECT_SAYS(refusal({listed("checkpoint"), listed("checkpoint")}, true),
              "\"checkpoint\", as callbacks[0] does");
  EXPECT_SAYS(refusal({listed("log")}, false), "\"log\" writes into a run folder");
}

TEST(Events, TakeNoTrainingTime) {
  register_callback<Slow>();
  const auto progress =
      recorded(1, {{.callback = Slow::Config{}}}).fit(*small_dense(), few_digits(40)).progress;
  EXPECT_LT(progress.seconds, std::chrono::duration<double>(Slow::kTime).count());
}

}  // namespace
}  // namespace aelab
