// Runs a fuzz target where libFuzzer is not: over seeds that the target offers, whole and damaged.

#include <cstdint>
#include <cstdio>
#include <random>
#include <string>
#include <vector>

#include "tests/fuzz/target.h"

int main() {
  constexpr int kRounds = 4000;
  std::mt19937 random(1);
  for (const auto& seed : fuzz_seeds()) {
    const auto run = [](const std::string& bytes) {
      LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    };
    run(seed);
    for (int round = 0; round < kRounds && !seed.empty(); ++round) {
      auto bytes = seed;
      for (auto changes = 1 + random() % 4; changes > 0 && !bytes.empty(); --changes) {
        const auto at = random() % bytes.size();
        if (const auto what = random() % 8; what == 0)
          bytes.resize(at);
        else if (what == 1)
          bytes.insert(at, bytes.substr(at, random() % 16));
        else
          bytes[at] = static_cast<char>(random());
      }
      run(bytes);
    }
  }
  std::puts("holds");
}
