// What every registered variant and callback promises in training.

#include <gtest/gtest.h>

#include <set>

#include "aelab/core/files.h"
#include "aelab/core/safetensors.h"
#include "aelab/training/checkpoint.h"
#include "tests/contract/contract.h"

namespace aelab {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kSeed = 4;

TrainerConfig quick(std::int64_t epochs = 2) {
  return {
      .epochs = epochs, .batch_size = 32, .optimizer = any<Optimizer>(), .device = Device::cpu, .threads = 1};
}

/// The callbacks, beside those that every case needs: nothing on the screen, checkpoints at every step.
std::vector<CallbackConfig> with_checkpoints(std::vector<CallbackConfig> callbacks = {}) {
  const auto is_listed = [&](std::string_view kind) {
    return std::any_of(callbacks.begin(), callbacks.end(),
                       [&](const auto& config) { return config.callback.kind() == kind; });
  };
  auto checkpoint = listed("checkpoint");
  read_config({{"kind", "checkpoint"}, {"seconds", 0}}, checkpoint, "test");
  if (!is_listed("checkpoint")) callbacks.push_back(checkpoint);
  if (!is_listed("progress")) callbacks.push_back(without("progress"));
  return callbacks;
}

fs::path last_checkpoint(const fs::path& folder) { return folder / "checkpoints" / "last.safetensors"; }

std::set<std::string> files_in(const fs::path& folder) {
  std::set<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.path().filename() !=
        "previous.safetensors")  // how many were written before is a matter of time
      files.insert(entry.path().lexically_relative(folder));
  return files;
}

/// The same tensors in both checkpoints, the optimisers' too, and the same files and metrics beside them.
void expect_same_run(const fs::path& a, const fs::path& b) {
  const auto x = SafetensorsFile::read(last_checkpoint(a)), y = SafetensorsFile::read(last_checkpoint(b));
  ASSERT_EQ(x.tensors().size(), y.tensors().size());
  for (const auto& tensor : x.tensors()) {
    const auto* other = y.find(tensor.name);
    ASSERT_NE(other, nullptr) << tensor.name;
    EXPECT_TRUE(std::ranges::equal(tensor.bytes, other->bytes)) << tensor.name;
  }
  EXPECT_EQ(read_file(a / "metrics.jsonl"), read_file(b / "metrics.jsonl"));
  if (fs::exists(a / "code_use.jsonl")) {
    EXPECT_EQ(read_file(a / "code_use.jsonl"), read_file(b / "code_use.jsonl"));
  }
  EXPECT_EQ(read_file(a / "metrics.csv"), read_file(b / "metrics.csv"));
  EXPECT_EQ(files_in(a), files_in(b));
}

/// How something is trained that is to be interrupted.
struct Resumed {
  std::function<std::shared_ptr<Autoencoder>(std::int64_t seed)> make;
  TrainerConfig config = quick();
  std::vector<CallbackConfig> callbacks = {};
};

/// Stopped by a signal after `step` steps, and resumed by another process's worth of fresh objects.
void run_interrupted(const Resumed& what, const Split& data, const fs::path& folder, std::int64_t step) {
  fs::create_directories(folder);
  {
    const Interruptible interruptible;
    auto interrupted = with_checkpoints(what.callbacks);
    interrupted.push_back(interrupt_at(step));
    const auto model = what.make(3);
    const auto history = Trainer(what.config, interrupted, kSeed).fit(*model, data, {.folder = folder});
    ASSERT_EQ(history.signal, SIGTERM);
  }
  const auto model = what.make(99);  // its weights come from the checkpoint
  const Place place{.folder = folder, .resume = last_checkpoint(folder)};
  EXPECT_EQ(Trainer(what.config, with_checkpoints(what.callbacks), kSeed).fit(*model, data, place).signal, 0);
}

/// Within the first epoch, at the last step of the first one and of every phase, and shortly before the end.
std::set<std::int64_t> interruptions(const History& history) {
  const auto& epochs = history.epochs;
  std::set<std::int64_t> steps = {2, epochs.front().step, epochs.back().step - 1};
  for (std::size_t i = 1; i < epochs.size(); ++i)
    if (epochs[i].phase != epochs[i - 1].phase && epochs[i - 1].step > 0) steps.insert(epochs[i - 1].step);
  return steps;
}

