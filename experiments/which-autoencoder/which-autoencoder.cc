// The comparison of comparison.json as a program: six autoencoders with the same code size, five seeds.

#include <cstdio>

#include "aelab/aelab.h"

namespace {

using namespace aelab;

/// What all runs share: the data, the training and the metrics.
RunConfig run_of(Choice<Autoencoder> model) {
  RunConfig run;
  run.data.source = Choice<Source>::named("mnist");
  run.data.split = {.validation = 2000, .train = 10000};
  run.model.variant = std::move(model);
  run.training = {.batch_size = 64, .optimizer = Adam::Config{.learning_rate = 0.002}};
  run.evaluation = {Reconstruction::Config{},
                    Robustness::Config{.corruptions = {Masking::Config{.level = 0.25},
                                                       GaussianNoise::Config{.level = 0.25}}}};
  return run;
}

Convolutional::Config convolutional() {
  auto encoder = ConvolutionalBackbone::Config::lecture_encoder();
  encoder[4] = {.conv = 2};  // 2x4x4: also a 32-dimensional code
  return {.backbone = {.encoder = encoder}};
}

ComparisonConfig which_autoencoder() {
  const AutoencoderConfig layers = {
      .code = 32, .backbone = DenseBackbone::Config{.hidden = {128}, .activation = Activation::relu}};
  auto contractive = layers;  // with linear codes, like dense
  contractive.bottleneck = DeterministicBottleneck::Config{};
  auto denoising = contractive;
  denoising.corruption = Masking::Config{.level = 0.25};

  ComparisonConfig comparison{.name = "which-autoencoder-program", .seeds = {1, 2, 3, 4, 5}};
  comparison.add("pca", run_of(Pca::Config{.code = 32}));
  comparison.add("dense", run_of(Dense::Config{.base = {.code = 32}, .backbone = {.hidden = {128}}}));
  comparison.add("convolutional", run_of(convolutional()));
  comparison.add("denoising", run_of(Denoising::Config{.base = denoising}));
  comparison.add("sparse", run_of(Sparse::Config{.base = layers, .kl = {.weight = 0.1, .target = 0.1}}));
  comparison.add("contractive", run_of(Contractive::Config{.base = contractive, .weight = 0.1}));
  comparison.budget = ComparisonBudget{.epochs = 5};
  comparison.baseline = "dense";
  comparison.metric = "reconstruction/mse";
  return comparison;
}

}  // namespace

int main() try {
  keep_freed_memory();
  Comparison comparison(which_autoencoder());
  const StopSignals signals;
  if (const int signal = do_runs(comparison)) return exit_code(signal);
  const auto results = collect(comparison);
  write_results(comparison, results);
  write_report(comparison.folder());
  std::printf("%s\n%s", terminal_table(results).c_str(), terminal_verdict(results).c_str());
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
