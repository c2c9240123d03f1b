#include "aelab/comparisons/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "aelab/core/text.h"

namespace aelab {

std::string number(double value) { return fmt::format("{:.4g}", value); }
std::string number(const std::optional<double>& value) { return value ? number(*value) : "-"; }

std::string plus_minus(const Summary& summary) {
  if (!summary.half_width) return number(summary.mean);
  const double half = *summary.half_width;
  if (half >= 10 && std::max(half, std::abs(summary.mean)) < 1e7) {  // to the place of its second digit
    const double place = std::pow(10, std::floor(std::log10(half)) - 1);
    return fmt::format("{:.0f} ± {:.0f}", std::round(summary.mean / place) * place,
                       std::round(half / place) * place);
  }
  return fmt::format("{} ± {:.2g}", number(summary.mean), *summary.half_width);
}

std::string interval(const Summary& summary) {
  if (!summary.half_width) return "-";
  return fmt::format("[{}, {}]", number(*summary.low()), number(*summary.high()));
}

std::string probability(double p) {
  if (p < 1e-4) return "< .0001";
  const auto text = fmt::format("{:.2g}", p);
  return "= " + (text.starts_with("0.") ? text.substr(1) : text);
}

std::string difference_in_words(const std::string& name, const std::string& other, const PairedTest& test,
                                Direction better, std::size_t seeds) {
  Summary size = test.difference;
  const bool lower = size.mean < 0;
  size.mean = std::abs(size.mean);
  const auto* judged = better == Direction::neither            ? ""
                       : lower == (better == Direction::lower) ? " (better)"
                                                               : " (worse)";
  auto text = fmt::format("{} is {}{}{} by {}", name, lower ? "lower" : "higher", judged,
                          other.empty() ? "" : " than " + other, number(size.mean));
  if (test.p_adjusted) text += fmt::format(" {}, p {}", interval(size), probability(*test.p_adjusted));
  if (static_cast<std::size_t>(size.n) != seeds)
    text += fmt::format(", {} of {}", size.n, counted(seeds, "seed"));
  return text;
}

std::string counted(std::size_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

std::string listed(std::vector<std::string> names) {
  constexpr std::size_t kMostNames = 4;
  if (names.size() > kMostNames + 1) {
    const auto others = std::to_string(names.size() - kMostNames) + " others";
    names.resize(kMostNames);
    names.push_back(others);
  }
  const auto last = names.back();
  names.pop_back();
  return names.empty() ? last : join(names, ", ") + " and " + last;
}

}  // namespace aelab
