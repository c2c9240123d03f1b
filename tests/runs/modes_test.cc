// Training mode and evaluation mode, which a user's dropout and batch normalization depend on.

#include <gtest/gtest.h>

#include "aelab/evaluation/metrics/reconstruction.h"
#include "aelab/models/denoising.h"
#include "aelab/models/stacked.h"
#include "aelab/nn/mode.h"
#include "aelab/training/checkpoint.h"
#include "tests/training/models.h"

namespace aelab {
namespace {

/// A dense encoder and decoder with batch normalization and dropout in between, as a user may write it.
class Regularized : public Backbone {
 public:
  struct Config {
    static constexpr std::string_view kind = "regularized-for-tests";
    static constexpr std::string_view summary = "batch normalization and dropout";
    void fields(Fields&) {}
    static std::vector<Config> examples() { return {{}}; }
  };

  Regularized(const Config&, const BackboneContext& context) : input_(context.input), code_(*context.code) {
    Initializer initializer(context.seed, "test");
    encoder_ = register_module(
        "encoder",
        std::make_shared<Affine>(elements(input_), code_, true, Initialization::glorot_uniform, initializer));
    decoder_ = register_module(
        "decoder",
        std::make_shared<Affine>(code_, elements(input_), true, Initialization::glorot_uniform, initializer));
    mean_ = register_buffer("mean", at::zeros({code_}));
    variance_ = register_buffer("variance", at::ones({code_}));
  }
  Tensor encode(const Tensor& x, const Step&) const override {
    const auto hidden = encoder_->forward(x.flatten(1), Activation::linear);
    const auto normal = at::batch_norm(hidden, {}, {}, mean_, variance_, is_training(), 0.1, 1e-5, false);
    return at::dropout(normal, 0.5, is_training());
  }
  Tensor decode(const Tensor& code, const Step&) const override {
    auto sizes = input_;
    sizes.insert(sizes.begin(), code.size(0));
    return decoder_->forward(code, Activation::linear).view(sizes);
  }
  Shape code_shape() const override { return {code_}; }
  std::vector<LayerOutline> layers() const override {
    return {{"encoder", "dense, batch normalization, dropout", {code_}, parameter_count(*encoder_)},
            {"decoder", "dense", input_, parameter_count(*decoder_)}};
  }

