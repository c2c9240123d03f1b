#pragma once

#include "aelab/core/lock.h"
#include "aelab/nn/compute.h"
#include "aelab/runs/made.h"
#include "aelab/runs/record.h"
#include "aelab/runs/run.h"

namespace aelab {

class BatchStream;

/// One run, from its config to the record of its end, stage by stage: it is made, opened in its folder,
/// begun, advanced and ended. run() and resume() go through the stages at once; run_together()
/// (runs/together.h) takes several runs through them side by side.
class RunStages {
 public:
  /// Makes what the config describes. Throws an Error with everything that is wrong with it, before anything
  /// is created. A run `on_record` has the config of its folder, and its weights. Of the options, origin,
  /// problems, quiet, plain, patience, working_folder and accept_data apply.
  RunStages(RunConfig config, RunOptions options, OpenedData& opened, bool on_record = false);

  const RunConfig& config() const { return config_; }
  const Made& made() const { return made_; }
  const std::filesystem::path& folder() const { return folder_; }

  std::int64_t default_thread_count() const;
  /// Sets the threads that the config leaves out, before the run is opened.
  void settle_threads(std::int64_t threads);
  /// Opens the run in its folder, which is created and locked. A run on record there must be this one.
  void open(const std::filesystem::path& folder);
  /// Opens the run on record in its folder, to resume it from a checkpoint, as resume() does.
  void open_record(const std::filesystem::path& folder, Which from);
  /// Whether the run was complete when it was opened: there is nothing to do, and recorded() is its outcome.
  bool was_complete() const { return complete_; }
  RunOutcome recorded() const;

  /// The threads and kernels of an open run, for as long as the result lives. Each stage has them; around all
  /// of them they need not be set anew in each.
  Compute compute() const;

  /// Calls `work` on the stages that follow. If it throws, the run is recorded as failed or diverged.
  template <class Work>
  auto or_record(Work work) {
    try {
      return work();
    } catch (const Error& error) {
      record_failure(error);
      throw Error(with_way_out(error));
    } catch (const std::exception& error) {
      record_failure(error);
      throw;
    }
  }

  /// Adds a callback that is made already.
  void watch(std::shared_ptr<Callback> watcher) { watchers_.push_back(std::move(watcher)); }
  /// The stream of the run's batches, for other runs to share.
  std::shared_ptr<BatchStream> batches() const;
  /// Begins to train, with batches of `rows`.
  void begin(std::shared_ptr<BatchStream> rows);
  /// Fitting::advance, position and interrupt.
  bool advance() { return fitting_->advance(); }
  Position position() const { return fitting_->position(); }
  void interrupt() { fitting_->interrupt(); }
  /// Evaluates the trained model, and records how the run ended. The folder stays locked.
  RunOutcome end();

 private:
  RunConfig config_;
  RunOptions options_;
  Made made_;
  AnyJson data_record_ = {};
  std::filesystem::path folder_ = {};
  std::optional<FolderLock> lock_ = {};
  Which from_ = Which::last;
  std::vector<std::string> cautions_ = {};  // for the log and the user
  bool complete_ = false;
  Kernels kernels_ = {};  // what a checkpoint began with, to the evaluation
  std::vector<std::shared_ptr<Callback>> watchers_ = {};
  std::string initialization_ = {};  // a caution
  std::optional<Fitting> fitting_ = {};
  RunStatus status_ = {};
  RunOutcome outcome_ = {};

  /// The config to be executed, whose other run is looked for where the run began.
  RunConfig executed() const;
  void record_begin();
  void get_ready();
  Trainer trainer() const;
  Place place_of_training();
  void measure();
  std::string what_is_missing(const History& history) const;
  void record_end(const std::string& missing);
  void record_failure(const std::exception& error);
  std::string with_way_out(const Error& error) const;
};

/// Where a run's folder has a checkpoint.
std::filesystem::path checkpoint_path(const std::filesystem::path& folder, Which which);
/// Whether there is such a checkpoint of this run, and it can be read.
bool is_intact_checkpoint(const std::filesystem::path& folder, Which checkpoint);

}  // namespace aelab
