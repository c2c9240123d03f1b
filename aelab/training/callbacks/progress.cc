#include "aelab/training/callbacks/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "aelab/core/text.h"

namespace aelab {
namespace {

constexpr auto kRedraw = std::chrono::milliseconds(100);
constexpr const char* kClearLine = "\r\033[K";

void say(const std::string& text) {
  std::fputs(text.c_str(), stderr);
  std::fflush(stderr);
}

double seconds_since(std::chrono::steady_clock::time_point then) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - then).count();
}

std::string epoch_of(const Training& training, std::int64_t epoch) {
  const auto phase = training.phases.size() > 1 ? training.phase().name + ", " : std::string();
  const auto epochs = training.phase_epochs();
  return fmt::format("{}epoch {}{}", phase, epoch, epochs ? fmt::format("/{}", *epochs) : "");
}

/// Whether a term is all of its loss, and so says nothing new: "train/reconstruction" beside "train/loss".
bool repeats_loss(const Metrics& metrics, const std::string& name, double value) {
  return !name.ends_with("/loss") && find(metrics, name.substr(0, name.find('/')) + "/loss") == value;
}

std::string bar(std::int64_t done, std::int64_t all) {
  constexpr std::int64_t kWidth = 24;
  const auto filled = static_cast<std::size_t>(kWidth * done / all);
  return "[" + std::string(filled, '#') + std::string(kWidth - filled, '.') + "]";
}

}  // namespace

std::span<const std::string_view> names(Display) {
  static constexpr std::array<std::string_view, 2> kNames = {"auto", "plain"};
  return kNames;
}

void ProgressBar::start(Training& training) {
  live_ = display_ == Display::automatic && isatty(STDERR_FILENO);
  begun_ = epoch_begun_ = Clock::now();
  steps_before_ = training.progress.step;
}

void ProgressBar::phase_begin(Training& training) {
  best_.reset();
  for (const auto& note : training.notes) say((live_ ? kClearLine : "") + note + "\n");
}

void ProgressBar::step_end(Training& training) {
  if (!live_ || Clock::now() - drawn_ < kRedraw) return;
  drawn_ = Clock::now();
  draw(training);
}

void ProgressBar::draw(const Training& training) const {
  const auto& progress = training.progress;
  const double per_step = seconds_since(begun_) / static_cast<double>(progress.step - steps_before_);
  const auto budget = training.limit().seconds;
  const double left = budget ? *budget - progress.phase_seconds
                             : per_step * static_cast<double>(training.phase_steps() - progress.phase_step);
  say(fmt::format("{}{} {} {}/{}  loss {:.4g}  {:.1f} steps/s  {} left", kClearLine,
                  epoch_of(training, progress.phase_epoch + 1), bar(progress.batch, training.epoch_batches),
                  progress.batch, training.epoch_batches, training.averages.loss(), 1 / per_step,
                  duration(std::max(left, 0.0))));
}

void ProgressBar::epoch_end(Training& training) {
  std::string line = epoch_of(training, training.progress.phase_epoch);
  for (const auto& [name, value] : training.metrics)
    if (!repeats_loss(training.metrics, name, value)) line += fmt::format("  {} {:.5g}", name, value);
  if (best_.improved(training)) line += "  best";
  line += "  " + duration(seconds_since(epoch_begun_)) + "\n";
  for (const auto& note : training.notes) line += "  " + note + "\n";
  say((live_ ? kClearLine : "") + line);
  epoch_begun_ = Clock::now();
}

void ProgressBar::finish(Training&) {
  if (live_) say(kClearLine);
}

nlohmann::json ProgressBar::save() const { return best_.save(); }

void ProgressBar::load(const nlohmann::json& saved) { best_.load(saved); }

}  // namespace aelab
