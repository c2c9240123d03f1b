#include "aelab/core/config.h"

#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <nlohmann/json.hpp>

#include "aelab/core/schedule.h"
#include "tests/support.h"

namespace aelab {
namespace {

using nlohmann::json;

enum class Color { red, green, blue };
std::span<const std::string_view> names(Color) {
  static constexpr std::array<std::string_view, 3> kNames = {"red", "green", "blue"};
  return kNames;
}

/// An interface with two kinds of its own; a number stands for a square.
class Figure {
 public:
  static Registry<Figure>& registry();
  virtual ~Figure() = default;
  virtual double area() const = 0;
};

class Square : public Figure {
 public:
  struct Config {
    static constexpr std::string_view kind = "square";
    static constexpr std::string_view summary = "four equal sides";
    double side = 1;
    void fields(Fields& f) { f("side", side, "length of a side", above(0)); }
    static std::vector<Config> examples() { return {{}}; }
  };
  explicit Square(const Config& config) : config_(config) {}
  double area() const override { return config_.side * config_.side; }

 private:
  Config config_;
};

class Group : public Figure {
 public:
  struct Config {
    static constexpr std::string_view kind = "group";
    static constexpr std::string_view summary = "several figures";
    std::vector<Choice<Figure>> members = {};
    Color color = Color::red;
    void fields(Fields& f) {
      f("members", members, "its figures");
      f("color", color, "of all of them");
    }
    static std::vector<Config> examples() { return {{}}; }
  };
  explicit Group(const Config& config) : config_(config) {}
  double area() const override {
    double sum = 0;
    for (const auto& member : config_.members) sum += member.make()->area();
    return sum;
  }

 private:
  Config config_;
};

Registry<Figure>& Figure::registry() {
  static auto registry = [] {
    Registry<Figure> kinds("figure", "figures", "shape");
    kinds.add<Square>().add<Group>();
    kinds.number_means("square", "side");
    return kinds;
  }();
  return registry;
}

struct Base {
  std::int64_t count = 3;
  void fields(Fields& f) { f("count", count, "how many", between(1, 10)); }
};

struct Inner {
  double rate = 0.5;
  std::optional<std::string> label = {};
  void fields(Fields& f) {
    f("rate", rate, "a share", Bounds{.least = 0, .most = 1, .open = true});
    f("label", label, "a name");
  }
};

/// One member of every type that a config may have.
struct Outer {
  Base base = {};
  bool flag = false;
  std::string text = "plain";
  Color color = Color::green;
  std::optional<double> limit = {};
  std::vector<std::int64_t> widths = {};
  std::vector<Inner> inners = {};
  Inner inner = {};
  Choice<Figure> figure = Square::Config{};
  Schedule weight = 1;
  double low = 0, high = 1;

