#include "aelab/runs/comparison_progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <numeric>

#include "aelab/core/text.h"

namespace aelab {
namespace {

constexpr auto kRefresh = std::chrono::milliseconds(250);
constexpr const char* kEraseLine = "\r\033[K";

double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

void print_error(const std::string& text) {
  std::fputs(text.c_str(), stderr);
  std::fflush(stderr);
}

}  // namespace

ComparisonProgress::ComparisonProgress(const Comparison& comparison, const std::vector<PlannedRun>& todo,
                                       std::int64_t jobs, const ComparisonOptions& options)
    : todo_(todo.size()),
      jobs_(jobs),
      quiet_(options.quiet),
      live_(!options.quiet && !options.plain && isatty(STDERR_FILENO)) {
  for (const auto& run : todo) ++left_[run.contender];
  const auto finished = comparison.runs().size() - todo.size();
  if (!quiet_ && finished > 0)
    print_error(fmt::format("{} of {} runs are finished already\n", finished, comparison.runs().size()));
}

ComparisonProgress::~ComparisonProgress() {
  if (live_) print_error(kEraseLine);
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
  print_error((live_ ? kEraseLine : "") + line + "\n");
  drawn_ = {};
  redraw();
}

void ComparisonProgress::redraw() {
  if (!live_ || Clock::now() - drawn_ < kRefresh) return;
  drawn_ = Clock::now();
  std::vector<std::string> names;
  for (const auto& [id, begun] : running_) names.push_back(id);
  const auto left = time_left();
  print_error(fmt::format("{}{}/{} done, running {}{}", kEraseLine, done_, todo_, join(names, ", "),
                          left ? ", " + duration(*left) + " left" : ""));
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