/// Interrupted anywhere, it ends as if nothing had been. False where it has no steps to be interrupted after:
/// a closed form.
bool check_resume(const Resumed& what, const Split& data) {
  const TemporaryFolder folder;
  fs::create_directories(folder / "whole");
  const auto history = Trainer(what.config, with_checkpoints(what.callbacks), kSeed)
                           .fit(*what.make(3), data, {.folder = folder / "whole"});
  const auto steps = history.epochs.back().step;
  if (steps < 4) return false;
  for (const auto step : interruptions(history)) {
    SCOPED_TRACE("interrupted after step " + std::to_string(step) + " of " + std::to_string(steps));
    const auto other = folder / std::to_string(step);
    run_interrupted(what, data, other, step);
    expect_same_run(folder / "whole", other);
  }
  return true;
}

Resumed of_variant(const Choice<Autoencoder>& variant) {
  return {.make = [variant](std::int64_t seed) { return make_variant(variant, seed); }};
}

/// The first example that is trained by steps.
Choice<Autoencoder> any_trained() {
  return first_trained([](Autoencoder&) { return true; });
}

/// The same of models with every example of a part.
template <class Part>
void check_resume_of_every() {
  for_each_model_with<Part>([](const AutoencoderConfig& parts) {
    const Resumed what = {.make = [&](std::int64_t seed) { return make_autoencoder(parts, seed); }};
    EXPECT_TRUE(check_resume(what, few_digits_as(input_of(parts), 128)));
  });
}

TEST(EveryVariant, MapsImagesToCodesAndBack) {
  for_each_example<Autoencoder>([](const Choice<Autoencoder>& example) {
    const auto model = make_variant(example);
    const auto batch = few_digits_as(input_of(example)).test.range(0, 5);
    const auto& x = batch.inputs;
    const auto condition = model->condition(batch);
    const auto code = model->encode(batch);
    EXPECT_EQ(code.sizes(), batch_of(5, model->code_shape()));
    EXPECT_EQ(model->decode(code, condition).sizes(), batch_of(5, model->target_shape()));
    EXPECT_EQ(model->target(x).sizes(), batch_of(5, model->target_shape()));
    EXPECT_EQ(model->target_shape() == model->input_shape(), model->reconstructs_input());
    EXPECT_TRUE(same_bits(model->reconstruct(x, condition), model->decode(code, condition)));
    EXPECT_EQ(model->input_shape(), input_of(example));
    EXPECT_EQ(model->code_shape(), make_variant(example, 8)->code_shape());
  });
}

TEST(EveryVariant, ExpandsToAWholeConfigThatSurvivesJson) {
  for_each_example<Autoencoder>([](const Choice<Autoencoder>& example) {
    const auto model = make_variant(example);
    const auto& parts = model->config();
    EXPECT_TRUE(parts.backbone || !model->layers().empty());  // a stack's backbone is its layers
    EXPECT_TRUE(parts.corruption && parts.bottleneck && parts.likelihood && parts.penalties);
    AutoencoderConfig read;
    read_config(write_config(parts), read, "expanded");
    EXPECT_EQ(write_config(read), write_config(parts));
  });
}

TEST(EveryVariant, NamesDistinctTrainableParametersInEachPhase) {
  for_each_example<Autoencoder>([](const Choice<Autoencoder>& example) {
    const auto model = make_variant(example);
    const auto phases = model->phases(), again = model->phases();
    ASSERT_FALSE(phases.empty());
    ASSERT_EQ(again.size(), phases.size());
    for (std::size_t i = 0; i < phases.size(); ++i) {
      EXPECT_EQ(again[i].name, phases[i].name);
      std::set<const void*> seen;
      for (const auto& update : phases[i].updates)
        for (const auto& [name, parameter] : update.parameters) {
          EXPECT_TRUE(parameter.requires_grad()) << name;
          EXPECT_TRUE(seen.insert(parameter.unsafeGetTensorImpl()).second) << name << " is in it twice";
        }
    }
  });
}

