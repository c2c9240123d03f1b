#pragma once

#include <csignal>
#include <exception>

namespace aelab {

/// The exit code of a program that a signal stopped: 128 plus the signal's number, as in shells; 0 without a
/// signal.
constexpr int exit_code(int signal) { return signal ? 128 + signal : 0; }

/// Thrown to leave work that a signal stops; not an error.
class Stopped : public std::exception {
 public:
  const char* what() const noexcept override { return "stopped by a signal"; }
};

/// While one exists, SIGINT, SIGTERM and SIGHUP ask the work to stop at its next safe point: the first signal
/// is remembered, a second one ends the process at once. Signals that the process ignores stay ignored
/// (nohup); those that it inherited as blocked are let through. The destructor restores handlers and mask,
/// and keeps the signal received. At most one exists at a time.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  /// The number of the first signal, or 0. From any thread.
  static int received() noexcept;
  /// Throws Stopped if a signal was received; for long work without results to keep.
  static void check() {
    if (received()) throw Stopped();
  }
  /// Forgets the signal received; for tests.
  static void reset() noexcept;

 private:
  static constexpr int signals[] = {SIGINT, SIGTERM, SIGHUP};
  struct sigaction former_[3];
  sigset_t former_mask_;
};

}  // namespace aelab
