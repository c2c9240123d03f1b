// What a comparison says in words and in a terminal.

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <numeric>

#include "aelab/core/layout.h"
#include "aelab/core/terminal.h"
#include "aelab/core/text.h"
#include "aelab/runs/comparison_results.h"

namespace aelab {
namespace {

std::string aligned(const std::vector<std::vector<std::string>>& cells) {
  return aelab::aligned(cells, columns_of(STDOUT_FILENO));
}

std::string number(double value) { return fmt::format("{:.4g}", value); }
std::string number(const std::optional<double>& value) { return value ? number(*value) : "-"; }

std::string interval(const Summary& summary) {
  if (!summary.half_width) return "-";
  return fmt::format("[{}, {}]", number(*summary.low()), number(*summary.high()));
}

/// "= 0.0123", "< 0.0001"
std::string probability(double p) { return p < 1e-4 ? "< 0.0001" : fmt::format("= {:.2g}", p); }
std::string p_cell(const std::optional<double>& p) {
  return !p ? "-" : *p < 1e-4 ? "<0.0001" : fmt::format("{:.2g}", *p);
}

std::string shown_name(const ComparedVariant& variant) {
  return variant.name + (variant.closed_form ? " (closed form)" : "");
}

/// The metric of the verdict with all that is known of it.
std::string metric_table(const ComparisonResults& results) {
  const auto& table = results.tables[results.metric];
  std::vector<std::vector<std::string>> cells = {{"variant", "n", "mean", "95 % interval", "deviation",
                                                  "worst", "minus " + results.variants[results.baseline].name,
                                                  "pairs", "its 95 % interval", "p (Holm)", "effect",
                                                  "p (Wilcoxon)"}};
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    const auto& row = table.rows[i];
    const auto& s = row.summary;
    std::vector<std::string> line = {(row.best ? "* " : "  ") + shown_name(results.variants[i]),
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
  const auto& measure = table.measure;
  return fmt::format("{} ({} is better): {}\n", measure.name, name_of(measure.better), measure.definition) +
         aligned(cells);
}

std::string mean_cell(const MeasureRow& row, std::size_t seeds) {
  const auto& s = row.summary;
  if (s.n == 0) return "n/a";
  auto cell = (row.best ? "*" : "") + number(s.mean);
  if (s.half_width) cell += fmt::format(" +-{:.2g}", *s.half_width);
  if (static_cast<std::size_t>(s.n) != seeds) cell += fmt::format(" (n={})", s.n);
  return cell;
}

/// The measures of each metric, a table a metric: "robustness" is then the matrix of trained with and tested
/// with.
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
    std::vector<std::vector<std::string>> cells = {{"variant"}};
    for (const auto* table : grouped[group]) {
      const auto& [name, definition, better, version] = table->measure;
      const auto sign = better == Direction::neither ? "" : better == Direction::lower ? " (low)" : " (high)";
      cells[0].push_back(name.substr(std::min(name.size(), group.size() + 1)) + sign);
    }
    for (std::size_t i = 0; i < results.variants.size(); ++i) {
      cells.push_back({shown_name(results.variants[i])});
      for (const auto* table : grouped[group])
        cells.back().push_back(mean_cell(table->rows[i], results.seeds.size()));
    }
    text += "\n" + group + "\n" + aligned(cells);
  }
  return text;
}

std::string cost_table(const ComparisonResults& results) {
  std::vector<std::vector<std::string>> cells = {
      {"variant", "n", "parameters", "epochs", "steps", "seconds", "worst seconds"}};
  for (const auto& variant : results.variants) {
    std::vector<double> seconds, epochs, steps;
    std::int64_t parameters = 0;
    for (const auto& run : variant.runs) {
      if (!run.counts()) continue;
      seconds.push_back(run.status.seconds);
      epochs.push_back(static_cast<double>(run.status.epochs));
      steps.push_back(static_cast<double>(run.status.steps));
      parameters = run.status.parameters;
    }
    if (seconds.empty()) continue;
    cells.push_back(
        {shown_name(variant), std::to_string(seconds.size()), std::to_string(parameters),
         fmt::format("{:.6g}", summarize(epochs).mean), fmt::format("{:.8g}", summarize(steps).mean),
         fmt::format("{:.3g}", summarize(seconds).mean), fmt::format("{:.3g}", summarize(seconds).most)});
  }
  return cells.size() > 1 ? "\ncost of training (mean of n runs)\n" + aligned(cells) : "";
}

/// "is lower (better) by 0.0042 [0.0038, 0.0046], p < 0.0001"
std::string difference_in_words(const PairedTest& test, Direction better) {
  const bool lower = test.difference.mean < 0;
  const bool good = lower == (better == Direction::lower);
  Summary size = test.difference;
  size.mean = std::abs(size.mean);
  return fmt::format("{} ({}) by {} {}, p {}", lower ? "lower" : "higher", good ? "better" : "worse",
                     number(size.mean), interval(size), probability(*test.p_adjusted));
}

/// What narrows the claim.
std::string caveats(const ComparisonResults& results) {
  constexpr std::size_t kFewSeeds = 5;
  std::string text;
  if (const auto missing = results.missing().size())
    text += fmt::format("{} run{} not count. ", missing, missing == 1 ? " does" : "s do");
  if (results.seeds.size() < kFewSeeds)
    text += fmt::format("{} seeds are few: a t test then stands or falls with normal differences. ",
                        results.seeds.size());
  if (results.test_is_drawn)
    text +=
        "Each seed draws its test rows from the same data, so that the tests overlap and the intervals are "
        "somewhat too narrow (Nadeau & Bengio 2003). ";
  return text +
         "Seeds change the split, the initial weights, the order and the noise, not the data: this holds for "
         "these data and settings.";
}

/// Of three variants or more.
std::string best_in_words(const ComparisonResults& results) {
  if (results.variants.size() < 3) return {};
  const auto& rows = results.tables[results.metric].rows;
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (rows[i].best)
      return fmt::format(
          "\"{}\" is the best of the {}: it differs from each other one (p < {} after Holm's correction "
          "over all pairs).",
          results.variants[i].name, results.variants.size(), shortest(kSignificance));
  return "No variant stands out as the best of all.";
}

}  // namespace