TEST(EveryVariant, HasTheGradientsOfItsObjectives) {
  for_each_example<Autoencoder>([](const Choice<Autoencoder>& example) {
    const auto model = make_variant(example);
    if (!model->has_exact_gradients()) return;
    model->to(at::kDouble);
    shake(*model);
    auto batch = few_digits_as(input_of(example)).train.range(0, 4);
    batch.inputs = batch.inputs.to(at::kDouble);
    for (const auto& phase : model->phases())
      for (const auto& update : phase.updates) {
        const auto objective = [&] {
          Pass pass;
          return update.objective(batch, some_step(), pass).total();
        };
        std::vector<Tensor> parameters;
        for (const auto& item : update.parameters) parameters.push_back(item.second);
        if (parameters.empty()) continue;
        EXPECT_LT(gradient_error(objective, parameters, 6), 1e-5) << phase.name;
      }
  });
}

TEST(EveryVariant, LowersItsLossOnRealData) {
  for_each_example<Autoencoder>([](const Choice<Autoencoder>& example) {
    const auto data = few_digits_as(input_of(example), 320);
    const auto model = make_variant(example);
    const auto history = Trainer(quick(6), {without("progress")}, kSeed).fit(*model, data);
    std::map<std::string, std::vector<double>> losses;
    for (const auto& epoch : history.epochs)
      losses[epoch.phase].push_back(*find(epoch.metrics, "train/loss"));
    ASSERT_EQ(losses.size(), model->phases().size());
    for (const auto& [phase, values] : losses) {
      SCOPED_TRACE(phase);
      if (values.size() == 1) continue;  // a closed form
      EXPECT_LT(values.back(), values.front());
    }
  });
}

TEST(EveryVariant, NeverTrainsOnValidationOrTestRows) {
  for_each_example<Autoencoder>([](const Choice<Autoencoder>& example) {
    const auto data = few_digits_as(input_of(example), 64);
    const auto inverted = [](const Dataset& rows) {
      const auto all = rows.range(0, rows.size());
      return Dataset::from_tensors(1 - all.inputs, (all.labels + 1) % kClasses);
    };
    const auto trained = [&](const Split& split) {
      const auto model = make_variant(example);
      Trainer(quick(2), {without("progress")}, kSeed).fit(*model, split);
      return model;
    };
    const auto model = trained(data),
               other = trained({data.train, inverted(data.validation), inverted(data.test)});
    const auto batch = data.test.range(0, 20);
    const auto& x = batch.inputs;
    const auto condition = model->condition(batch);
    EXPECT_TRUE(same_bits(model->reconstruct(x, condition), other->reconstruct(x, condition)));
    for (std::size_t i = 0; i < state_of(*model).size(); ++i)
      EXPECT_TRUE(same_bits(state_of(*model)[i].second, state_of(*other)[i].second))
          << state_of(*model)[i].first;
  });
}

TEST(EveryVariant, IsSavedAndLoadedToTheSameBits) {
  for_each_example<Autoencoder>([](const Choice<Autoencoder>& example) {
    const auto data = few_digits_as(input_of(example));
    const TemporaryFolder folder;
    const auto model = make_variant(example), other = make_variant(example, /*seed=*/99);
    Trainer(quick(1), with_checkpoints(), kSeed).fit(*model, data, {.folder = folder.path(), .resume = {}});
    load_model_state(last_checkpoint(folder.path()), *other);
    for (std::size_t i = 0; i < state_of(*model).size(); ++i)
      EXPECT_TRUE(same_bits(state_of(*model)[i].second, state_of(*other)[i].second))
          << state_of(*model)[i].first;
    const auto batch = data.test.range(0, 20);
    const auto condition = model->condition(batch);
    EXPECT_TRUE(
        same_bits(model->reconstruct(batch.inputs, condition), other->reconstruct(batch.inputs, condition)));
  });
}

TEST(EveryVariant, ResumesToTheSameBits) {
  int interrupted = 0;
  for_each_example<Autoencoder>([&](const Choice<Autoencoder>& example) {
    interrupted += check_resume(of_variant(example), few_digits_as(input_of(example), 128));
  });
  EXPECT_GT(interrupted, 0);
}

TEST(EveryOptimizer, ResumesToTheSameBits) {
  const auto data = few_digits(128);
  for_each_example<Optimizer>([&](const Choice<Optimizer>& example) {
    auto what = of_variant(any_trained());
    what.config.optimizer = example;
    EXPECT_TRUE(check_resume(what, data));
  });
}

