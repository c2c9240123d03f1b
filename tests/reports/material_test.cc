#include "aelab/reports/material.h"

#include "tests/reports/records.h"

namespace aelab {
namespace {

namespace fs = std::filesystem;

struct Reading : testing::Test {
  TemporaryFolder temporary;
  Material material;
  Folder folder{temporary.path(), material};

  /// What the one gap says.
  std::string gap() const { return material.gaps().size() == 1 ? material.gaps().front() : "not one gap"; }
};

TEST(ViewTest, WhatIsOfAnotherTypeIsEmpty) {
  const auto value =
      Json::parse(R"({"text": "a", "number": 3, "list": [1, "b"], "nothing": null, "yes": true})");
  const View view(value);
  EXPECT_EQ(view["text"].text(), "a");
  EXPECT_EQ(view["number"].text(), "");
  EXPECT_EQ(view["number"].number(), 3);
  EXPECT_FALSE(view["text"].number());
  EXPECT_EQ(view["list"].list().size(), 2U);
  EXPECT_TRUE(view["text"].list().empty());
  EXPECT_TRUE(view["list"].members().empty());
  EXPECT_EQ(view["absent"]["deeper"]["still"].text(), "");
  EXPECT_EQ(view["text"]["key"].shown(), "");
  EXPECT_TRUE(view["yes"].is_true());
  EXPECT_FALSE(view["number"].is_true());
  EXPECT_EQ(view["list"].shown(), R"([1,"b"])");
  EXPECT_EQ(view["nothing"].shown(), "");
}

TEST(ViewTest, NumbersAreCutToSixDigits) {
  EXPECT_EQ(shortened(0.123456789), 0.123457);
  EXPECT_EQ(shortened(-12345.6789), -12345.7);
  EXPECT_EQ(shortened(1234567.0), 1234567.0) << "whole numbers stay as they are";
  EXPECT_EQ(shortened(0), 0);
  EXPECT_EQ(shortened(3.0).dump(), "3");
  EXPECT_EQ(shortened(5e-324), 5e-324);
  EXPECT_DOUBLE_EQ(shortened(1.23456789e300).get<double>(), 1.23457e300);
}

TEST_F(Reading, AMissingFileIsAGap) {
  EXPECT_TRUE(folder.read("status.json").is_null());
  EXPECT_EQ(gap(), "status.json: is missing");
}

TEST_F(Reading, BrokenJsonIsAGapThatSaysWhere) {
  put_file(temporary / "status.json", "{\n\"a\": }");
  EXPECT_TRUE(folder.read("status.json").is_null());
  EXPECT_SAYS(gap(), "status.json: ");
  EXPECT_SAYS(gap(), "status.json: 2:6: ");
  EXPECT_EQ(gap().find(temporary.path().string()), std::string::npos);
}

TEST_F(Reading, AnotherFormatIsReadAndNamed) {
  put_json(temporary / "comparison.json", {{"format", 0}, {"name", "old"}});
  EXPECT_EQ(folder.read("comparison.json").at("name"), "old");
  EXPECT_SAYS(gap(), "has format 0, this version of aelab writes 1");
}

TEST_F(Reading, LinesThatAreNoObjectsAreLeftOut) {
  put_file(temporary / "metrics.jsonl", "{\"epoch\": 1}\n[1]\n{\"epoch\": 2}\n{\"epoch\": 3, \"cut");
  EXPECT_EQ(folder.read_lines("metrics.jsonl").size(), 2U);
  EXPECT_SAYS(gap(), "metrics.jsonl: line 2 is not a JSON object");
}

TEST_F(Reading, OnlyTheEndOfALongText) {
  put_file(temporary / "log.txt", "first\nsecond\nthird\n");
  EXPECT_EQ(folder.read_end("log.txt", 100), "first\nsecond\nthird\n");
  EXPECT_EQ(folder.read_end("log.txt", 8), "...\nthird\n");
}

TEST_F(Reading, PicturesAreBase64OfTheirBytes) {
  // RFC 4648, section 10: "foobar" is Zm9vYmFy, "fooba" Zm9vYmE=, "foob" Zm9vYg==. Here behind a PNG's head
  // of 24 bytes, which is 32 digits long.
  const std::string head = small_picture().substr(0, 24);
  for (const auto& [tail, digits] :
       {std::pair("foobar", "Zm9vYmFy"), {"fooba", "Zm9vYmE="}, {"foob", "Zm9vYg=="}}) {
    put_file(temporary / "a.png", head + tail);
    const auto picture = folder.read_picture("a.png");
    EXPECT_EQ(picture.at("png").get<std::string>().substr(0, 11), "iVBORw0KGgo");
    EXPECT_EQ(picture.at("png").get<std::string>().substr(32), digits);
    EXPECT_EQ(picture.at("width"), 3);
    EXPECT_EQ(picture.at("height"), 2);
  }
  EXPECT_TRUE(material.gaps().empty());
}

TEST_F(Reading, WhatIsNoPictureOrTooMuchIsAGap) {
  put_file(temporary / "a.png", "<svg onload=alert(1)>");
  EXPECT_TRUE(folder.read_picture("a.png").is_null());
  EXPECT_SAYS(gap(), "a.png: is not a PNG file");
  put_file(temporary / "b.png", small_picture() + std::string(1'600'000, 'x'));
  EXPECT_TRUE(folder.read_picture("b.png").is_null());
  EXPECT_SAYS(material.gaps().back(), "b.png: is left out");
}

TEST_F(Reading, NoPathLeadsOutOfTheFolder) {
  EXPECT_TRUE(folder.within("runs/dense/seed-1"));
  for (const auto* path : {"../other", "runs/../../other", "/etc", ""})
    EXPECT_FALSE(folder.within(path)) << path;
  EXPECT_EQ(material.gaps().size(), 4U);
}

TEST_F(Reading, GapsWithinAFolderNameIt) {
  folder.within("runs/dense")->read("config.json");
  EXPECT_EQ(gap(), "runs/dense/config.json: is missing");
}

}  // namespace
}  // namespace aelab
