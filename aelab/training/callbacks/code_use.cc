#include "aelab/training/callbacks/code_use.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "aelab/training/informing_file.h"

namespace aelab {

namespace {

constexpr std::int64_t kMostDimensions = 4096;

double six_digits(double value) { return std::stod(fmt::format("{:.6g}", value)); }

/// Null where not finite.
nlohmann::json recorded(const Tensor& values) {
  const auto flat = values.to(at::kCPU, at::kDouble).contiguous();
  auto list = nlohmann::json::array();
  for (std::int64_t i = 0; i < flat.numel(); ++i)
    list.push_back(six_digits(flat.const_data_ptr<double>()[i]));
  return list;
}

}  // namespace

GrowingFile& CodeUse::file(Training& training) {
  if (!file_) file_.emplace(open_informing_file(training, "code_use.jsonl", keep_));
  return *file_;
}

void CodeUse::start(Training& training) {
  if (keep_.length > 0) file(training);
  const at::NoGradGuard no_grad;
  is_dictionary_ = training.model.parts().backbone.dictionary().vectors.defined();
}

void CodeUse::validated(Training& training, const Update& update, const Pass& pass) {
  const auto& phase = training.phase();
  if (phase.of_part || &update != &phase.main() || !pass.pre_code.defined()) return;
  const auto& bottleneck = training.model.parts().bottleneck;
  const auto* prior = bottleneck.prior();
  if (const auto size = bottleneck.codebook_size(); size > 0)
    vectors_.add(pass.extras.at("indices"), size);
  else if (bottleneck.is_gaussian() && prior && elements(training.model.code_shape()) <= kMostDimensions)
    dimensions_.add(bottleneck.gaussian(pass.pre_code), *prior);
  else if (is_dictionary_)
    elements_.add(pass);
}

void CodeUse::add_dictionary(const Autoencoder& model, nlohmann::ordered_json& line) const {
  if (elements_.any_zero()) {
    line["latents"] = elements_.elements();
    line["silent"] = elements_.silent();
  }
  const auto parts = model.parts();
  if (const auto limit = model.dead_after()) {
    line["dead"] = (parts.silent_rows >= *limit).sum().item<std::int64_t>();
    line["dead_after"] = *limit;
  }
  if (const auto threshold = parts.bottleneck.threshold(); threshold.defined() && threshold.dim() == 0)
    line["threshold"] = six_digits(threshold.item<double>());
}

void CodeUse::epoch_end(Training& training) {
  const auto& progress = training.progress;
  nlohmann::ordered_json line = {
      {"epoch", progress.epoch}, {"step", progress.step}, {"phase", training.phase().name}};
  const auto before = line.size();
  if (const auto divergence = dimensions_.divergence(); divergence.defined())
    line["divergences"] = recorded(divergence);
  if (!vectors_.empty()) {
    line["perplexity"] = six_digits(vectors_.perplexity());
    line["used"] = six_digits(vectors_.used());
  }
  if (is_dictionary_ && !training.phase().of_part) add_dictionary(training.model, line);
  dimensions_ = {};
  vectors_ = {};
  elements_ = {};
  if (line.size() > before) file(training).append(line.dump() + "\n");
}

nlohmann::json CodeUse::save() const { return (file_ ? file_->mark() : keep_).save(); }

void CodeUse::load(const nlohmann::json& saved) { keep_ = GrowingFile::Mark::load(saved); }

}  // namespace aelab
