// A trained model, used without its training data.

#include "aelab/runs/trained_model.h"

#include <ATen/ATen.h>

#include <atomic>
#include <thread>

#include "aelab/classifiers/logistic_regression.h"
#include "aelab/core/files.h"
#include "aelab/data/sources.h"
#include "aelab/data/transforms.h"
#include "aelab/models/convolutional.h"
#include "aelab/models/dense.h"
#include "aelab/models/pca.h"
#include "aelab/models/stacked.h"
#include "aelab/runs/trained_run.h"
#include "aelab/training/callbacks/save_checkpoint.h"
#include "tests/torch_support.h"

namespace aelab {
namespace {

constexpr std::int64_t kRows = 60, kColumns = 4;

/// Correlated values of different sizes, so that every transform matters.
Tensor raw_rows(std::int64_t seed = 3) {
  auto random = fixed_generator(seed);
  const auto mixed = at::empty({kRows, kColumns})
                         .normal_(0, 1, random)
                         .matmul(at::tensor({1.f, 2.f, 0.f, 30.f, 0.f, 1.f, 5.f, -20.f, 0.f, 0.f, 3.f, 10.f,
                                             0.f, 0.f, 0.f, 7.f})
                                     .view({4, 4}));
  return mixed + at::tensor({5.f, -100.f, 0.5f, 1000.f});
}

void write_table(const std::filesystem::path& path, const Tensor& rows) {
  std::string text = "width,height,depth,weight,species\n";
  for (std::int64_t i = 0; i < rows.size(0); ++i) {
    for (std::int64_t j = 0; j < rows.size(1); ++j) text += std::to_string(rows[i][j].item<float>()) + ",";
    text += i % 2 ? "setosa\n" : "virginica\n";
  }
  put_file(path, text);
}

struct OpenModel : testing::Test {
  TemporaryFolder temporary;

