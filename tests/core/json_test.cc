#include "aelab/core/json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "aelab/core/error.h"
#include "tests/support.h"

namespace aelab {
namespace {

using nlohmann::json;

std::string refusal(const std::string& text) {
  return message_of<Error>([&] { parse_json(text, "run.json"); });
}

TEST(Json, ReadsWhatJsonIs) {
  const auto value = parse_json(
      R"( {"a": [1, -2, 3.5, 1e-3, true, false, null, "tab\t\u00e9"], "b": {"": {}}, "max": 9223372036854775807,
           "min": -9223372036854775808} )",
      "run.json");
  EXPECT_EQ(value["a"], json::parse(R"([1, -2, 3.5, 0.001, true, false, null, "tab\té"])"));
  EXPECT_TRUE(value["b"][""].empty());
  EXPECT_EQ(value["max"].get<std::int64_t>(), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(value["min"].get<std::int64_t>(), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(parse_json("3", ""), 3);
}

TEST(Json, KeepsWholeNumbersAndOthersApart) {
  EXPECT_TRUE(parse_json("2", "").is_number_integer());
  EXPECT_TRUE(parse_json("2.0", "").is_number_float());
  EXPECT_TRUE(parse_json("2e0", "").is_number_float());
}

TEST(Json, SaysWhereAProblemIs) {
  EXPECT_EQ(refusal(R"({"a": 1, "a": 2})"), "run.json:1:12: the key \"a\" appears twice in one object");
  const auto in_lines = refusal("{\n  \"a\": 1,\n  \"a\": 2\n}");
  EXPECT_SAYS(in_lines, "run.json:3:");
  EXPECT_SAYS(refusal("{\n\n  \"a\" 1\n}"), "run.json:3:7: ");
  EXPECT_SAYS(refusal("{\"a\": 1}\nx"), "run.json:2:1: ");
}

TEST(Json, RefusesWhatLibrariesPassOver) {
  EXPECT_SAYS(refusal(R"({"x": {"a": 1, "b": {"a": 2}, "a": 3}})"), "\"a\" appears twice");
  EXPECT_EQ(refusal(R"({"x": {"a": 1}, "y": {"a": 2}})"), "nothing was thrown");
  EXPECT_SAYS(refusal("9223372036854775808"), "9223372036854775808 is too large");
  EXPECT_SAYS(refusal("18446744073709551616"), "18446744073709551616 is too large");
  EXPECT_SAYS(refusal("-9223372036854775809"), "-9223372036854775809 is too large");
  EXPECT_SAYS(refusal("1e999"), "1e999 is not finite");
  EXPECT_SAYS(refusal("[1, -1e999]"), "-1e999 is not finite");
  for (const auto* text : {"", " ", "{", "[1,]", "{\"a\":}", "nan", "NaN", "Infinity", "{} {}", "1 2", "'a'",
                           "{a: 1}", "// remark\n1", "01", "+1", "\"\xff\"", "\"\n\"", "[1] x"}) {
    EXPECT_SAYS(refusal(text), "run.json") << text;
  }
  EXPECT_SAYS(refusal(std::string("1\0x", 3)), "run.json:1:");
}

TEST(Json, NestsSixtyFourLevelsDeep) {
  const auto nested = [](std::size_t levels) { return std::string(levels, '[') + std::string(levels, ']'); };
  EXPECT_EQ(refusal(nested(64)), "nothing was thrown");
  EXPECT_SAYS(refusal(nested(65)), "run.json:1:65: nested deeper than 64 levels");
  EXPECT_SAYS(refusal(nested(1'000'000)), "nested deeper than 64 levels");
  std::string objects = "1";
  for (int i = 0; i < 64; ++i) objects = "{\"a\":" + objects + "}";
  EXPECT_EQ(refusal(objects), "nothing was thrown");
  EXPECT_SAYS(refusal("[" + objects + "]"), "nested deeper");
}

json random_value(std::mt19937_64& random, int depth) {
  switch (random() % (depth > 0 ? 7 : 5)) {
    case 0:
      return nullptr;
    case 1:
      return random() % 2 == 0;
    case 2:
      return static_cast<std::int64_t>(random());
    case 3:
      return static_cast<double>(static_cast<std::int64_t>(random())) / 1e9;
    case 4:
      return std::string(random() % 5, static_cast<char>(random() % 128));
    case 5: {
      auto list = json::array();
      for (auto n = random() % 4; n > 0; --n) list.push_back(random_value(random, depth - 1));
      return list;
    }
    default: {
      auto object = json::object();
      for (auto n = random() % 4; n > 0; --n)
        object[std::to_string(random() % 9)] = random_value(random, depth - 1);
      return object;
    }
  }
}

TEST(Json, ReadsBackEveryValueAndNothingElseOfDamagedText) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 500; ++round) {
    const auto value = random_value(random, 5);
    auto text = value.dump(static_cast<int>(random() % 3) - 1);
    ASSERT_EQ(parse_json(text, "run.json"), value) << text;
    text[random() % text.size()] = static_cast<char>(random());
    try {  // an Error, or what another parser reads too
      const auto read = parse_json(text, "run.json");
      EXPECT_EQ(read, json::parse(text)) << text;
    } catch (const Error&) {
    }
  }
}

TEST(Json, DescribesValues) {
  EXPECT_EQ(describe_json(nullptr), "null");
  EXPECT_EQ(describe_json({{"a", 1}}), "an object");
  EXPECT_EQ(describe_json({1, 2}), "a list");
  EXPECT_EQ(describe_json("x"), "the text \"x\"");
  EXPECT_EQ(describe_json(3.5), "3.5");
  EXPECT_EQ(describe_json(true), "true");
  EXPECT_LT(describe_json(std::string(1000, 'x')).size(), 100u);
}

}  // namespace
}  // namespace aelab
