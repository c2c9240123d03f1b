#include "aelab/training/training.h"

#include <ATen/ATen.h>

#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "aelab/core/text.h"

namespace aelab {
namespace {

using nlohmann::json;

// JSON has no NaN and no infinity; both go as texts.
json to_json(double value) { return std::isfinite(value) ? json(value) : json(shortest(value)); }
double to_double(const json& saved) {
  return saved.is_string() ? std::strtod(saved.get_ref<const std::string&>().c_str(), nullptr)
                           : saved.get<double>();
}

}  // namespace

std::optional<double> find(const NamedValues& metrics, std::string_view name) {
  for (const auto& [known, value] : metrics)
    if (known == name) return value;
  return {};
}

bool Training::limit_reached() const {
  const auto& [epochs, steps, seconds] = limit();
  return (epochs && progress.phase_epoch >= *epochs) || (steps && progress.phase_step >= *steps) ||
         (seconds && progress.phase_seconds >= *seconds);
}

std::optional<std::int64_t> Training::phase_epochs() const {
  if (const auto steps = limit().steps) return (*steps + epoch_steps - 1) / epoch_steps;
  return limit().epochs;
}

std::int64_t Training::phase_steps() const { return limit().steps_of(epoch_steps).value_or(1); }

NamedValues Training::means(const std::vector<Averages>& of_updates, const std::string& part) const {
  NamedValues all;
  for (std::size_t i = 0; i < of_updates.size(); ++i)
    for (auto& mean : of_updates[i].means(part + "/" + phase().prefix(phase().updates[i])))
      all.push_back(std::move(mean));
  return all;
}

double Training::loss() const {
  const auto main = &phase().main() - phase().updates.data();
  return averages[static_cast<std::size_t>(main)].loss();
}

void Averages::add(const Terms& terms, const Tensor& total, std::int64_t rows) {
  std::vector<Tensor> values = {total.detach()};
  for (const auto& term : terms.all()) values.push_back(term.value.detach());
  if (names_.empty())
    for (const auto& term : terms.all()) names_.push_back(term.name);
  const auto weighted = at::stack(values).to(at::kDouble) * static_cast<double>(rows);
  sums_ = sums_.defined() ? sums_.to(weighted.device()) + weighted : weighted;
  rows_ += rows;
}

std::vector<double> Averages::read() const {
  if (!sums_.defined()) return {0};
  const auto sums = sums_.cpu();
  const auto* begin = sums.const_data_ptr<double>();
  return {begin, begin + sums.numel()};
}

double Averages::loss() const { return rows_ ? read()[0] / static_cast<double>(rows_) : 0; }

NamedValues Averages::means(const std::string& prefix) const {
  if (rows_ == 0) return {};
  const auto sums = read();
  const auto rows = static_cast<double>(rows_);
  NamedValues means = {{prefix + "loss", sums[0] / rows}};
  for (std::size_t i = 0; i < names_.size(); ++i) means.emplace_back(prefix + names_[i], sums[i + 1] / rows);
  return means;
}

json Averages::save() const {
  const auto values = read();
  auto sums = json::array();
  for (std::size_t i = 0; i < names_.size(); ++i) sums.push_back({names_[i], to_json(values[i + 1])});
  return {{"sums", std::move(sums)}, {"total", to_json(values[0])}, {"rows", rows_}};
}

void Averages::load(const json& saved) {
  std::vector<double> values = {to_double(saved.at("total"))};
  names_.clear();
  for (const auto& sum : saved.at("sums")) {
    names_.push_back(sum.at(0));
    values.push_back(to_double(sum.at(1)));
  }
  rows_ = saved.at("rows");
  sums_ = rows_ ? at::tensor(values, at::kDouble) : Tensor();
}

}  // namespace aelab
