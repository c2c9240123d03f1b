// Memory stays as it is, however long training takes.

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "tests/contract/contract.h"
#include "tests/torture/endurance.h"

namespace aelab {
namespace {

double resident_mib() {
  std::ifstream pages("/proc/self/statm");
  double size = 0, resident = 0;
  pages >> size >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE)) / (1 << 20);
}

/// Looks at the memory after a warm-up and at the end.
class Watch : public Callback {
 public:
  Watch(std::int64_t first, double& growth) : first_(first), growth_(growth) {}
  void step_end(Training& training) override {
    if (training.progress.phase_step == first_) before_ = resident_mib();
    if (training.progress.phase_step > first_) growth_ = std::max(growth_, resident_mib() - before_);
  }

 private:
  std::int64_t first_;
  double& growth_;
  double before_ = 0;
};

TEST(Memory, DoesNotGrowWithTheSteps) {
  constexpr double kMost = 4;  // MiB, which memory allocators may take their time with
  constexpr std::int64_t kRows = 64, kBatch = 16;
  const auto steps = rounds(400, 10'000);
  for_each_example<Autoencoder>([&](const Choice<Autoencoder>& example) {
    const auto data = few_digits_as(input_of(example), kRows);
    const auto model = make_variant(example);
    double growth = 0;
    Trainer trainer({.epochs = steps * kBatch / kRows, .batch_size = kBatch, .threads = 1},
                    {without("progress")}, 1);
    trainer.watch(std::make_shared<Watch>(steps / 4, growth));
    trainer.fit(*model, data);
    EXPECT_LT(growth, kMost);
  });
}

}  // namespace
}  // namespace aelab
