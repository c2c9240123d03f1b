// Run files that went wrong: in what they say, and in their bytes.

#include <gtest/gtest.h>

#include <filesystem>
#include <random>

#include "aelab/core/config.h"
#include "aelab/core/files.h"
#include "aelab/runs/run_config.h"
#include "tests/support.h"
#include "tests/torture/endurance.h"

namespace aelab {
namespace {

using nlohmann::json;

std::vector<std::string> shipped_run_files() {
  std::vector<std::string> texts;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(AELAB_SOURCE_DIR "/experiments"))
    if (entry.path().extension() == ".json")
      if (auto text = read_file(entry.path()); json::parse(text).contains("model"))
        texts.push_back(std::move(text));
  return texts;
}

json any_value(std::mt19937& random) {
  static const std::vector<json> kValues = {nullptr,
                                            true,
                                            -1,
                                            0,
                                            2.5,
                                            1e308,
                                            1'000'000'000'000,
                                            "",
                                            "adam",
                                            "../..",
                                            json::array(),
                                            json::object(),
                                            {1, 2},
                                            {{"kind", "x"}}};
  return kValues[random() % kValues.size()];
}

/// Somewhere in the value: another value, another key, or nothing.
void mistake(json& value, std::mt19937& random) {
  if (!value.is_structured() || value.empty() || random() % 6 == 0) {
    value = any_value(random);
    return;
  }
  auto place = value.begin();
  std::advance(place, random() % value.size());
  if (value.is_object() && random() % 6 == 0) {
    value[place.key() + "x"] = *place;
    if (random() % 2) value.erase(value.find(place.key()));
  } else if (random() % 10 == 0) {
    value.erase(place);
  } else {
    mistake(*place, random);
  }
}

std::string damaged(std::string text, std::mt19937& random) {
  for (auto changes = 1 + random() % 3; changes > 0 && !text.empty(); --changes) {
    const auto place = random() % text.size();
    if (const auto what = random() % 4; what == 0)
      text.erase(place, 1 + random() % 8);
    else if (what == 1)
      text.insert(place, text.substr(random() % text.size(), random() % 32));
    else
      text[place] = static_cast<char>(random() % 4 ? 32 + random() % 95 : random());
  }
  return text;
}

TEST(Malformed, RunFilesAreRefusedOrReadToWhatTheySay) {
  const auto texts = shipped_run_files();
  ASSERT_FALSE(texts.empty());
  std::mt19937 random(endurance_seed());
  int refused = 0;
  const int all = rounds(20'000, 1'000'000);
  for (int i = 0; i < all; ++i) {
    auto text = texts[random() % texts.size()];
    if (random() % 2) {
      auto value = json::parse(text);
      for (auto mistakes = 1 + random() % 3; mistakes > 0; --mistakes) mistake(value, random);
      text = value.dump();
    } else {
      text = damaged(std::move(text), random);
    }
    SCOPED_TRACE(text);
    try {
      auto read = read_run_config(text, "run.json");
      const auto written = write_config(read);
      auto again = read_run_config(written.dump(), "again.json");
      EXPECT_EQ(write_config(again), written);
    } catch (const Error& error) {
      ++refused;
      const std::string said = error.what();
      EXPECT_SAYS(said, "run.json");
      EXPECT_EQ(said.find("json.exception"), std::string::npos) << said;
    }
  }
  EXPECT_GT(refused, all / 2);
}

}  // namespace
}  // namespace aelab
