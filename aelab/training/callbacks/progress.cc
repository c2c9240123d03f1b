#include "aelab/training/callbacks/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>

#include "aelab/core/layout.h"
#include "aelab/core/terminal.h"
#include "aelab/core/text.h"

namespace aelab {
namespace {

constexpr auto kRedraw = std::chrono::milliseconds(100);

double seconds_since(std::chrono::steady_clock::time_point then) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - then).count();
}

std::string epoch_of(const Training& training, std::int64_t epoch) {
  const auto phase = training.phases.size() > 1 ? training.phase().name + ", " : std::string();
  const auto epochs = training.phase_epochs();
  return fmt::format("{}epoch {}{}", phase, epoch, epochs ? fmt::format("/{}", *epochs) : "");
}

/// Whether a line has no room for a term: it is all of its loss, "train/reconstruction" beside "train/loss",
/// or the squared error, which compares variants and says little new of one.
bool is_left_out(const NamedValues& metrics, const std::string& name, double value) {
  return name.ends_with("/mse") ||
         (!name.ends_with("/loss") && find(metrics, name.substr(0, name.rfind('/')) + "/loss") == value);
}

std::string bar(std::int64_t done, std::int64_t all, std::size_t width) {
  const auto share = static_cast<double>(done) / static_cast<double>(std::max<std::int64_t>(all, 1));
  const auto filled = static_cast<std::size_t>(std::min(share, 1.0) * static_cast<double>(width));
  return "[" + std::string(filled, '#') + std::string(width - filled, '.') + "]";
}

/// The parts of a live line in their order. The bar takes the columns that the others leave; where they leave
/// too few, the parts are left out whose number in `first_out` is the greatest.
struct LivePart {
  std::string text;
  int first_out;
};

std::string live_line(const std::string& epoch, std::int64_t done, std::int64_t all,
                      std::vector<LivePart> parts, std::size_t width) {
  constexpr std::size_t kNarrowest = 6, kWidest = 40, kBrackets = 3;
  const auto needed = [&] {
    auto columns = display_width(epoch) + kBrackets + kNarrowest;
    for (const auto& part : parts) columns += 2 + part.text.size();
    return columns;
  };
  while (!parts.empty() && needed() > width)
    parts.erase(std::max_element(parts.begin(), parts.end(),
                                 [](const auto& a, const auto& b) { return a.first_out < b.first_out; }));
  const auto columns = std::min(kNarrowest + width - std::min(width, needed()), kWidest);
  auto line =
      shortened(epoch, width - std::min(width, kBrackets + kNarrowest)) + " " + bar(done, all, columns);
  for (const auto& part : parts) line += "  " + part.text;
  return line;
}

/// The width of stderr where it is a terminal; files keep a line an epoch.
std::size_t line_width() {
  return ::isatty(STDERR_FILENO) ? columns_of(STDERR_FILENO) : std::numeric_limits<std::size_t>::max();
}

}  // namespace

std::span<const std::string_view> names(Display) {
  static constexpr std::array<std::string_view, 2> kNames = {"auto", "plain"};
  return kNames;
}

ProgressBar::ProgressBar(Display display, std::string name, std::shared_ptr<Losses> losses)
    : best_({}), display_(display), name_(std::move(name)), losses_(std::move(losses)) {}

void ProgressBar::start(Training& training) {
  live_ = display_ == Display::automatic && can_redraw(STDERR_FILENO);
  begun_ = epoch_begun_ = Clock::now();
  steps_before_ = training.progress.step;
}

void ProgressBar::phase_begin(Training& training) {
  best_.reset();
  for (const auto& note : training.notes) say(wrapped(named(note), line_width(), 2) + "\n");
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
  show_live(live_line(epoch_of(training, progress.phase_epoch + 1), progress.batch, training.epoch_batches,
                      {{fmt::format("{}/{}", progress.batch, training.epoch_batches), 3},
                       {shown_loss(training), 1},
                       {fmt::format("{:.1f} steps/s", 1 / per_step), 4},
                       {duration(std::max(left, 0.0)) + " left", 2}},
                      columns_of(STDERR_FILENO) - 1));
}

/// "loss 0.12", or of models that are trained together "small 0.12, large 0.1".
std::string ProgressBar::shown_loss(const Training& training) const {
  const auto own = fmt::format("{:.4g}", training.loss());
  if (!losses_) return "loss " + own;
  const auto found =
      std::find_if(losses_->begin(), losses_->end(), [&](const auto& loss) { return loss.first == name_; });
  if (found == losses_->end())
    losses_->emplace_back(name_, own);
  else
    found->second = own;
  std::vector<std::string> all;
  for (const auto& [name, loss] : *losses_) all.push_back(name + " " + loss);
  return join_some(all, 4);
}

void ProgressBar::epoch_end(Training& training) {
  std::vector<std::string> parts = {named(epoch_of(training, training.progress.phase_epoch))};
  for (const auto& [name, value] : training.metrics)
    if (!is_left_out(training.metrics, name, value)) parts.push_back(fmt::format("{} {:.5g}", name, value));
  if (best_.improved(training)) parts.emplace_back("best");
  parts.push_back(duration(seconds_since(epoch_begun_)));
  auto text = flowed(parts, line_width()) + "\n";
  for (const auto& note : training.notes) text += wrapped("  " + note, line_width(), 2) + "\n";
  say(text);
  epoch_begun_ = Clock::now();
}

void ProgressBar::finish(Training&) {
  if (losses_) std::erase_if(*losses_, [&](const auto& loss) { return loss.first == name_; });
  if (live_) show_live("");
}

nlohmann::json ProgressBar::save() const { return best_.save(); }

void ProgressBar::load(const nlohmann::json& saved) { best_.load(saved); }

}  // namespace aelab
