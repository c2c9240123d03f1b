#include "aelab/evaluation/metrics/likelihood.h"

#include <ATen/ATen.h>

#include <cmath>

#include "aelab/evaluation/importance_weights.h"

namespace aelab {
namespace {

constexpr std::int64_t kCodesInAPass = 100;                            // of a row; numbers depend on it
constexpr std::int64_t kDecodedNumbersAtOnce = std::int64_t{1} << 22;  // only the memory depends on it

}  // namespace

void LikelihoodEstimate::Config::fields(Fields& f) {
  f("samples", samples, "number of codes that are drawn of each row", between(1, 10'000'000))
      .also_known_as({"k", "K", "n_samples", "num_samples", "importance_samples", "n_importance_samples"});
  f("rows", rows, "maximum number of rows: the first ones are measured; default: all", at_least(1));
  f("seed", seed, "of the codes", at_least(0)).also_known_as({"random_state"});
}

std::vector<Measure> LikelihoodEstimate::measures() const {
  const auto samples = std::to_string(config_.samples);
  const auto rows = config_.rows ? "mean over the first " + std::to_string(*config_.rows) + " rows"
                                 : std::string("mean over rows");
  const auto applies =
      "; only for codes with a density, and where the likelihood is a distribution of the rows: a Bernoulli "
      "distribution is one of 0 and 1 alone";
  return {
      {"likelihood/elbo",
       "evidence lower bound of log p(x) in nats, all constants included: log p(x | z) + log p(z) - log q(z "
       "| "
       "x), mean over " +
           samples + " codes z drawn of each row, and " + rows + applies,
       Direction::higher},
      {"likelihood/nll",
       "-log p(x) in nats, all constants included, by importance sampling: minus the log of the mean, over " +
           samples + " codes z drawn from q(z | x), of p(x | z) p(z) / q(z | x); " + rows +
           "; at least the true value in expectation" + applies,
       Direction::lower},
      {"likelihood/bits_per_dimension",
       "likelihood/nll over (number of features x ln 2), of the model's inputs as they are: add 8 for 8-bit "
       "values that were dequantized and scaled to [0, 1]",
       Direction::lower},
      {"likelihood/nll_sampling_error",
       "standard error of likelihood/nll by the drawn codes alone, for this model and these rows: by the "
       "delta method, from the variance of each row's importance weights; differences between seeds and "
       "between rows are not in it; too small where likelihood/effective_samples is near 1",
       Direction::lower},
      {"likelihood/effective_samples",
       "effective sample size of the importance sampling, (sum w)^2 / sum w^2 over a row's " + samples +
           " weights w, " + rows,
       Direction::higher},
  };
}

void LikelihoodEstimate::begin(const Autoencoder& model, const Split&) {
  model_ = &model;
  const auto& bottleneck = model.parts().bottleneck;
  has_density_ = bottleneck.has_density() && bottleneck.samples_codes();
}

Tensor LikelihoodEstimate::log_weights(const Tensor& x, const Tensor& condition) const {
  const auto rows = encoded_rows(*model_, x, condition);
  std::vector<Tensor> passes;
  for (std::int64_t begin = 0; begin < config_.samples; begin += kCodesInAPass) {
    const Step step{.at = {.epoch = static_cast<std::int64_t>(passes.size())},
                    .seed = config_.seed,
                    .scope = "likelihood/",
                    .rows = at::arange(rows_, rows_ + x.size(0), at::kLong)};
    const auto count = std::min(kCodesInAPass, config_.samples - begin);
    passes.push_back(log_importance_weights(*model_, rows, count, step));
  }
  return at::cat(passes, 1);
}

void LikelihoodEstimate::add(const Observation& observation) {
  if (!has_density_ || !is_distribution_) return;
  auto x = observation.inputs();
  if (config_.rows) x = x.slice(0, 0, *config_.rows - rows_);
  if (x.size(0) == 0) return;
  is_distribution_ = model_->parts().likelihood.is_distribution_of(observation.target);
  if (!is_distribution_) return;
  const auto numbers = std::max(elements(model_->input_shape()), elements(model_->code_shape()));
  const auto codes = std::min(kCodesInAPass, config_.samples);
  const auto k = static_cast<double>(config_.samples);
  const auto sum = [](const Tensor& rows) { return rows.sum().item<double>(); };
  const auto condition = model_->condition(observation.inputs(), observation.labels);
  const auto at_once = std::max<std::int64_t>(1, kDecodedNumbersAtOnce / (codes * numbers));
  for (std::int64_t begin = 0; begin < x.size(0); begin += at_once) {
    const auto end = std::min(begin + at_once, x.size(0));
    const auto some = x.slice(0, begin, end);
    const auto weights = log_weights(some, condition.defined() ? condition.slice(0, begin, end) : Tensor());
    const auto log_sum = weights.logsumexp(1);
    const auto share = ((2 * weights).logsumexp(1) - 2 * log_sum).exp();  // sum w^2 / (sum w)^2
    bound_ += sum(weights.mean(1));
    log_likelihood_ += sum(log_sum) - static_cast<double>(some.size(0)) * std::log(k);
    if (config_.samples > 1) variance_ += sum((share - 1 / k).clamp_min(0)) * k / (k - 1);
    effective_ += sum(1 / share);
    rows_ += some.size(0);
  }
}

std::vector<std::optional<double>> LikelihoodEstimate::values() const {
  std::vector<std::optional<double>> values(5);
  if (!has_density_ || !is_distribution_ || rows_ == 0) return values;
  const auto rows = static_cast<double>(rows_);
  const double nll = -log_likelihood_ / rows;
  values = {bound_ / rows, nll, nll / (static_cast<double>(elements(model_->target_shape())) * std::log(2.)),
            std::sqrt(variance_) / rows, effective_ / rows};
  if (config_.samples == 1) values[3].reset();
  for (auto& value : values)
    if (value && !std::isfinite(*value)) value.reset();
  return values;
}

std::vector<std::string> LikelihoodEstimate::cautions() const {
  if (!has_density_ || is_distribution_) return {};
  return {
      "likelihood: not measured, as the likelihood \"" + model_->config().likelihood->kind() +
      "\" is not a distribution of these rows: its cross-entropy of values between 0 and 1 trains a model, "
      "but is not a log-likelihood, and losses are no bounds of one. List {\"kind\": \"binarize\", "
      "\"how\": \"dynamic\"} under data.transforms, or choose another likelihood"};
}

}  // namespace aelab
