#include "aelab/core/described_kind.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "aelab/core/config.h"
#include "tests/support.h"

namespace aelab {
namespace {

using nlohmann::json;

/// An interface whose only kinds are described by values.
class Curve {
 public:
  static Registry<Curve, double>& registry();
  virtual ~Curve() = default;
  virtual double height() const = 0;
};

class Computed : public Curve {
 public:
  explicit Computed(double height) : height_(height) {}
  double height() const override { return height_; }

 private:
  double height_;
};

Registry<Curve, double>& Curve::registry() {
  static auto registry = [] {
    auto line = described_kind("line", "a straight line",
                               {{"slope", "its slope", 2.0, at_least(0)},
                                {"name", "what it is called", std::string("a")},
                                {"knots", "its knots", std::vector<std::int64_t>{1, 2}, at_least(1)}});
    line.others = {"affine"};
    line.capabilities = {"is straight"};
    line.terms = {"tilt"};
    Registry<Curve, double> kinds("curve", "curves", "kind");
    kinds.add(std::move(line), [](const Settings& settings, double x) {
      return std::make_shared<Computed>(static_cast<const DescribedSettings&>(settings).get<double>("slope") *
                                        x);
    });
    kinds.add(described_kind("level", "the same everywhere", {{"round", "to integers", false}}),
              [](const Settings& settings, double) {
                return std::make_shared<Computed>(
                    static_cast<const DescribedSettings&>(settings).get<bool>("round") ? 1 : 0.5);
              });
    return kinds;
  }();
  return registry;
}

TEST(DescribedKind, IsListedWithWhatItDeclares) {
  const auto& kinds = Curve::registry();
  EXPECT_EQ(kinds.names(), (std::vector<std::string>{"line", "level"}));
  EXPECT_EQ(kinds.at("line").summary, "a straight line");
  EXPECT_EQ(kinds.at("line").terms, std::vector<std::string>{"tilt"});
  EXPECT_TRUE(Choice<Curve>::named("line").can("is straight"));
  EXPECT_FALSE(Choice<Curve>::named("level").can("is straight"));
  EXPECT_SAYS(message_of<Error>([&] { kinds.at("Affine"); }), "Did you mean \"line\"?");
  ASSERT_EQ(kinds.at("line").examples().size(), 1u);
  auto again = Curve::registry();
  EXPECT_THROW(again.add(described_kind("line", "another", {}), {}), std::logic_error);
}

TEST(DescribedKind, IsReadWrittenAndMadeLikeAnyOther) {
  Choice<Curve> curve;
  read_config(json::parse(R"({"kind": "line", "slope": 3, "knots": [4]})"), curve, "file");
  EXPECT_EQ(write_config(curve), json::parse(R"({"kind": "line", "slope": 3.0, "name": "a", "knots": [4]})"));
  EXPECT_EQ(curve.make(2.0)->height(), 6);
  auto copy = curve;
  read_config(json::parse(R"({"slope": 5})"), copy, "file");  // without a kind, another value of its field
  EXPECT_EQ(copy.make(2.0)->height(), 10);
  EXPECT_EQ(curve.make(2.0)->height(), 6);
  read_config(json("level"), curve, "file");
  EXPECT_EQ(curve.kind(), "level");
  EXPECT_EQ(curve.make(2.0)->height(), 0.5);
}

TEST(DescribedKind, StandsInTheSchemaAndRefusesBadFields) {
  const auto properties = kind_schema(Curve::registry().at("line"))["properties"];
  EXPECT_EQ(properties["slope"]["minimum"], 0.0);
  EXPECT_EQ(properties["slope"]["default"], 2.0);
  EXPECT_EQ(properties["slope"]["description"], "its slope");
  EXPECT_EQ(properties["knots"]["items"]["type"], "integer");
  const auto refusal = [](const char* text) {
    Choice<Curve> curve;
    return message_of<Error>([&] { read_config(json::parse(text), curve, "file"); });
  };
  EXPECT_SAYS(refusal(R"({"kind": "line", "slope": -1})"), "slope: must be at least 0, is -1");
  EXPECT_SAYS(refusal(R"({"kind": "line", "slop": 1})"), "slop: unknown key. Did you mean \"slope\"?");
  EXPECT_SAYS(refusal(R"({"kind": "line", "knots": [0.5]})"), "knots[0]: must be a whole number");
  EXPECT_SAYS(refusal(R"({"kind": "level", "round": 1})"), "round: must be true or false");
}

TEST(DescribedKind, HasItsFieldsByNameAndType) {
  const DescribedSettings settings("line", {{"slope", "its slope", 2.0}});
  EXPECT_EQ(settings.get<double>("slope"), 2);
  EXPECT_THROW(settings.get<bool>("slope"), std::logic_error);
  EXPECT_THROW(settings.get<double>("height"), std::logic_error);
}

}  // namespace
}  // namespace aelab
