#include "aelab/runs/together.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "aelab/core/config.h"
#include "aelab/core/folders.h"
#include "aelab/core/links.h"
#include "aelab/core/lock.h"
#include "aelab/core/signals.h"
#include "aelab/core/terminal.h"
#include "aelab/core/text.h"
#include "aelab/data/batch_stream.h"
#include "aelab/nn/bounds.h"
#include "aelab/runs/environment.h"
#include "aelab/runs/file_kinds.h"
#include "aelab/runs/run_stages.h"
#include "aelab/runs/working_folder.h"
#include "aelab/training/callbacks/progress.h"

namespace aelab {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::int64_t kTogetherFormat = 1;

/// Rows in files are checked once for all, when they are read.
void check_support(const MadeRuns& made, const std::string& origin) {
  const auto support = [&](std::size_t i) {
    const auto bounds = made.runs[i]->made().model->parts().likelihood.support();
    return std::pair(bounds.least, bounds.most);
  };
  for (std::size_t i = 1; i < made.runs.size(); ++i)
    if (!made.runs[i]->made().data.train.in_memory() && support(i) != support(0))
      throw Error(fmt::format(
          "{}: train[{}].model: its likelihood is for other values than that of train[0], and rows that stay "
          "in files are checked once for all models: choose likelihoods for the same values, or train the "
          "models apart",
          origin, i));
}

/// One of the runs, and how it ended once it did.
struct Member {
  MemberOutcome outcome;
  std::unique_ptr<RunStages> stages = {};
  bool active = false;  // begun, and not at its end
};

/// The runs that are trained together, and the turns that they take.
class Together {
 public:
  Together(RunFile file, const RunOptions& options) : options_(options) {
    auto own = options;
    own.quiet = true;  // the display is one for all
    auto made = made_together(std::move(file), std::move(own));
    opened_ = std::move(made.opened);
    for (auto& run : made.runs) {
      const auto name = run->config().name;
      members_.push_back({.outcome = {.name = name, .run = {}}, .stages = std::move(run)});
    }
  }

  TogetherOutcome train(const fs::path& folder) {
    open(folder);
    const auto open_one = std::find_if(members_.begin(), members_.end(),
                                       [](const auto& member) { return !member.stages->was_complete(); });
    if (open_one != members_.end()) {
      const auto computing = open_one->stages->compute();
      begin(*open_one->stages);
      while (auto* next = furthest_behind()) take_turn(*next);
    }
    TogetherOutcome outcome{.folder = folder, .signal = 0, .members = {}};
    for (auto& member : members_) {
      if (member.outcome.run.signal) outcome.signal = member.outcome.run.signal;
      outcome.members.push_back(std::move(member.outcome));
    }
    return outcome;
  }

 private:
  RunOptions options_;
  std::unique_ptr<OpenedData> opened_;
  std::vector<Member> members_;
  std::shared_ptr<ProgressBar::Losses> losses_ = std::make_shared<ProgressBar::Losses>();

  /// One number of threads for all, the largest that any of them would choose.
  void settle_threads(const fs::path& folder) {
    std::int64_t threads = 1;
    for (const auto& member : members_) {
      const auto own = folder / member.outcome.name;
      const bool began = has_entry(own / "config.json");
      const auto recorded = began ? load_run_config(own).training.threads : std::nullopt;
      if (recorded) threads = *recorded;
      if (recorded) break;
      threads = std::max(threads, member.stages->default_thread_count());
    }
    for (auto& member : members_) member.stages->settle_threads(threads);
  }

  void open(const fs::path& folder) {
    settle_threads(folder);
    for (auto& member : members_) {
      member.stages->open(folder / member.outcome.name);
      member.outcome.run.folder = member.stages->folder();
      if (member.stages->was_complete()) member.outcome.run = member.stages->recorded();
    }
  }