 private:
  Shape input_;
  std::int64_t code_;
  std::shared_ptr<Affine> encoder_, decoder_;
  Tensor mean_, variance_;
};

std::shared_ptr<Autoencoder> regularized() {
  if (!Backbone::registry().find(Regularized::Config::kind)) Backbone::registry().add<Regularized>();
  return std::make_shared<Autoencoder>(
      AutoencoderConfig{
          .code = 6, .backbone = Regularized::Config{}, .likelihood = GaussianLikelihood::Config{}},
      Context({1, 8, 8}, 1));
}

/// Notes the mode of the model at each event.
class Modes : public Callback {
 public:
  std::vector<std::pair<std::string, bool>> seen;
  void note(const std::string& event, Training& t) { seen.emplace_back(event, t.model.is_training()); }
  void start(Training& t) override { note("start", t); }
  void phase_begin(Training& t) override { note("phase_begin", t); }
  void batch_passed(Training& t, const Update&, const Batch&, const Pass&) override {
    note("batch_passed", t);
  }
  void epoch_end(Training& t) override { note("epoch_end", t); }
  void finish(Training& t) override { note("finish", t); }
};

TEST(Modes, AreTrainingInStepsAndEvaluationOtherwise) {
  for (const bool before : {true, false}) {
    const auto model = regularized();
    model->train(before);
    Trainer trainer(plain_sgd(0.01, 2));
    const auto modes = std::make_shared<Modes>();
    trainer.watch(modes);
    trainer.fit(*model, few_digits(64));
    EXPECT_EQ(modes->seen.size(), 2u + 4u + 2u + 1u);
    for (const auto& [event, training] : modes->seen) EXPECT_EQ(training, event == "batch_passed") << event;
    EXPECT_EQ(model->is_training(), before);
    EXPECT_EQ(model->parts().backbone.is_training(), before);
  }
}

TEST(Modes, ScopesRestoreEachModule) {
  const auto model = regularized();
  auto& backbone = const_cast<Backbone&>(model->parts().backbone);
  model->train();
  backbone.eval();  // a part that its user froze
  {
    const ModeScope evaluation(*model, false);
    EXPECT_FALSE(model->is_training());
    {
      const ModeScope training(*model, true);
      EXPECT_TRUE(backbone.is_training());
    }
    EXPECT_FALSE(backbone.is_training());
  }
  EXPECT_TRUE(model->is_training());
  EXPECT_FALSE(backbone.is_training());
  EXPECT_TRUE(model->parts().likelihood.is_training());
}

TEST(Modes, BatchNormalizationLearnsItsStatisticsInTraining) {
  const auto model = regularized();
  const auto data = few_digits(64);
  Trainer(plain_sgd(0, 40, 64)).fit(*model, data);
  // With weights that stay, the running mean of whole batches is that of the data.
  const auto buffers = model->named_buffers();
  const at::NoGradGuard no_grad;
  const auto parameters = model->named_parameters();
  const auto hidden = at::linear(data.train.range(0, 64).inputs.flatten(1),
                                 parameters["backbone.encoder.weight"], parameters["backbone.encoder.bias"]);
  EXPECT_TRUE(at::allclose(buffers["backbone.mean"], hidden.mean(0) * (1 - std::pow(0.9, 40)), 1e-3, 1e-4));
}

TEST(Modes, LayersBelowTheOneThatIsTrainedNeitherDropNorLearn) {
  regularized();  // makes its backbone known
  const auto layer = [](std::int64_t code, std::optional<Choice<Backbone>> backbone = {}) {
    return Choice<Autoencoder>(Denoising::Config{
        .base = {.code = code, .backbone = std::move(backbone), .likelihood = GaussianLikelihood::Config{}}});
  };
  Stacked model({.layers = {layer(6, Regularized::Config{}), layer(4)}}, Context({1, 8, 8}, 1));
  const auto below = model.layers().front();
  shake(*below, 0.5);
  const auto batch = few_digits(64).train.range(0, 64);
  const auto clean = [&] {
    const ModeScope evaluation(*below, /*training=*/false);
    return below->encode(batch.inputs);
  };
  const auto expected = clean();
  const ModeScope training(model, /*training=*/true);
  Pass pass;
  model.phases()[1].updates.front().objective(batch, Step{.training = true}, pass);
  EXPECT_TRUE(same_bits(pass.target, expected));
  EXPECT_TRUE(same_bits(clean(), expected)) << "the running statistics are what they were";
  EXPECT_TRUE(below->is_training());
}

TEST(Modes, MeasuringNeitherDropsNorLearns) {
  const auto model = regularized();
  const auto data = few_digits(64);
  Trainer(plain_sgd(0.01, 2)).fit(*model, data);
  model->train();  // as a user may leave it
  const auto before = state_of(*model);
  std::vector<Tensor> kept;
  for (const auto& item : before) kept.push_back(item.second.detach().clone());
  const auto first = evaluate(*model, data.test, data, {Reconstruction::Config{}}),
             second = evaluate(*model, data.test, data, {Reconstruction::Config{}});
  EXPECT_EQ(first.front().value, second.front().value);
  for (std::size_t i = 0; i < kept.size(); ++i)
    EXPECT_TRUE(same_bits(kept[i], before[i].second)) << before[i].first;
  // The same as with evaluation mode set by hand.
  model->eval();
  const at::NoGradGuard no_grad;
  const auto x = data.test.range(0, data.test.size()).inputs;
  EXPECT_NEAR(*first.front().value, (model->reconstruct(x) - x).square().mean().item<double>(), 1e-6);
}

TEST(Modes, DropoutIsAFunctionOfThePositionSoThatRunsResumeToTheSameBits) {
  const auto data = few_digits(96);
  const auto train = [&](std::int64_t noise, std::optional<std::int64_t> stop_at) {
    const TemporaryFolder folder;
    const auto model = regularized();
    const std::vector<CallbackConfig> callbacks = {checkpoint_every_step()};
    for (std::int64_t i = 0; i < noise; ++i) at::rand({3});  // the default generator is somewhere else
    if (stop_at) {
      auto interrupted = callbacks;
      interrupted.push_back(interrupt_at(*stop_at));
      const Interruptible interruptible;
      Trainer(plain_sgd(0.05, 3), interrupted, 7).fit(*model, data, {folder.path(), {}});
    }
    const auto resumed = regularized();
    Place place{.folder = folder.path(), .resume = {}, .run = {}, .notes = {}};
    if (stop_at) place.resume = folder / "checkpoints/last.safetensors";
    Trainer(plain_sgd(0.05, 3), callbacks, 7).fit(*resumed, data, place);
    return resumed;
  };
  const auto whole = train(0, {});
  EXPECT_TRUE(same_state(*whole, *train(5, {})));
  EXPECT_TRUE(same_state(*whole, *train(2, 4)));
}

TEST(Modes, TheDefaultGeneratorIsLeftAsItWas) {
  at::manual_seed(3);
  const auto expected = at::rand({4});
  at::manual_seed(3);
  Trainer(plain_sgd(0.01, 1)).fit(*regularized(), few_digits(64));
  EXPECT_TRUE(at::equal(at::rand({4}), expected));
}

}  // namespace
}  // namespace aelab
