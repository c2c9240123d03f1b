#include "aelab/evaluation/metrics/robustness.h"

#include <ATen/ATen.h>

#include <nlohmann/json.hpp>
#include <set>

#include "aelab/core/config.h"
#include "aelab/core/text.h"
#include "aelab/nn/corruptions.h"

namespace aelab {
namespace {

/// The kind, its numbers, and what is switched on: "masking-0.25", "gaussian-0.5-clip".
std::string name_of(const Choice<Corruption>& corruption) {
  const auto config = write_config(corruption);
  auto name = corruption.kind();
  for (const auto& item : config.items())
    if (item.value().is_number()) name += "-" + shortest(item.value().get<double>());
  for (const auto& item : config.items())
    if (item.value().is_boolean() && item.value().get<bool>()) name += "-" + item.key();
  return name;
}

bool have_distinct_names(const std::vector<Choice<Corruption>>& corruptions) {
  std::set<std::string> names;
  for (const auto& corruption : corruptions)
    if (!corruption.empty() && !names.insert(name_of(corruption)).second) return false;
  return true;
}

}  // namespace

std::vector<Choice<Corruption>> Robustness::Config::usual() {
  return {Masking::Config{.level = 0.25},       Masking::Config{.level = 0.5},
          GaussianNoise::Config{.level = 0.25}, GaussianNoise::Config{.level = 0.5},
          SaltAndPepper::Config{.level = 0.1},  SaltAndPepper::Config{.level = 0.25}};
}

void Robustness::Config::fields(Fields& f) {
  f("corruptions", corruptions, "corruptions, each measured separately");
  f.require(!corruptions.empty(), "corruptions", "must list at least one corruption");
  f.require(have_distinct_names(corruptions), "corruptions", "lists the same corruption twice");
}

Robustness::Robustness(const Config& config) {
  for (const auto& corruption : config.corruptions)
    levels_.push_back({.name = name_of(corruption), .corruption = corruption.make()});
}

std::vector<Measure> Robustness::measures() const {
  std::vector<Measure> measures;
  for (const auto& level : levels_)
    measures.push_back({"robustness/" + level.name,
                        "squared error, summed over features, mean over samples, of the reconstruction from "
                        "a noisy input against the clean one",
                        Direction::lower});
  for (const auto& level : levels_)
    measures.push_back({"code_robustness/" + level.name,
                        "|code of the noisy input - code| / |code|, mean over samples whose code is not zero",
                        Direction::lower});
  return measures;
}

void Robustness::begin(const Autoencoder& model, const Split&) { model_ = &model; }

void Robustness::add(const Observation& observation) {
  const auto& clean = observation.inputs();
  const Step step{.rows = at::arange(rows_, rows_ + clean.size(0), at::kLong)};
  const auto code = observation.code.flatten(1);
  const auto length = code.norm(2, 1);
  const auto coded = length > 0;
  for (auto& level : levels_) {
    const auto noisy = level.corruption->corrupt(clean, step);
    const auto condition = model_->condition(noisy, observation.labels);
    const auto noisy_code = model_->encode(noisy, condition);
    const auto change = (noisy_code.flatten(1) - code).norm(2, 1) / length;
    level.change += change.masked_select(coded).sum(at::kDouble).item<double>();
    if (!model_->reconstructs()) continue;
    const auto error = model_->decode(noisy_code, condition) - observation.target;
    level.squared_error += error.square().sum(at::kDouble).item<double>();
  }
  rows_ += clean.size(0);
  coded_ += coded.sum().item<std::int64_t>();
}

std::vector<std::optional<double>> Robustness::values() const {
  const auto count = levels_.size();
  std::vector<std::optional<double>> values(2 * count);
  for (std::size_t i = 0; i < count; ++i) {
    if (model_->reconstructs()) values[i] = levels_[i].squared_error / static_cast<double>(rows_);
    if (coded_ > 0) values[count + i] = levels_[i].change / static_cast<double>(coded_);
  }
  return values;
}

}  // namespace aelab
