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

TEST(Json, SaysWhatToWrite) {
  const std::pair<const char*, const char*> kErrors[] = {
      {"{\"a\": 1,\n}", "1:8: remove the trailing comma"},
      {"[1, [2, 3, ] ]", "1:10: remove the trailing comma"},
      {"{\"a\": 'b'}", "1:7: JSON strings need double quotes (\")"},
      {"{'a': 1}", "1:2: JSON strings need double quotes (\")"},
      {"{\"a\": \xe2\x80\x9cx\xe2\x80\x9d}", "1:7: JSON strings need double quotes (\")"},
      {"{\"a\": 1, // mine\n\"b\": 2}", "1:10: JSON has no comments: remove it"},
      {"# mine\n{}", "1:1: JSON has no comments: remove it"},
      {"/* mine */ {}", "1:1: JSON has no comments: remove it"},
      {"{epochs: 1}", "1:2: keys need double quotes: write \"epochs\""},
      {"{\"a\": 1, b_2: 1}", "1:10: keys need double quotes: write \"b_2\""},
      {"{1: 2}", "1:2: keys need double quotes: write \"1\""},
      {"{\"a\": True}", "1:7: write true, not True"},
      {"[FALSE]", "1:2: write false, not FALSE"},
      {"[1, None]", "1:5: write null, not None"},
      {"[tru]", "1:2: write true, not tru"},
      {"[nan]", "1:2: nan is not JSON"},
      {"[-Infinity]", "1:2: -Infinity is not"},
      {"{\"a\": dense}", "1:7: strings need double quotes: write \"dense\""},
      {"{\"a\": 1\n \"b\": 2}", "2:2: a comma is missing before this"},
      {"[\"x, \\\"y\" \"z\\\"\"]", "1:11: a comma is missing before this"},
      {"[1 2]", "1:4: a comma is missing before this"},
      {"[{} {}]", "1:5: a comma is missing before this"},
      {"{\"a\" 1}", "1:6: a colon is missing after the key"},
      {"{\"a\"= 1}", "1:5: a colon is missing after the key"},
      {"{\"a\"}", "1:5: a key lacks its value"},
      {"{\"a\": }", "1:7: a value is missing before }"},
      {"[1,,2]", "1:4: a value is missing before ,"},
      {"{\"a\": 1]", "1:8: an object is closed by }, not ]"},
      {"[1}", "1:3: a list is closed by ], not }"},
      {"[\"a\": 1]", "1:5: a list has no keys"},
      {"{\"a\": [1", "1:8: the file ends before a list is closed: a ] is missing"},
      {"{\"a\": \"x", "1:8: a string lacks its closing double quote"},
      {"{\"a\": \"C:\\data\"}", "1:11: an unknown escape: write \\\\ for a backslash"},
      {"[01]", "1:2: a number has no leading zeros"},
      {"[.5]", "1:2: a number needs a digit before its decimal point"},
      {"[1.]", "1:2: a number needs a digit after its decimal point"},
      {"[+1]", "1:2: a number has no plus sign"},
      {"{} {}", "1:4: text after the end of the JSON value"},
  };
  for (const auto& [text, said] : kErrors)
    EXPECT_SAYS(refusal(text), std::string("run.json:") + said) << text;
}

TEST(Json, NoParsersWordsReachTheUser) {
  const std::string kWhole = R"({"a": [1, -2.5e3, true, null], "b": {"c": "d\n"}, "e": false})";
  for (std::size_t i = 0; i < kWhole.size(); ++i)
    for (const char c : std::string_view("{}[],:\"'x0-. #\n\x01\x80")) {
      auto text = kWhole;
      text[i] = c;
      const auto said = refusal(text);
      for (const auto* word : {"syntax error", "last read", "parse error", "literal", "json.exception"})
        EXPECT_EQ(said.find(word), std::string::npos) << text << said;
    }
}

TEST(Json, IsWrittenOnOneLine) {
  EXPECT_EQ(one_line(json::parse(R"({"a":[1,{"b":"c"}],"d":{}})")), R"({"a": [1, {"b": "c"}], "d": {}})");
  EXPECT_EQ(one_line("x"), "\"x\"");
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
  EXPECT_EQ(describe_json("x"), "\"x\"");
  EXPECT_EQ(describe_json(3.5), "3.5");
  EXPECT_EQ(describe_json(true), "true");
  EXPECT_LT(describe_json(std::string(1000, 'x')).size(), 100u);
}

}  // namespace
}  // namespace aelab
