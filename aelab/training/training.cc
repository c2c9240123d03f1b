#include "aelab/training/training.h"

#include <nlohmann/json.hpp>

namespace aelab {

std::optional<double> find(const Metrics& metrics, std::string_view name) {
  for (const auto& [known, value] : metrics)
    if (known == name) return value;
  return {};
}

void Averages::add(const Terms& terms, std::int64_t rows) {
  const auto weight = static_cast<double>(rows);
  if (sums_.empty())
    for (const auto& term : terms.all()) sums_.emplace_back(term.name, 0);
  for (std::size_t i = 0; i < sums_.size(); ++i) {
    const auto& term = terms.all()[i];
    const double value = term.value.item<double>();
    sums_[i].second += weight * value;
    total_ += weight * term.weight * value;
  }
  rows_ += rows;
}

Metrics Averages::means(const std::string& prefix) const {
  const auto rows = static_cast<double>(rows_);
  Metrics means = {{prefix + "/loss", total_ / rows}};
  for (const auto& [name, sum] : sums_) means.emplace_back(prefix + "/" + name, sum / rows);
  return means;
}

nlohmann::json Averages::save() const { return {{"sums", sums_}, {"total", total_}, {"rows", rows_}}; }

void Averages::load(const nlohmann::json& saved) {
  sums_ = saved.at("sums").get<Metrics>();
  total_ = saved.at("total");
  rows_ = saved.at("rows");
}

}  // namespace aelab
