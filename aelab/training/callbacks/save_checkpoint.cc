#include "aelab/training/callbacks/save_checkpoint.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "aelab/core/files.h"
#include "aelab/core/links.h"
#include "aelab/training/checkpoint.h"

namespace aelab {
namespace {

std::filesystem::path checkpoint_file(const Training& training, const std::string& name) {
  return training.folder / "checkpoints" / (name + ".safetensors");
}

std::string best_epoch(std::int64_t epoch) { return fmt::format("best-epoch-{:04}", epoch); }

}  // namespace

void SaveCheckpoint::Config::fields(Fields& f) {
  base.fields(f);
  f("seconds", seconds, "least time between two checkpoints of the last state", at_least(0))
      .also_known_as({"save_every", "interval"});
  f("top", top, "number of the best epochs to keep besides best.safetensors", at_least(0))
      .also_known_as({"save_top_k", "keep"});
  f("every", every, "also keeps each epoch whose number is a multiple of this", at_least(1))
      .also_known_as({"every_n_epochs", "period", "save_freq"});
}

void SaveCheckpoint::start(Training& training) {
  std::filesystem::create_directories(training.folder / "checkpoints");
  const auto& progress = training.progress;
  const auto phases = static_cast<std::int64_t>(training.phases.size());
  const bool next_phase = progress.phase_ended && !progress.run_ended && progress.phase + 1 < phases;
  const auto best = checkpoint_file(training, "best");
  if (!monitor_.best() || next_phase || has_entry(best)) return;
  monitor_.reset();
  training.caution(best.string() +
                   " is missing, and with it the best of the epochs so far: the best of the epochs to come "
                   "takes its place or, if there are none, the last state");
}

void SaveCheckpoint::phase_begin(Training& training) {
  monitor_.reset();
  top_.clear();
  std::filesystem::remove(checkpoint_file(training, "best"));
}

void SaveCheckpoint::epoch_end(Training& training) { improved_ = monitor_.improved(training); }

void SaveCheckpoint::boundary(Training& training, Boundary boundary) {
  if (boundary == Boundary::epoch) save_epoch(training);
  if (boundary == Boundary::phase && !monitor_.best())
    save_checkpoint(checkpoint_file(training, "best"), training);
  const bool due = Clock::now() - saved_ >= std::chrono::duration<double>(config_.seconds);
  if (!due && (boundary == Boundary::step || boundary == Boundary::epoch)) return;
  save_last(training);
  saved_ = Clock::now();
}

/// At every moment one of the two is complete and has its name.
void SaveCheckpoint::save_last(Training& training) {
  const auto last = checkpoint_file(training, "last"), previous = checkpoint_file(training, "previous");
  if (std::filesystem::exists(last)) link_file(last, previous);
  save_checkpoint(last, training);
}

void SaveCheckpoint::save_epoch(Training& training) {
  if (config_.top > 0) save_top(training);
  if (improved_) save_checkpoint(checkpoint_file(training, "best"), training);
  const auto epoch = training.progress.epoch;
  if (config_.every && epoch % *config_.every == 0)
    save_checkpoint(checkpoint_file(training, fmt::format("epoch-{:04}", epoch)), training);
}

void SaveCheckpoint::save_top(Training& training) {
  const auto loss = monitor_.loss(training);
  if (!loss) return;
  const auto epoch = training.progress.epoch;
  top_.emplace_back(*loss, epoch);
  std::stable_sort(top_.begin(), top_.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  const auto dropped = static_cast<std::int64_t>(top_.size()) > config_.top ? top_.back().second : 0;
  if (dropped) top_.pop_back();
  if (dropped == epoch) return;
  save_checkpoint(checkpoint_file(training, best_epoch(epoch)), training);
  if (dropped) std::filesystem::remove(checkpoint_file(training, best_epoch(dropped)));
}

nlohmann::json SaveCheckpoint::save() const { return {{"best", monitor_.save()}, {"top", top_}}; }

void SaveCheckpoint::load(const nlohmann::json& saved) {
  monitor_.load(saved.at("best"));
  top_ = saved.at("top").get<decltype(top_)>();
}

}  // namespace aelab
