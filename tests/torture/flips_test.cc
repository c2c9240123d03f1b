// Checkpoints that come to harm.

#include <gtest/gtest.h>

#include <random>

#include "aelab/core/files.h"
#include "aelab/training/checkpoint.h"
#include "tests/contract/contract.h"
#include "tests/torture/endurance.h"

namespace aelab {
namespace {

std::shared_ptr<Autoencoder> make_model() { return make_variant(any<Autoencoder>()); }

TEST(Flips, EveryDamagedCheckpointIsNamed) {
  const TemporaryFolder folder;
  const auto model = make_model();
  Trainer({.epochs = 1, .threads = 1}, {without("progress")}, 1)
      .fit(*model, few_digits(), {.folder = folder.path()});
  const auto path = folder / "checkpoints" / "last.safetensors";
  const auto whole = read_file(path);
  load_model_state(path, *model);
  std::mt19937 random(endurance_seed());
  for (int round = rounds(1'000, 50'000); round > 0; --round) {
    auto damaged = whole;
    const auto place = random() % whole.size();
    const auto bit = random() % 8;
    const bool cut = random() % 4 == 0;
    if (cut)
      damaged.resize(place);
    else
      damaged[place] = static_cast<char>(damaged[place] ^ (1 << bit));
    std::ofstream(path, std::ios::binary) << damaged;
    EXPECT_SAYS(message_of<Error>([&] { load_model_state(path, *make_model()); }), path.string())
        << (cut ? "cut at " : "flipped bit ") << bit << " of byte " << place;
  }
}

}  // namespace
}  // namespace aelab
