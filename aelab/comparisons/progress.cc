#include "aelab/comparisons/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <numeric>

#include "aelab/comparisons/words.h"
#include "aelab/core/layout.h"
#include "aelab/core/terminal.h"
#include "aelab/core/text.h"

namespace aelab {
namespace {

constexpr auto kRefresh = std::chrono::milliseconds(250);

double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// A line for people: wrapped on a terminal, whole in a file.
void say_line(const std::string& line) {
  say((::isatty(STDERR_FILENO) ? wrapped(line, columns_of(STDERR_FILENO), 2) : line) + "\n");
}

/// As many names as fit into `width` columns, and how many there are beside: "a, b and 3 more".
std::string some_of(const std::vector<std::string>& names, std::size_t width) {
  for (auto shown = names.size(); shown > 0; --shown) {
    auto text = join(std::span(names).first(shown), ", ");
    if (shown < names.size()) text += fmt::format(" and {} more", names.size() - shown);
    if (display_width(text) <= width) return text;
  }
  return names.size() == 1 ? shortened(names.front(), width) : fmt::format("{} runs", names.size());
}

}  // namespace

ComparisonProgress::ComparisonProgress(const Comparison& comparison, const std::vector<PlannedRun>& todo,
                                       std::int64_t jobs, const ComparisonOptions& options)
    : todo_(todo.size()),
      jobs_(jobs),
      quiet_(options.quiet),
      live_(!options.quiet && !options.plain && can_redraw(STDERR_FILENO)) {
  for (const auto& run : todo) ++left_[run.contender];
  const auto finished = finished_runs(comparison);
  if (!quiet_ && finished > 0)
    say_line(fmt::format("{} of {} {} already finished", finished, counted(comparison.runs().size(), "run"),
                         finished == 1 ? "is" : "are"));
}

ComparisonProgress::~ComparisonProgress() {
  if (live_) show_live("");
}

void ComparisonProgress::started(const PlannedRun& run) {
  running_[run.id] = Clock::now();
  redraw();
}

void ComparisonProgress::ended(const PlannedRun& run, const RunStatus& status) {
  const double seconds = std::chrono::duration<double>(Clock::now() - running_[run.id]).count();
  running_.erase(run.id);
  seconds_[run.contender].push_back(seconds);
  if (left_[run.contender] > 0) --left_[run.contender];
  ++done_;
  if (quiet_) return;
  const bool good = status.state == "completed";
  auto line = fmt::format("{}/{}  {}  {} in {}", done_, todo_, run.id,
                          status.state.empty() ? "died" : status.state, duration(seconds));
  if (!good && !status.message.empty()) line += ": " + status.message;
  if (const auto left = time_left(); left && done_ < todo_) line += "; " + duration(*left) + " left";
  say_line(line);
  drawn_ = {};
  redraw();
}

void ComparisonProgress::redraw() {
  if (!live_ || Clock::now() - drawn_ < kRefresh) return;
  drawn_ = Clock::now();
  std::vector<std::string> names;
  for (const auto& [id, begun] : running_) names.push_back(id);
  const auto left = time_left();
  const auto before = fmt::format("{}/{} done, running ", done_, todo_);
  const auto after = left ? ", " + duration(*left) + " left" : std::string();
  const auto columns = columns_of(STDERR_FILENO) - 1, used = before.size() + after.size();
  show_live(before + some_of(names, columns - std::min(columns, used)) + after);
}

std::optional<double> ComparisonProgress::time_left() const {
  std::vector<double> all;
  for (const auto& [contender, seconds] : seconds_) all.insert(all.end(), seconds.begin(), seconds.end());
  if (all.empty()) return {};
  double work = 0;
  for (const auto& [contender, count] : left_) {
    const auto own = seconds_.find(contender);
    work += static_cast<double>(count) * (own == seconds_.end() ? mean_of(all) : mean_of(own->second));
  }
  return work / static_cast<double>(jobs_);
}

}  // namespace aelab
