#include "aelab/core/signals.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

namespace aelab {
namespace {

// Runs `call` in a child that has the default handlers; returns the status that waitpid gives.
template <class Call>
int status_of_child(Call call) {
  const pid_t child = ::fork();
  if (child == 0) {
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) std::signal(signal, SIG_DFL);
    ::_exit(call());
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

class Signals : public testing::TestWithParam<int> {};

TEST_P(Signals, FirstIsRemembered) {
  const int status = status_of_child([] {
    StopSignals signals;
    if (StopSignals::received() != 0) return 1;
    std::raise(GetParam());
    return StopSignals::received() == GetParam() ? 0 : 2;
  });
  EXPECT_EQ(status, 0);
}

TEST_P(Signals, SecondEndsTheProcess) {
  const int status = status_of_child([] {
    StopSignals signals;
    std::raise(SIGTERM);
    std::raise(GetParam());
    return 0;
  });
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), GetParam());
}

TEST_P(Signals, FormerHandlersComeBack) {
  const int status = status_of_child([] {
    {
      StopSignals signals;
      std::raise(GetParam());
    }
    if (StopSignals::received() != GetParam()) return 1;
    StopSignals::reset();
    if (StopSignals::received() != 0) return 2;
    std::raise(GetParam());
    return 0;
  });
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), GetParam());
}

TEST_P(Signals, IgnoredStaysIgnored) {
  const int status = status_of_child([] {
    std::signal(GetParam(), SIG_IGN);
    StopSignals signals;
    std::raise(GetParam());
    std::raise(GetParam());
    return StopSignals::received();
  });
  EXPECT_EQ(status, 0);
}

TEST_P(Signals, AnotherProcessSendsThemWhileThreadsRun) {
  const int status = status_of_child([] {
    StopSignals signals;
    std::jthread worker([](const std::stop_token& stop) {
      while (!stop.stop_requested()) std::this_thread::yield();
    });
    const pid_t parent = ::getpid(), sender = ::fork();
    if (sender == 0) ::_exit(::kill(parent, GetParam()));
    while (StopSignals::received() == 0) std::this_thread::yield();
    ::waitpid(sender, nullptr, 0);
    return StopSignals::received() == GetParam() ? 0 : 1;
  });
  EXPECT_EQ(status, 0);
}

INSTANTIATE_TEST_SUITE_P(All, Signals, testing::Values(SIGINT, SIGTERM, SIGHUP));

}  // namespace
}  // namespace aelab