  RunConfig config_of(Choice<Autoencoder> variant, std::vector<Choice<Transform>> transforms) const {
    const auto table = temporary / "table.csv";
    write_table(table, raw_rows());
    RunConfig config;
    config.name = "measured";
    config.output = temporary.path();
    config.data.source = Csv::Config{.files = {table.string()}, .label = "species"};
    config.data.split.transforms = std::move(transforms);
    config.model.variant = std::move(variant);
    config.training.epochs = 3;
    config.training.batch_size = 16;
    return config;
  }
  /// The folder of a run, and what its own data look like in it.
  std::filesystem::path trained(Choice<Autoencoder> variant,
                                std::vector<Choice<Transform>> transforms) const {
    return run(config_of(std::move(variant), std::move(transforms)), {.quiet = true}).folder;
  }
};

Dense::Config small_net() { return {.base = {.code = 2}, .backbone = {.hidden = {6}}}; }

TEST_F(OpenModel, GivesTheCodesOfTheRunWithoutItsData) {
  const auto folder = trained(small_net(), {StandardizeTransform::Config{}, WhitenTransform::Config{}});
  const auto own = load_trained_run(folder);
  const auto batch = own.data.test.range(0, own.data.test.size());
  const auto codes = own.network().encode(batch.inputs), changed = own.network().reconstruct(batch.inputs);
  std::filesystem::remove(temporary / "table.csv");

  const auto raw = raw_rows().index_select(0, batch.rows);
  for (const auto& path : {folder, folder / "checkpoints/best.safetensors"}) {
    const auto model = open_model(path);
    EXPECT_TRUE(at::allclose(model.encode(raw), codes, 1e-4, 1e-5)) << path;
    EXPECT_FALSE(at::allclose(model.network()->encode(raw), codes, 1e-2, 1e-2))
        << "transforms do nothing here";
    EXPECT_TRUE(
        at::allclose(model.score(raw), (batch.inputs - changed).square().sum(1).to(at::kDouble), 1e-3));
    EXPECT_EQ(model.input().columns, (std::vector<std::string>{"width", "height", "depth", "weight"}));
    EXPECT_EQ(model.input().class_names, (std::vector<std::string>{"setosa", "virginica"}));
    EXPECT_EQ(model.input().label, "species");
  }
}

TEST_F(OpenModel, ComputesWithTheKernelsOfItsTraining) {
  // Whatever the calling thread computes with: those of this machine's rule have other last bits.
  const Kernels by_libtorch = {.linear = LinearKernel::libtorch,
                               .convolution = DirectKernel::libtorch,
                               .cross_entropy = DirectKernel::libtorch};
  auto config = config_of(Convolutional::Config{}, {});
  config.data = {.source = Choice<Source>::named("digits")};
  config.training.kernels = by_libtorch;
  config.training.epochs = 1;
  const auto folder = run(config, {.quiet = true}).folder;
  const auto images = few_digits().train.range(0, 100).inputs;
  for (const auto& path : {folder, folder / "checkpoints/last.safetensors"}) {
    const auto model = open_model(path);
    EXPECT_EQ(model.kernels(), by_libtorch);
    const std::pair<const char*, std::function<Tensor()>> uses[] = {
        {"encode", [&] { return model.encode(images); }},
        {"decode", [&] { return model.decode(model.encode(images)); }},
        {"reconstruct", [&] { return model.reconstruct(images); }},
        {"score", [&] { return model.score(images); }}};
    const auto used = [&](const Tensor& x) { return model.network()->encode(x); };
    Tensor codes, by_rule;
    {
      const at::NoGradGuard no_grad;
      const auto compute = model.compute();
      EXPECT_EQ(kernels(), by_libtorch);
      codes = used(images);
    }
    {
      const at::NoGradGuard no_grad;
      by_rule = used(images);
    }
    ASSERT_TRUE(kernels().convolution == DirectKernel::libtorch || !same_bits(codes, by_rule))
        << "nothing is told apart here";
    EXPECT_TRUE(same_bits(model.encode(images), codes));
    for (const auto& [name, use] : uses) {
      const auto outside = use();
      EXPECT_FALSE(outside.requires_grad()) << name;
      const auto compute = model.compute();
      EXPECT_TRUE(same_bits(use(), outside)) << name;
    }
  }
}

TEST_F(OpenModel, EvaluatesDropoutAndBatchNormalization) {
  auto net = small_net();
  net.backbone.regularization = {.normalization = Normalize::batch, .dropout = 0.5};
  const auto model = open_model(trained(net, {StandardizeTransform::Config{}}));
  const auto raw = raw_rows();
  const auto codes = model.encode(raw);
  EXPECT_TRUE(same_bits(model.encode(raw), codes));
  EXPECT_TRUE(at::allclose(model.encode(raw.slice(0, 7, 9)), codes.slice(0, 7, 9), 1e-4, 1e-5))
      << "a row's code depends on other rows";
  EXPECT_FALSE(model.network()->is_training());
}

TEST_F(OpenModel, ReconstructsInTheUnitsOfTheSource) {
  // With as many components as features, principal components give each row back.
  const auto folder = trained(Pca::Config{.code = kColumns},
                              {StandardizeTransform::Config{}, WhitenTransform::Config{.epsilon = 0}});
  const auto model = open_model(folder, Which::last);
  const auto raw = raw_rows(/*seed=*/8);
  EXPECT_TRUE(at::allclose(model.reconstruct(raw), raw, 1e-3, 1e-2));
  EXPECT_TRUE(same_bits(model.decode(model.encode(raw)), model.reconstruct(raw)));
  EXPECT_LT(model.score(raw).max().item<double>(), 1e-6);
}

TEST_F(OpenModel, LeavesItsArgumentsAsTheyAre) {
  const auto model = open_model(trained(small_net(), {StandardizeTransform::Config{}}));
  const auto raw = raw_rows(), kept = raw.clone();
  model.encode(raw);
  EXPECT_TRUE(same_bits(raw, kept));
  EXPECT_TRUE(same_bits(model.encode(raw.to(at::kDouble)), model.encode(raw)));
}

TEST_F(OpenModel, Classifies) {
  auto layer = small_net();
  const auto folder = trained(
      Stacked::Config{.layers = {layer}, .classifier = Choice<Classifier>(LogisticRegression::Config{})},
      {StandardizeTransform::Config{}});
  const auto model = open_model(folder);
  const auto raw = raw_rows();
  const auto classes = model.classify(raw);
  EXPECT_EQ(classes.sizes(), at::IntArrayRef({kRows}));
  EXPECT_TRUE(same_bits(classes, model.network()->classify(model.prepare(raw))));
  EXPECT_SAYS(message_of<Error>([&] { open_model(trained(small_net(), {})).classify(raw); }),
              "no classifier");
}

TEST_F(OpenModel, IsUsedByManyThreadsAndNextToOthers) {
  // Each with kernels of its own; what they compute in turn, they compute side by side.
  auto by_libtorch = config_of(small_net(), {WhitenTransform::Config{}});
  by_libtorch.training.kernels.linear = LinearKernel::libtorch;
  auto pictures = by_libtorch;
  pictures.data = {.source = Choice<Source>::named("digits")};
  pictures.model.variant = Convolutional::Config{};
  const auto first = open_model(run(by_libtorch, {.quiet = true}).folder),
             second = open_model(run(pictures, {.quiet = true}).folder);
  const auto raw = raw_rows(), images = few_digits().train.range(0, 100).inputs;
  const auto codes = first.encode(raw), features = second.encode(images), given_back = first.reconstruct(raw);
  const auto before = kernels();
  constexpr int kThreads = 4, kTimes = 25;
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t)
    threads.emplace_back([&, t] {
      const Compute compute(1);
      for (int i = 0; i < kTimes; ++i) {
        const bool same = t % 2 ? at::allclose(second.encode(images), features, 1e-5, 1e-6)
                                : at::allclose(first.encode(raw), codes, 1e-5, 1e-6) &&
                                      at::allclose(first.reconstruct(raw), given_back, 1e-5, 1e-4);
        wrong += same ? 0 : 1;
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(kernels(), before);
}

TEST_F(OpenModel, RefusesValuesThatAreNotFinite) {
  const auto model = open_model(trained(small_net(), {StandardizeTransform::Config{}}));
  const std::pair<const char*, std::function<void(const Tensor&)>> uses[] = {
      {"encode", [&](const Tensor& rows) { model.encode(rows); }},
      {"reconstruct", [&](const Tensor& rows) { model.reconstruct(rows); }},
      {"score", [&](const Tensor& rows) { model.score(rows); }}};
  for (const double value : {std::nan(""), std::numeric_limits<double>::infinity(), -1e300})
    for (const auto& [name, use] : uses) {
      auto raw = raw_rows().to(at::kDouble);
      raw[7][2] = value;
      EXPECT_SAYS(message_of<Error>([&, &act = use] { act(raw); }),
                  "the rows have NaN or infinite values: row 7, value 2")
          << name;
    }
  auto codes = model.encode(raw_rows()).clone();
  codes[4][1] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_SAYS(message_of<Error>([&] { model.decode(codes); }),
              "the codes have NaN or infinite values: row 4, value 1");
  EXPECT_EQ(model.encode(raw_rows().slice(0, 0, 0)).size(0), 0);
}

TEST_F(OpenModel, RefusesWhatIsNoModelOrNoInput) {
  const auto folder = trained(small_net(), {});
  const auto model = open_model(folder);
  EXPECT_SAYS(message_of<Error>([&] {
                model.encode(at::zeros({3, 5}));
              }),
              "has 5 columns, the model was trained on 4");
  EXPECT_SAYS(message_of<Error>([&] {
                model.encode(at::zeros({3, 2, 2}));
              }),
              "have shape [2, 2], the model was trained on [4]");
  const auto white =
      open_model(trained(small_net(), {WhitenTransform::Config{.method = Whitening::pca, .components = 3}}));
  EXPECT_SAYS(message_of<Error>([&] {
                white.encode(at::zeros({3, 2}));  // which the transform cannot take, either
              }),
              "has 2 columns, the model was trained on 4");
  EXPECT_SAYS(message_of<Error>([&] { model.encode(at::scalar_tensor(1)); }), "a single value");
  EXPECT_SAYS(message_of<Error>([&] {
                model.decode(at::zeros({3, 7}));
              }),
              "codes must have the shape [batch, 2]");
  EXPECT_SAYS(message_of<Error>([&] { open_model(temporary / "nothing"); }), "nothing");
  EXPECT_SAYS(message_of<Error>([&] { open_model(temporary.path()); }), "is not a run folder");
  const auto path = temporary / "other.safetensors";
  write_safetensors(path, {}, {});
  EXPECT_SAYS(message_of<Error>([&] { open_model(path); }), "is not a checkpoint of aelab");
  const auto best = read_file(folder / "checkpoints/best.safetensors");
  put_file(path, best.substr(0, best.size() / 2));
  EXPECT_SAYS(message_of<Error>([&] { open_model(path); }), path.string());
}

TEST_F(OpenModel, AsksForTheRunOfACheckpoint) {
  const auto split = few_digits();
  const auto model = std::make_shared<Dense>(small_net(), split);
  Trainer({.epochs = 1}, {{.callback = SaveCheckpoint::Config{}}})
      .fit(*model, split, {.folder = temporary.path()});
  EXPECT_SAYS(message_of<Error>([&] { open_model(temporary / "checkpoints/last.safetensors"); }),
              "does not say which run it is of");
}

}  // namespace
}  // namespace aelab