  void fields(Fields& f) {
    base.fields(f);
    f("flag", flag, "yes or no");
    f("text", text, "any text");
    f("color", color, "a color");
    f("limit", limit, "a limit", at_least(0));
    f("widths", widths, "some widths", at_least(1));
    f("inners", inners, "some more");
    f("inner", inner, "one of them");
    f("figure", figure, "a figure");
    f("weight", weight, "a schedule");
    f("low", low, "less than high");
    f("high", high, "more than low");
    f.require(low < high, "high", "must be above low");
  }
};

std::string refusal_of(const std::string& text) {
  Outer config;
  return message_of<Error>([&] { read_config(json::parse(text), config, "file"); });
}

Outer read_outer(const std::string& text) {
  Outer config;
  read_config(json::parse(text), config, "file");
  return config;
}

TEST(Config, KeepsWhatIsAbsent) {
  const auto config = read_outer("{}");
  const Outer untouched;
  EXPECT_EQ(write_config(config), write_config(untouched));
  EXPECT_EQ(read_outer(R"({"count": 7})").base.count, 7);
  EXPECT_EQ(read_outer(R"({"count": 7})").text, "plain");
}

TEST(Config, ReadsEveryTypeOfMember) {
  const auto config = read_outer(R"({
      "count": 10, "flag": true, "text": "", "color": "blue", "limit": 2, "widths": [4, 5],
      "inners": [{"rate": 0.25}, {"label": "x"}], "inner": {"rate": 0.75}, "low": -1, "high": 1e3,
      "figure": {"shape": "group", "color": "blue", "members": ["square", 3, {"shape": "square", "side": 2}]},
      "weight": {"kind": "cosine", "from": 1, "to": 0}})");
  EXPECT_EQ(config.base.count, 10);
  EXPECT_TRUE(config.flag);
  EXPECT_EQ(config.text, "");
  EXPECT_EQ(config.color, Color::blue);
  EXPECT_EQ(config.limit, 2.0);
  EXPECT_EQ(config.widths, (std::vector<std::int64_t>{4, 5}));
  ASSERT_EQ(config.inners.size(), 2u);
  EXPECT_EQ(config.inners[0].rate, 0.25);
  EXPECT_EQ(config.inners[1].label, "x");
  EXPECT_EQ(config.inner.rate, 0.75);
  EXPECT_EQ(config.high, 1000);
  EXPECT_EQ(config.figure.make()->area(), 1 + 9 + 4);
  EXPECT_EQ(config.figure.get_if<Group::Config>()->color, Color::blue);
  EXPECT_EQ(config.figure.get_if<Square::Config>(), nullptr);
  EXPECT_EQ(config.weight.at(0, 10), 1);
}

TEST(Config, ReadsNamesAndNumbersForChoices) {
  EXPECT_EQ(read_outer(R"({"figure": "group"})").figure.kind(), "group");
  EXPECT_EQ(read_outer(R"({"figure": 3})").figure.make()->area(), 9);
  EXPECT_EQ(read_outer(R"({"weight": 0.25})").weight.at(3, 10), 0.25);
  EXPECT_SAYS(refusal_of(R"({"figure": -3})"), "figure");
  EXPECT_SAYS(refusal_of(R"({"figure": -3})"), "must be above 0, is -3");
}

TEST(Config, WritesTheShortestForms) {
  Outer config;
  EXPECT_EQ(write_config(config)["figure"], 1.0);
  EXPECT_FALSE(write_config(config).contains("limit"));  // unset
  config.figure = Group::Config{.members = {Square::Config{.side = 2}}};
  EXPECT_EQ(write_config(config)["figure"],
            json::parse(R"({"shape": "group", "color": "red", "members": [2.0]})"));
}

TEST(Config, ReportsEveryErrorAtOnceEachWithItsPath) {
  const auto message = refusal_of(R"({
      "count": 11, "flag": 1, "text": 2, "color": "gren", "limit": -1, "widths": [1, 0, 2.0, "3"],
      "inners": [{}, {"rat": 1}, {"rate": 1}], "inner": [], "low": 2,
      "figure": {"shape": "group", "members": [{"shape": "sqare"}, {"side": 1}, {"shape": "square", "size": 2}, null]},
      "weigth": 3})");
  const std::vector<std::string> lines = {
      "count: must be between 1 and 10, is 11",
      "flag: must be true or false, not 1",
      "text: must be a string, not 2: write \"2\"",
      "color: must be one of red, green, blue, not \"gren\": write \"green\"",
      "limit: must be at least 0, is -1",
      "widths[1]: must be at least 1, is 0",
      "widths[2]: must be a whole number, not 2.0",
      "widths[3]: must be a whole number, not \"3\": write 3",
      "inners[1].rat: unknown key. Did you mean \"rate\"?",
      "inners[2].rate: must be between 0 and 1 (both excluded), is 1",
      "inner: must be an object, not a list",
      "figure.members[0].shape: unknown figure \"sqare\". Did you mean \"square\"?",
      "figure.members[1]: lacks \"shape\": write \"shape\": \"square\"",
      "figure.members[2].size: unknown key. Did you mean \"side\"?",
      "figure.members[3]: must be a number, an object with \"shape\" or the name of a figure, not null",
      "high: must be above low",
      "weigth: unknown key. Did you mean \"weight\"?",
  };
  EXPECT_SAYS(message, "file: " + std::to_string(lines.size()) + " errors");
  for (const auto& line : lines) EXPECT_SAYS(message, "\n  " + line);
}

TEST(Config, OneErrorStandsInOneLine) {
  EXPECT_EQ(refusal_of(R"({"count": 0})"), "file: count: must be between 1 and 10, is 0");
  EXPECT_EQ(refusal_of("[]"), "file: must be an object, not a list");
  EXPECT_EQ(refusal_of(R"({"figure": {"shape": 3}})"),
            "file: figure.shape: must be the name of a figure, not 3");
}

