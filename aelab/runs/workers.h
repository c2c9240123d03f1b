#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace aelab {

/// A command, and the file that keeps what it says on stderr.
struct WorkerJob {
  std::vector<std::string> command;
  std::filesystem::path log;
};

/// Runs every command in a process of its own, so many at once, each told by OMP_NUM_THREADS to use `threads`
/// threads. `started` and `ended` are told a job's number; `waiting` is called a few times a second. When
/// StopSignals receives a signal no further command is started, those running are sent SIGTERM and waited
/// for, and the signal is returned; 0 otherwise. Commands whose parent dies get SIGTERM too. Failure when a
/// process cannot be started.
int run_workers(const std::vector<WorkerJob>& jobs, std::int64_t at_once, std::int64_t threads,
                const std::function<void(std::size_t)>& started,
                const std::function<void(std::size_t)>& ended, const std::function<void()>& waiting);

}  // namespace aelab
