#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace aelab {

/// A command, and the file that its stderr is written to.
struct WorkerJob {
  std::vector<std::string> command;
  std::filesystem::path log;
};

/// Runs each command in a separate process, at most `at_once` at a time, with OMP_NUM_THREADS set to
/// `threads`. `started` and `ended` receive the index of a job; `waiting` is called several times per second.
/// When StopSignals receives a signal, no further command is started; the running ones, suspended ones too,
/// are sent SIGTERM and awaited, and the signal is returned; otherwise 0. Commands whose parent dies receive
/// SIGTERM as well. SIGCHLD may be ignored by the caller. Failure when a process cannot be started.
int run_workers(const std::vector<WorkerJob>& jobs, std::int64_t at_once, std::int64_t threads,
                const std::function<void(std::size_t)>& started,
                const std::function<void(std::size_t)>& ended, const std::function<void()>& waiting);

}  // namespace aelab
