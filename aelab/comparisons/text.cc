// The tables of a comparison in a terminal.

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <map>

#include "aelab/comparisons/results.h"
#include "aelab/comparisons/words.h"
#include "aelab/core/layout.h"
#include "aelab/core/terminal.h"

namespace aelab {
namespace {

using Cells = std::vector<std::vector<std::string>>;

std::string aligned(const Cells& cells) { return aelab::aligned(cells, columns_of(STDOUT_FILENO)); }

std::string p_cell(const std::optional<double>& p) {
  return !p ? "-" : *p < 1e-4 ? "<.0001" : probability(*p).substr(2);
}

std::string shown_name(const ComparedVariant& variant) {
  return variant.name + (variant.closed_form ? " (closed form)" : "");
}

/// The metric of the verdict with all that is known of it.
std::string metric_table(const ComparisonResults& results) {
  const auto& table = results.tables[results.metric];
  Cells cells = {{"variant", "against leader", "n", "mean", "95 % CI", "std. dev.", "worst",
                  "difference from " + results.variants[results.baseline].name, "pairs", "its 95 % CI",
                  "p (Holm)", "effect", "p (Wilcoxon)"}};
  const bool has_wilcoxon = std::any_of(table.rows.begin(), table.rows.end(), [](const auto& row) {
    return row.against && row.against->wilcoxon_p;
  });
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    const auto& row = table.rows[i];
    const auto& s = row.summary;
    std::vector<std::string> line = {
        (table.is_best(i) ? "* " : "  ") + shown_name(results.variants[i]),
        (table.claim.leader == i ? "leads, " : "") + std::string(name_of(row.standing.level)),
        std::to_string(s.n)};
    if (s.n == 0)
      line.insert(line.end(), {"n/a", "-", "-", "-"});
    else
      line.insert(line.end(), {number(s.mean), interval(s), number(s.deviation), number(row.worst)});
    if (!row.against)
      line.insert(line.end(), {"baseline", "", "", "", "", ""});
    else if (row.against->difference.n == 0)
      line.insert(line.end(), {"-", "0", "-", "-", "-", "-"});
    else
      line.insert(line.end(), {fmt::format("{:+.4g}", row.against->difference.mean),
                               std::to_string(row.against->difference.n), interval(row.against->difference),
                               p_cell(row.against->p_adjusted), number(row.against->effect),
                               p_cell(row.against->wilcoxon_p)});
    cells.push_back(std::move(line));
  }
  if (!has_wilcoxon)
    for (auto& line : cells) line.pop_back();
  const auto& measure = table.measure;
  const auto direction = measure.better == Direction::neither
                             ? std::string("neither direction is better")
                             : std::string(name_of(measure.better)) + " is better";
  return fmt::format("{} ({}): {}\n", measure.name, direction, measure.definition) + aligned(cells);
}

std::string mean_cell(const MeasureTable& table, std::size_t variant, std::size_t seeds) {
  const auto& s = table.rows[variant].summary;
  if (s.n == 0) return "n/a";
  auto cell = (table.is_best(variant) ? "*" : "") + plus_minus(s);
  if (static_cast<std::size_t>(s.n) != seeds) cell += fmt::format(" (n={})", s.n);
  return cell;
}

/// All metrics, one table per group: the group "robustness" is the matrix of training against test
/// corruption.
std::string other_tables(const ComparisonResults& results) {
  std::vector<std::string> groups;
  std::map<std::string, std::vector<const MeasureTable*>> grouped;
  for (const auto& table : results.tables) {
    const auto group = table.measure.name.substr(0, table.measure.name.find('/'));
    if (!grouped.contains(group)) groups.push_back(group);
    grouped[group].push_back(&table);
  }
  std::string text;
  for (const auto& group : groups) {
    Cells cells = {{"variant"}};
    for (const auto* table : grouped[group]) {
      const auto& [name, definition, better, version] = table->measure;
      const auto sign = better == Direction::neither ? "" : better == Direction::lower ? " (low)" : " (high)";
      cells[0].push_back(name.substr(std::min(name.size(), group.size() + 1)) + sign);
    }
    for (std::size_t i = 0; i < results.variants.size(); ++i) {
      cells.push_back({shown_name(results.variants[i])});
      for (const auto* table : grouped[group])
        cells.back().push_back(mean_cell(*table, i, results.seeds.size()));
    }
    text += "\n" + group + "\n" + aligned(cells);
  }
  return text;
}

/// The costs of a variant's completed runs.
std::vector<std::string> cost_row(const ComparedVariant& variant) {
  const auto [parameters, epochs, steps, seconds] = variant.costs();
  if (!seconds) return {};
  const auto trends = variant.with_trend();
  return {shown_name(variant),
          std::to_string(variant.counts().completed),
          fmt::format("{:.10g}", parameters->mean),
          fmt::format("{:.6g}", epochs->mean),
          fmt::format("{:.8g}", steps->mean),
          fmt::format("{:.3g}", seconds->mean),
          fmt::format("{:.3g}", seconds->most),
          trends > 0 ? fmt::format("{} of {}", variant.still_improving(), trends) : "n/a"};
}

std::string cost_table(const ComparisonResults& results) {
  Cells cells = {
      {"variant", "n", "parameters", "epochs", "steps", "seconds", "maximum time", "still improving"}};
  for (const auto& variant : results.variants)
    if (auto row = cost_row(variant); !row.empty()) cells.push_back(std::move(row));
  return cells.size() > 1 ? "\ntraining cost (mean of n completed runs)\n" + aligned(cells) : "";
}

}  // namespace

std::string terminal_table(const ComparisonResults& results) {
  if (results.tables.empty()) return cost_table(results);
  const auto legend = fmt::format(
      "n = {} per variant unless given. ± is the 95 % CI half-width over seeds.\n"
      "* marks {}.\n"
      "effect is Cohen's d of paired samples.\n",
      counted(results.seeds.size(), "run"), rule_of_best());
  return metric_table(results) + other_tables(results) + cost_table(results) + "\n" +
         wrapped(legend, columns_of(STDOUT_FILENO), 2);
}

}  // namespace aelab