TEST(Config, NumbersAreNeverConverted) {
  EXPECT_SAYS(refusal_of(R"({"count": 2.0})"), "count: must be a whole number, not 2.0");
  EXPECT_SAYS(refusal_of(R"({"count": "2"})"), "must be a whole number");
  EXPECT_SAYS(refusal_of(R"({"count": true})"), "must be a whole number");
  EXPECT_SAYS(refusal_of(R"({"low": "0"})"), "low: must be a number");
  EXPECT_SAYS(refusal_of(R"({"low": null})"), "low: must be a number, not null");
  EXPECT_SAYS(refusal_of(R"({"flag": 0})"), "must be true or false");
  EXPECT_EQ(read_outer(R"({"low": 0})").low, 0);  // but a whole number is a number
}

TEST(Config, BoundsAreOpenOrClosed) {
  for (const auto* rate : {"0", "1", "-0.1", "1.1"})
    EXPECT_SAYS(refusal_of(std::string(R"({"inner": {"rate": )") + rate + "}}"), "both excluded") << rate;
  EXPECT_EQ(refusal_of(R"({"inner": {"rate": 0.999}})"), "nothing was thrown");
  for (const auto* count : {"1", "10"})
    EXPECT_EQ(refusal_of(std::string(R"({"count": )") + count + "}"), "nothing was thrown");
  EXPECT_SAYS(refusal_of(R"({"figure": {"shape": "square", "side": 0}})"),
              "figure.side: must be above 0, is 0");
  constexpr double kNotFinite[] = {std::numeric_limits<double>::quiet_NaN(),
                                   std::numeric_limits<double>::infinity()};
  for (const double value : kNotFinite) EXPECT_FALSE(above(0).allow(value) && between(0, 1).allow(value));
}

TEST(Config, ARuleIsSilentWhereItsFieldIsWrongAnyway) {
  const auto message = refusal_of(R"({"low": 5, "high": "x"})");
  EXPECT_EQ(message, "file: high: must be a number, not \"x\"");
}

TEST(Config, WrittenConfigsReadBackEqual) {
  Outer config =
      read_outer(R"({"widths": [1, 2], "limit": 0.1, "inners": [{"label": "a"}, {}], "color": "red",
      "figure": {"shape": "group", "members": ["group", 2, {"shape": "group", "members": [0.1]}]},
      "weight": {"kind": "cosine", "from": 0.30000000000000004, "to": 1e-300}})");
  const auto written = write_config(config);
  Outer read;
  read_config(json::parse(written.dump()), read, "file");
  EXPECT_EQ(write_config(read), written);
  EXPECT_EQ(read.figure.make()->area(), 4 + 0.1 * 0.1);
}

TEST(Config, ListsReplaceTheirDefaults) {
  Outer config;
  config.widths = {1, 2, 3};
  config.inners = {{.rate = 0.9, .label = "default"}};
  read_config(json::parse(R"({"widths": [7], "inners": [{}]})"), config, "file");
  EXPECT_EQ(config.widths, std::vector<std::int64_t>{7});
  EXPECT_EQ(config.inners.front().label, std::nullopt);  // nothing of the old entry shines through
}

TEST(Config, ChecksWhatWasMadeInCpp) {
  Outer config;
  const auto refusal = [&] { return message_of<Error>([&] { check_config(config, "Outer"); }); };
  EXPECT_EQ(refusal(), "nothing was thrown");
  config.base.count = 0;
  config.low = 9;
  EXPECT_SAYS(refusal(), "Outer: 2 errors");
  config = {};
  config.low = -std::numeric_limits<double>::infinity();
  EXPECT_SAYS(refusal(), "low: must be finite, is -inf");
  config.low = std::numeric_limits<double>::quiet_NaN();
  EXPECT_SAYS(refusal(), "low: must be finite, is nan");
  config = {};
  config.inner.rate = std::numeric_limits<double>::quiet_NaN();
  EXPECT_SAYS(refusal(), "inner.rate: must be finite, is nan");
}

/// Fields that stand only beside others, and a flattened choice.
struct Conditional {
  bool deep = false;
  std::int64_t depth = 2;
  Choice<Figure> figure = {};
  void fields(Fields& f) {
    f("deep", deep, "whether there is a depth");
    if (deep || f.describing()) f("depth", depth, "how deep", at_least(1));
    f.flatten(figure);
    f.require(!figure.empty(), "", "needs a figure");
  }
};

std::string refusal_of_conditional(const std::string& text) {
  Conditional config;
  return message_of<Error>([&] { read_config(json::parse(text), config, "file"); });
}