  /// Begins all runs that are not over, with the batches of `first`.
  void begin(const RunStages& first) {
    const auto rows = first.batches();
    for (auto& member : members_) {
      if (member.stages->was_complete()) continue;
      if (!options_.quiet.value_or(true))
        member.stages->watch(std::make_shared<ProgressBar>(
            options_.plain ? Display::plain : Display::automatic, member.outcome.name, losses_));
      member.active = true;
      attempt(member, [&] { member.stages->begin(rows); });
    }
  }

  Member* furthest_behind() {
    Member* least = nullptr;
    const auto place = [](const Member& member) {
      const auto position = member.stages->position();
      return std::pair(position.epoch, position.batch);
    };
    for (auto& member : members_)
      if (member.active && (!least || place(member) < place(*least))) least = &member;
    return least;
  }

  void take_turn(Member& member) {
    attempt(member, [&] {
      if (!member.stages->advance()) end(member);
    });
    if (!StopSignals::received()) return;
    for (auto& other : members_)
      if (other.active)
        attempt(other, [&] {
          other.stages->interrupt();
          end(other);
        });
  }

  static void end(Member& member) {
    member.outcome.run = member.stages->end();
    member.active = false;
  }

  /// Does something for one run. If that fails, the run is recorded as failed, and is left out from then on.
  template <class Work>
  void attempt(Member& member, Work work) {
    try {
      member.stages->or_record(work);
    } catch (const std::exception& error) {
      member.active = false;
      auto& outcome = member.outcome;
      outcome.ended_diverged = dynamic_cast<const Diverged*>(&error) != nullptr;
      outcome.failure = first_line(error.what());
      if (!options_.quiet.value_or(true))
        say(outcome.name + (outcome.ended_diverged ? " diverged: " : " failed: ") + outcome.failure + "\n");
    }
  }
};

}  // namespace

MadeRuns made_together(RunFile file, RunOptions options) {
  options.problems.raise(options.origin);
  MadeRuns made{.opened = std::make_unique<OpenedData>(options.working_folder), .runs = {}};
  for (std::size_t i = 0; i < file.runs.size(); ++i) {
    auto own = options;
    if (file.together) own.origin += fmt::format(", train[{}] (\"{}\")", i, file.runs[i].name);
    made.runs.push_back(std::make_unique<RunStages>(std::move(file.runs[i]), std::move(own), *made.opened));
  }
  check_support(made, options.origin);
  return made;
}

std::size_t TogetherOutcome::unsuccessful() const {
  return static_cast<std::size_t>(std::count_if(members.begin(), members.end(), [](const auto& member) {
    return !member.failure.empty() || !member.run.diverged.empty();
  }));
}

TogetherOutcome run_together(RunFile file, RunOptions options) {
  const auto parent = fs::path(file.output) / file.name;
  auto configs =
      json::array();  // as they were read: what they leave open is chosen, and noted, once a run begins
  for (const auto& config : file.runs) configs.push_back(write_config(config));
  Together together(std::move(file), options);
  const auto folder = create_numbered_folder(parent);
  const FolderLock lock(folder);
  write_json(folder / "environment.json", environment());
  write_json(folder / kTogetherFile, {{"format", kTogetherFormat}, {"runs", configs}});
  return together.train(folder);
}

TogetherOutcome resume_together(const fs::path& folder, const RunOptions& options) {
  const auto path = folder / kTogetherFile;
  const FolderLock lock(folder);
  RunFile file{.together = true};
  Problems problems;
  try {
    const auto record = read_json(folder, kTogetherFile);
    if (record.at("format") != kTogetherFormat)
      throw Error(path.string() + ": has format " + record.at("format").dump() + "; this aelab reads " +
                  std::to_string(kTogetherFormat));
    for (const auto& config : record.at("runs")) read_config(config, file.runs.emplace_back(), problems);
  } catch (const json::exception&) {
    throw Error(path.string() + ": is not a file that aelab wrote; restore it, or resume each run alone");
  }
  problems.raise(path.string());
  auto own = options;
  own.origin = folder.string();
  own.working_folder = recorded_working_folder(folder);
  return Together(std::move(file), own).train(folder);
}

}  // namespace aelab
