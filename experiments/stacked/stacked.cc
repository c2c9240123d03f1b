// Measures the gain from pre-training on unlabeled images, by the number of labels: a network with three
// hidden layers is fine-tuned on that many labeled images, starting from the weights of a stack of denoising
// autoencoders or from random weights.

#include <ATen/ATen.h>

#include <cstdlib>

#include "aelab/core/random.h"
#include "experiments/study.h"

namespace {

using namespace aelab;

/// A stack without layer-wise pre-training: only the classifier network is trained, through the encoder.
class FineTuned : public Stacked {
 public:
  using Stacked::Stacked;
  std::vector<Phase> phases() override { return {Stacked::phases().back()}; }
};

Stacked::Config stack() {
  return {.layers = std::vector<Choice<Autoencoder>>(3, Denoising::Config{.base = {.code = 300}})};
}

void train(Autoencoder& model, const Split& data, std::int64_t epochs, std::int64_t seed) {
  const Trainer trainer({.epochs = epochs, .batch_size = 50, .threads = 1}, {}, seed);
  trainer.fit(model, data);
}

void copy_state(const Autoencoder& from, Autoencoder& to) {
  const at::NoGradGuard no_grad;
  std::map<std::string, Tensor> known;
  for (const auto& [name, tensor] : state_of(to)) known.emplace(name, tensor);
  for (const auto& [name, tensor] : state_of(from)) known.at(name).copy_(tensor);
}

/// The test error, between 0 and 1, of a network that is fine-tuned on the first `labels` rows of `order`.
double test_error(const Autoencoder* pretrained, const Split& all, const Tensor& order, std::int64_t labels,
                  std::int64_t epochs, std::int64_t seed) {
  auto config = stack();
  config.network = StackNetwork{};
  const auto model = std::make_shared<FineTuned>(config, Context(all.train.shape(), seed, /*classes=*/10));
  if (pretrained) copy_state(*pretrained, *model);
  const Split labeled{.train = all.train.subset(order.slice(0, 0, labels)),
                      .validation = {},  // not needed: no checkpoint is selected
                      .test = all.test};
  train(*model, labeled, epochs, seed);
  return 1 - *evaluate(*model, all.test, labeled, {Classification::Config{}}).front().value;
}

}  // namespace

/// stacked SEEDS IMAGES EPOCHS: pre-trains each layer on that many images for that many epochs.
int main(int arguments, char** argument) try {
  if (arguments != 4) throw Error("usage: stacked SEEDS IMAGES EPOCHS");
  const auto seeds = std::atoll(argument[1]), images = std::atoll(argument[2]),
             epochs = std::atoll(argument[3]);
  keep_freed_memory();
  const auto mnist = open_dataset("mnist");
  const std::pair<std::int64_t, std::int64_t> amounts[] = {{100, 100}, {1000, 50}, {10000, 20}, {50000, 10}};

  study::Table table("test error in %");
  for (std::int64_t seed = 1; seed <= seeds; ++seed) {
    auto split = mnist.split({.validation = 10000, .train = static_cast<double>(images)}, seed);
    split.validation = {};
    const auto layers = std::make_shared<Stacked>(stack(), Context(split.train.shape(), seed));
    train(*layers, split, epochs, seed);
    const auto order = at::randperm(images, random_generator(seed, "labels"), at::kLong);
    for (const auto& [labels, passes] : amounts) {
      if (labels > images) continue;
      const double random = 100 * test_error(nullptr, split, order, labels, passes, seed),
                   pretrained = 100 * test_error(layers.get(), split, order, labels, passes, seed);
      const auto row = std::to_string(labels) + " labels";
      table.add(row, "random", random);
      table.add(row, "pre-trained", pretrained);
      table.add(row, "gain", random - pretrained);
      std::fprintf(stderr, "seed %lld, %s: %.2f, pre-trained %.2f\n", static_cast<long long>(seed),
                   row.c_str(), random, pretrained);
    }
  }
  table.print();
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