TEST(EverySchedule, ResumesToTheSameBits) {
  const auto data = few_digits(128);
  for_each_example<ScheduleKind>([&](const Choice<ScheduleKind>& example) {
    auto what = of_variant(any_trained());
    auto optimizer = write_config(what.config.optimizer);
    optimizer["learning_rate"] = write_config(example);
    what.config.epochs = 8;  // long enough for the examples' lengths
    read_config(optimizer, what.config.optimizer, "test");
    EXPECT_TRUE(check_resume(what, data));
  });
}

TEST(EveryBackbone, ResumesToTheSameBits) { check_resume_of_every<Backbone>(); }

TEST(EveryBackbone, LowersTheLossOnRealData) {
  for_each_example<Backbone>([](const Choice<Backbone>& example) {
    const auto model = make_autoencoder({.backbone = example});
    const auto history =
        Trainer(quick(6), {without("progress")}, kSeed).fit(*model, few_digits_as(input_of(example), 320));
    EXPECT_LT(*find(history.epochs.back().metrics, "validation/loss"),
              *find(history.epochs.front().metrics, "validation/loss"));
  });
}

TEST(EveryCorruption, ResumesToTheSameBits) { check_resume_of_every<Corruption>(); }
TEST(EveryBottleneck, ResumesToTheSameBits) { check_resume_of_every<Bottleneck>(); }
TEST(EveryPrior, ResumesToTheSameBits) { check_resume_of_every<Prior>(); }
TEST(EveryPosterior, ResumesToTheSameBits) { check_resume_of_every<Posterior>(); }
TEST(EveryLikelihood, ResumesToTheSameBits) { check_resume_of_every<Likelihood>(); }
TEST(EveryBound, ResumesToTheSameBits) { check_resume_of_every<Bound>(); }
TEST(EveryPenalty, ResumesToTheSameBits) { check_resume_of_every<Penalty>(); }

TEST(EveryVariant, TrainsAlikeOnTwoThreads) {
  for_each_example<Autoencoder>([](const Choice<Autoencoder>& example) {
    const auto data = few_digits_as(input_of(example), 128);
    const auto trained = [&](std::int64_t threads) {
      auto config = quick(1);
      config.threads = threads;
      const auto model = make_variant(example);
      return Trainer(config, {without("progress")}, kSeed).fit(*model, data).epochs;
    };
    const auto one = trained(1), two = trained(2);
    trained(1);  // brings one thread back
    // Where codes are chosen from finitely many, last bits may choose another one.
    const bool chooses = make_variant(example)->parts().bottleneck.codebook_size() > 0;
    const double tolerance = chooses ? 0.02 : 1e-3;
    ASSERT_EQ(one.size(), two.size());
    for (std::size_t i = 0; i < one.size(); ++i)
      for (const auto& [name, value] : one[i].metrics)
        EXPECT_NEAR(*find(two[i].metrics, name), value, tolerance * std::max(1.0, std::abs(value))) << name;
  });
}

TEST(EveryCallback, ResumesToTheSameBitsAndFiles) {
  register_callback<InterruptAt>();
  for_each_example<Callback>([&](const Choice<Callback>& example) {
    testing::internal::CaptureStderr();  // what is shown is no part of this
    const auto variant = trained_with(example);
    auto what = of_variant(variant);
    what.callbacks = {{.callback = example}};
    EXPECT_TRUE(check_resume(what, few_digits_as(input_of(variant), 128)));
    testing::internal::GetCapturedStderr();
  });
}

TEST(EveryCallback, DoesWithoutAFolderOrSaysThatItNeedsOne) {
  for_each_example<Callback>([&](const Choice<Callback>& example) {
    const auto variant = trained_with(example);
    const auto data = few_digits_as(input_of(variant), 64);
    const auto model = make_variant(variant);
    const Trainer trainer(quick(1), {{.callback = example}}, kSeed);
    testing::internal::CaptureStderr();
    const auto message = message_of<Error>([&] { trainer.fit(*model, data); });
    testing::internal::GetCapturedStderr();
    EXPECT_SAYS(message, example.make()->needs_folder() ? "folder" : "nothing was thrown");
  });
}

}  // namespace
}  // namespace aelab
