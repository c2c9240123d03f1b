#pragma once

#include <csignal>
#include <exception>

namespace aelab {

/// What a program returns that a signal stopped: 128 and the signal's number, as shells do; 0 without one.
constexpr int exit_code(int signal) { return signal ? 128 + signal : 0; }

/// What work in the middle of something is left by when a signal asks it to stop; nobody's fault.
class Stopped : public std::exception {
 public:
  const char* what() const noexcept override { return "stopped by a signal"; }
};

/// While one exists, SIGINT, SIGTERM and SIGHUP ask the work to stop at its next good point: the first signal
/// is remembered, a second one ends the process at once. A signal that the process ignores stays ignored
/// (nohup). The destructor brings the former handlers back; what was received stays known. At most one at a
/// time.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  /// The number of the first signal, or 0. From any thread.
  static int received() noexcept;
  /// For long work that keeps nothing: Stopped where a signal was received.
  static void check() {
    if (received()) throw Stopped();
  }
  /// Forgets the signal received; for tests.
  static void reset() noexcept;

 private:
  static constexpr int signals[] = {SIGINT, SIGTERM, SIGHUP};
  struct sigaction former_[3];
};

}  // namespace aelab