std::string verdict(const ComparisonResults& results) {
  if (results.tables.empty()) return "Nothing can be claimed: no run has measured anything yet.";
  const auto& table = results.tables[results.metric];
  const auto& baseline = results.variants[results.baseline].name;
  const auto seeds = static_cast<std::int64_t>(results.seeds.size());
  if (seeds < 2)
    return "One seed: nothing can be claimed about which variant is better; differences may be chance. Give "
           "at least "
           "two seeds; five or more are better.";
  if (results.variants.size() < 2) return "One variant: there is nothing to compare it with.";
  if (table.rows[results.baseline].summary.n == 0)
    return fmt::format("Nothing can be claimed: the baseline \"{}\" has no {}.", baseline,
                       table.measure.name);
  std::vector<std::string> differing, open, untested;
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    const auto& test = table.rows[i].against;
    const auto name = "\"" + results.variants[i].name + "\"";
    if (!test) continue;
    if (!test->p_adjusted) {
      untested.push_back(name);
      continue;
    }
    const auto pairs = test->difference.n == seeds ? "" : fmt::format(", {} pairs", test->difference.n);
    const auto difference = difference_in_words(*test, table.measure.better) + pairs;
    if (*test->p_adjusted < kSignificance)
      differing.push_back(name + " is " + difference);
    else
      open.push_back(name + " (" + difference + ")");
  }
  const auto tests = differing.size() + open.size();
  const auto correction =
      tests > 1 ? fmt::format("s, p after Holm's correction over {} variants", tests) : "";
  auto text = fmt::format(
      "{} on the {} part, {} seeds, against \"{}\" (paired t test{}; 95 % intervals each for "
      "itself): ",
      table.measure.name, results.part, seeds, baseline, correction);
  if (!differing.empty()) text += join(differing, "; ") + ". ";
  if (!open.empty())
    text += fmt::format("No difference could be shown for {}, which does not show that there is none. ",
                        join(open, ", "));
  if (!untested.empty())
    text += fmt::format("Not tested, for want of numbers or of any spread: {}. ", join(untested, ", "));
  if (const auto best = best_in_words(results); !best.empty()) text += best + " ";
  return text + caveats(results);
}

std::string terminal_table(const ComparisonResults& results) {
  if (results.tables.empty()) return cost_table(results);
  return metric_table(results) + other_tables(results) + cost_table(results) +
         fmt::format(
             "\nn = {} runs a variant where no other n is given; +- is half the 95 % t interval over seeds; "
             "* "
             "marks a best that differs from every other variant that has the measure; effect is the mean of "
             "the paired differences by their deviation (Cohen's d).\n",
             results.seeds.size());
}

}  // namespace aelab
