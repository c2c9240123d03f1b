// Phases in closed form, which have no steps.

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "aelab/models/pca.h"
#include "tests/torch_support.h"

namespace aelab {
namespace {

// A closed form over many rows takes minutes: a signal ends it in between, and the run can be resumed.
TEST(ClosedForm, IsStoppedBySignalsAndResumed) {
  const TemporaryFolder folder;
  const auto rows = Dataset::from_tensors(at::zeros({3000, 1, 4, 4}));
  const Split data{rows, rows, rows};
  const auto fit = [&](const Place& place) {
    Pca model({.code = 2}, Context({1, 4, 4}));
    return Trainer({}, {without("progress")}).fit(model, data, place);
  };
  {
    const Interruptible interruptible;
    std::raise(SIGTERM);
    EXPECT_EQ(fit({.folder = folder.path()}).signal, SIGTERM);
  }
  const auto resumed = fit({.folder = folder.path(), .resume = folder / "checkpoints/last.safetensors"});
  EXPECT_EQ(resumed.signal, 0);
  EXPECT_EQ(resumed.epochs.size(), 1U);
}

}  // namespace
}  // namespace aelab