TEST(Config, ListsFieldsThatDependOnOthers) {
  EXPECT_EQ(refusal_of_conditional(R"({"deep": true, "depth": 3, "shape": "square", "side": 2})"),
            "nothing was thrown");
  EXPECT_SAYS(refusal_of_conditional(R"({"depth": 3, "shape": "square"})"), "depth: unknown key");
  Conditional config{.figure = Square::Config{.side = 2}};
  EXPECT_EQ(write_config(config), json::parse(R"({"deep": false, "shape": "square", "side": 2.0})"));
  EXPECT_TRUE(config_schema(config).dump().find("\"depth\"") != std::string::npos);
}

TEST(Config, FlattensChoicesBesideOtherFields) {
  EXPECT_SAYS(refusal_of_conditional(R"({"deep": false})"),
              "lacks \"shape\": say which figure (square, group)");
  EXPECT_SAYS(refusal_of_conditional(R"({"shape": "circle"})"),
              "shape: unknown figure \"circle\". Known: square, group.");
  EXPECT_SAYS(refusal_of_conditional(R"({"shape": "group", "side": 2})"), "side: unknown key");
  EXPECT_SAYS(refusal_of_conditional(R"({"shape": "square", "side": 0, "dep": 1})"), "2 errors");
  EXPECT_EQ(refusal_of_conditional(R"("square")"), "nothing was thrown");
}

TEST(Config, SchemaHoldsTypesBoundsDefaultsAndHelp) {
  Outer config;
  const auto schema = config_schema(config);
  const auto& properties = schema["properties"];
  EXPECT_EQ(schema["$schema"], "http://json-schema.org/draft-07/schema#");
  EXPECT_EQ(schema["additionalProperties"], false);
  EXPECT_EQ(json(properties["count"]),
            json::parse(R"({"type": "integer", "minimum": 1.0, "maximum": 10.0, "default": 3,
                                                 "description": "how many"})"));
  EXPECT_EQ(properties["inner"]["properties"]["rate"]["exclusiveMaximum"], 1.0);
  EXPECT_LT(std::distance(properties.begin(), properties.find("count")),
            std::distance(properties.begin(), properties.find("color")));  // as listed
  EXPECT_EQ(json(properties["color"]["enum"]), (json{"red", "green", "blue"}));
  EXPECT_EQ(properties["widths"]["items"]["type"], "integer");
  EXPECT_EQ(properties["figure"]["anyOf"][0]["$ref"], "#/definitions/figures");
  const auto& of_default = properties["figure"]["anyOf"][1]["allOf"][0];  // a square without "shape"
  EXPECT_TRUE(of_default["properties"].contains("side") && !of_default["properties"].contains("shape"));
  EXPECT_TRUE(schema["definitions"].contains("figures") && schema["definitions"].contains("schedules"));
  EXPECT_EQ(kind_schema(Figure::registry().at("square"))["properties"]["side"]["exclusiveMinimum"], 0.0);
}

TEST(Registry, RefusesASecondOfItsNameOrConfig) {
  Registry<Figure> kinds("figure", "figures", "shape");
  kinds.add<Square>();
  EXPECT_THROW(kinds.add<Square>(), std::logic_error);
  EXPECT_EQ(kinds.names(), std::vector<std::string>{"square"});
}

TEST(Registry, FindsByNameOrSuggests) {
  const auto& kinds = Figure::registry();
  EXPECT_EQ(kinds.at("group").summary, "several figures");
  EXPECT_EQ(kinds.find("circle"), nullptr);
  EXPECT_EQ(message_of<Error>([&] { kinds.at("squar"); }),
            "unknown figure \"squar\". Did you mean \"square\"?");
  EXPECT_EQ(message_of<Error>([&] { kinds.at("circle"); }),
            "unknown figure \"circle\". Known: square, group.");
}

/// Registered nowhere.
struct Stranger {
  struct Config {
    static constexpr std::string_view kind = "stranger";
    void fields(Fields&) {}
  };
};

TEST(Registry, RefusesConfigsOfKindsThatAreNotListed) {
  EXPECT_SAYS(message_of<Error>([] { Choice<Figure> choice = Stranger::Config{}; }),
              "figure \"stranger\" is not registered: add it to figures first");
}

TEST(Choice, CopiesAreIndependent) {
  Choice<Figure> a = Square::Config{.side = 2}, b = a;
  read_config(json(5), b, "b");
  EXPECT_EQ(a.make()->area(), 4);
  EXPECT_EQ(b.make()->area(), 25);
  Choice<Figure> empty;
  EXPECT_TRUE(empty.empty());
  EXPECT_SAYS(message_of<Error>([&] { empty.make(); }), "no figure is chosen");
  EXPECT_SAYS(message_of<Error>([&] { empty.kind(); }), "no figure is chosen");
}

}  // namespace
}  // namespace aelab
