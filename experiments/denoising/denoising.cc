// The residual of a denoising reconstruction, divided by the variance of the noise, estimates the score of
// the data, the gradient of their log density (Alain & Bengio 2014): r(x) - x = sigma^2 score(x) for the
// optimal r. Here the data are a mixture of three Gaussians in the plane, whose score is known with and
// without the noise. A contractive reconstruction, trained without noise, estimates the same score if the
// weight of its penalty is half the variance of that noise.

#include <ATen/ATen.h>

#include <torch/csrc/autograd/autograd.h>

#include <cmath>
#include <cstdlib>

#include "aelab/core/random.h"
#include "experiments/study.h"

namespace {

using namespace aelab;

/// ||d r / d x||_F^2 of the reconstruction r, with one backward pass per input dimension: the penalty of
/// Alain & Bengio, on the whole autoencoder instead of its encoder. It supports the gaussian likelihood and
/// inputs of shape [batch, features].
class ReconstructionContractive : public Penalty {
 public:
  struct Config {
    static constexpr std::string_view kind = "reconstruction-contractive";
    static constexpr std::string_view summary = "the squared norm of the Jacobian of the reconstruction";
    Schedule weight = 0.1;
    void fields(Fields& f) { f("weight", weight, "weight of the penalty in the objective", at_least(0)); }
    static std::vector<Config> examples() { return {{}}; }
  };

  explicit ReconstructionContractive(const Config& config) : weight_(config.weight) {}
  bool needs_input_gradient(const Parts&) const override { return true; }
  const Schedule& weight() const override { return weight_; }
  Tensor value(const Pass& pass, const Parts&, const Step&) const override {
    std::vector<Tensor> rows;
    for (std::int64_t i = 0; i < pass.output.size(1); ++i)
      rows.push_back(torch::autograd::grad({pass.output.select(1, i).sum()}, {pass.input}, {}, true,
                                           /*create_graph=*/true)[0]);
    return at::stack(rows, 1).square().sum({1, 2});
  }

 private:
  Schedule weight_;
};

/// A mixture of three isotropic Gaussians with equal weights and with centers on the unit circle.
struct Mixture {
  static constexpr double kDeviation = 0.3;
  Tensor centers;  // [3, 2]

  Mixture() {
    const auto angles = at::arange(3, at::kFloat) * (2 * M_PI / 3);
    centers = at::stack({angles.cos(), angles.sin()}, 1);
  }
  Tensor draw(std::int64_t rows, at::Generator random) const {
    const auto which = at::randint(3, {rows}, random, at::kLong);
    return centers.index_select(0, which) + kDeviation * at::randn({rows, 2}, random);
  }
  /// The gradient of the log density at x, with added noise of standard deviation sigma: [rows, 2].
  Tensor score(const Tensor& x, double sigma) const {
    const double variance = kDeviation * kDeviation + sigma * sigma;
    const auto to_centers = centers.unsqueeze(0) - x.unsqueeze(1);  // [rows, 3, 2]
    const auto weights = (to_centers.square().sum(2) / (-2 * variance)).softmax(1);
    return (weights.unsqueeze(2) * to_centers).sum(1) / variance;
  }
};

std::shared_ptr<Autoencoder> make(bool denoising, double sigma, std::int64_t seed) {
  Dense::Config config{.base = {.code = 64,
                                .bottleneck = DeterministicBottleneck::Config{.activation = Activation::tanh},
                                .likelihood = GaussianLikelihood::Config{}},
                       .backbone = {.hidden = {64}, .activation = Activation::tanh}};
  if (denoising)
    config.base.corruption = GaussianNoise::Config{.level = sigma};
  else  // for small noise, it adds sigma^2 / 2 times this penalty to half the squared error
    config.base.penalties = {{ReconstructionContractive::Config{.weight = sigma * sigma / 2}}};
  return std::make_shared<Dense>(config, Context({2}, seed));
}

/// Adds the agreement of an estimate with the score, both [rows, 2], to the table.
void add(const Tensor& estimate, const Tensor& score, const std::string& row, const std::string& whose,
         study::Table& table) {
  table.add(row, "cosine, " + whose, at::cosine_similarity(estimate, score).mean().item<double>());
  table.add(row, "error, " + whose,
            ((estimate - score).square().sum() / score.square().sum()).item<double>());
}

}  // namespace

/// denoising SEEDS EPOCHS
int main(int arguments, char** argument) try {
  if (arguments != 3) throw Error("usage: denoising SEEDS EPOCHS");
  const auto seeds = std::atoll(argument[1]), epochs = std::atoll(argument[2]);
  keep_freed_memory();
  Penalty::registry().add<ReconstructionContractive>();
  const Mixture mixture;

  // compares (r(x) - x) / sigma^2 with the score at 2,000 points of the data
  study::Table table("residual and score");
  for (const double sigma : {0.1, 0.2, 0.4})
    for (const bool denoising : {true, false}) {
      char row[32];
      std::snprintf(row, sizeof row, "%s, sigma %.1f", denoising ? "denoising" : "contractive", sigma);
      for (std::int64_t seed = 1; seed <= seeds; ++seed) {
        Data data{.name = "mixture",
                  .train = Dataset::from_tensors(mixture.draw(10000, random_generator(seed, "train")))};
        const auto model = make(denoising, sigma, seed);
        const Trainer trainer(
            {.epochs = epochs,
             .batch_size = 100,
             .optimizer = Adam::Config{.learning_rate = CosineSchedule::Config{.from = 0.003, .to = 0}},
             .threads = 1},
            {}, seed);
        trainer.fit(*model, data.split({.validation = 1000, .test = 0}, seed));

        const c10::InferenceMode inference;
        const auto x = mixture.draw(2000, random_generator(seed, "test"));
        const auto estimate = (model->reconstruct(x) - x) / (sigma * sigma);
        add(estimate, mixture.score(x, sigma), row, "noisy data", table);
        add(estimate, mixture.score(x, 0), row, "data", table);
      }
    }
  table.print();
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
