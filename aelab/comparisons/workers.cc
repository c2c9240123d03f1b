#include "aelab/comparisons/workers.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <map>
#include <thread>

#include "aelab/core/error.h"
#include "aelab/core/signals.h"

namespace aelab {
namespace {

constexpr auto kPoll = std::chrono::milliseconds(50);

/// The environment with OMP_NUM_THREADS set.
std::vector<std::string> environment_with(std::int64_t threads) {
  constexpr std::string_view kName = "OMP_NUM_THREADS=";
  std::vector<std::string> variables = {std::string(kName) + std::to_string(threads)};
  for (char** variable = environ; *variable; ++variable)
    if (!std::string_view(*variable).starts_with(kName)) variables.emplace_back(*variable);
  return variables;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (auto& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

/// While one exists, SIGCHLD has its default action: where it is ignored, the kernel keeps no exit status,
/// and waitpid finds nobody.
class KeepsExitStatus {
 public:
  KeepsExitStatus() {
    struct sigaction action = {};
    action.sa_handler = SIG_DFL;
    ::sigaction(SIGCHLD, &action, &former_);
  }
  KeepsExitStatus(const KeepsExitStatus&) = delete;
  KeepsExitStatus& operator=(const KeepsExitStatus&) = delete;
  ~KeepsExitStatus() { ::sigaction(SIGCHLD, &former_, nullptr); }

 private:
  struct sigaction former_;
};

/// Whether the process has ended, or was never ours to wait for.
bool has_ended(pid_t process) {
  const auto ended = ::waitpid(process, nullptr, WNOHANG);
  return ended == process || (ended < 0 && errno == ECHILD);
}

/// Asks a process to stop, also one that is suspended.
void ask_to_stop(pid_t process) {
  ::kill(process, SIGTERM);
  ::kill(process, SIGCONT);
}

/// Between fork and exec only system calls are safe: other threads' locks may be held for ever.
[[noreturn]] void become(char* const* command, char* const* variables, int log, pid_t parent) {
  ::setpgid(0, 0);  // a terminal's Ctrl-C reaches the parent alone, which then asks its workers to stop, once
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  ::signal(SIGPIPE, SIG_DFL);
  if (::getppid() != parent) ::_exit(128 + SIGTERM);  // it died before the line above
  const int nothing = ::open("/dev/null", O_RDWR);
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(nothing, STDOUT_FILENO);
  ::dup2(log, STDERR_FILENO);
  ::execve(command[0], command, variables);
  constexpr char kMessage[] = "aelab: the program itself cannot be started again\n";
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, kMessage, sizeof kMessage - 1);
  ::_exit(127);
}

pid_t start(WorkerJob job, std::vector<std::string> variables) {
  const int log = ::open(job.log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (log < 0) throw Failure(job.log.string() + ": cannot be written: " + std::strerror(errno));
  const auto command = pointers_to(job.command), environment = pointers_to(variables);
  const auto parent = ::getpid();
  const auto child = ::fork();
  if (child == 0) become(command.data(), environment.data(), log, parent);
  const int error = errno;
  ::close(log);
  if (child < 0) throw Failure(std::string("a worker process cannot be started: ") + std::strerror(error));
  return child;
}

}  // namespace

int run_workers(const std::vector<WorkerJob>& jobs, std::int64_t at_once, std::int64_t threads,
                const std::function<void(std::size_t)>& started,
                const std::function<void(std::size_t)>& ended, const std::function<void()>& waiting) {
  const KeepsExitStatus keeps_exit_status;
  const auto variables = environment_with(threads);
  std::map<pid_t, std::size_t> running;
  std::size_t next = 0;
  int signal = 0;
  while (!running.empty() || (next < jobs.size() && !signal)) {
    while (!signal && next < jobs.size() && static_cast<std::int64_t>(running.size()) < at_once) {
      running[start(jobs[next], variables)] = next;
      started(next++);
    }
    for (auto process = running.begin(); process != running.end();) {
      const bool is_over = has_ended(process->first);
      if (is_over && !signal) ended(process->second);
      process = is_over ? running.erase(process) : std::next(process);
    }
    if (!signal && (signal = StopSignals::received()) != 0)
      for (const auto& [process, job] : running) ask_to_stop(process);
    waiting();
    std::this_thread::sleep_for(kPoll);
  }
  return signal;
}

}  // namespace aelab
