#include "aelab/core/signals.h"

#include <atomic>
#include <iterator>

namespace aelab {
namespace {

std::atomic<int> first_signal = 0;
static_assert(std::atomic<int>::is_always_lock_free);  // what a signal handler may use

void remember(int signal) {
  int none = 0;
  if (first_signal.compare_exchange_strong(none, signal)) return;
  std::signal(signal, SIG_DFL);
  std::raise(signal);  // takes effect when this handler returns
}

}  // namespace

StopSignals::StopSignals() {
  static_assert(std::size(signals) == sizeof(former_) / sizeof(former_[0]));
  struct sigaction action = {};
  action.sa_handler = remember;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigset_t all;
  sigemptyset(&all);
  for (std::size_t i = 0; i < std::size(signals); ++i) {
    sigaction(signals[i], nullptr, &former_[i]);
    if (former_[i].sa_handler != SIG_IGN) sigaction(signals[i], &action, nullptr);
    sigaddset(&all, signals[i]);
  }
  pthread_sigmask(SIG_UNBLOCK, &all, &former_mask_);
}

StopSignals::~StopSignals() {
  pthread_sigmask(SIG_SETMASK, &former_mask_, nullptr);
  for (std::size_t i = 0; i < std::size(signals); ++i) sigaction(signals[i], &former_[i], nullptr);
}

int StopSignals::received() noexcept { return first_signal; }

void StopSignals::reset() noexcept { first_signal = 0; }

}  // namespace aelab
