#include "aelab/core/layout.h"

#include <gtest/gtest.h>

namespace aelab {
namespace {

TEST(Layout, WidthCountsColumnsNotBytes) {
  EXPECT_EQ(display_width("abc"), 3u);
  EXPECT_EQ(display_width("é"), 1u);         // two bytes
  EXPECT_EQ(display_width("e\u0301"), 1u);   // a combining accent
  EXPECT_EQ(display_width("漢字"), 4u);      // wide
  EXPECT_EQ(display_width("\xff\xfe"), 2u);  // not UTF-8: a column a byte
  EXPECT_EQ(display_width(""), 0u);
}

TEST(Layout, ShortenedIsCutBetweenCharacters) {
  EXPECT_EQ(shortened("abcdef", 6), "abcdef");
  EXPECT_EQ(shortened("abcdefg", 6), "abc...");
  EXPECT_EQ(shortened("漢字漢字", 6), "漢...");  // a second wide character would make 7
  EXPECT_EQ(shortened("abcdefg", 2), "..");
  EXPECT_EQ(shortened("abc", 0), "");
}

TEST(Layout, WrapsAtSpacesWithHangingIndent) {
  EXPECT_EQ(wrapped("one two three", 7), "one two\nthree");
  EXPECT_EQ(wrapped("  one two three", 9, 2), "  one two\n    three");
  EXPECT_EQ(wrapped("one two\nthree four five\n", 10), "one two\nthree four\nfive\n");
  EXPECT_EQ(wrapped("a  b", 10), "a  b");
  EXPECT_EQ(wrapped("- one two three", 9), "- one two\n  three");
  EXPECT_EQ(wrapped("漢字 漢字", 8), "漢字\n漢字");
}

TEST(Layout, WordsAreKeptWholeUnlessTheyHaveCommas) {
  EXPECT_EQ(wrapped("to 0.123456789012345 and", 10), "to\n0.123456789012345\nand");
  EXPECT_EQ(wrapped("a,b,c,d,e,f", 4), "a,b,\nc,d,\ne,f");
  EXPECT_EQ(wrapped("x a,b,c", 6), "x\na,b,c");  // fits a line of its own
}

TEST(Layout, QuotedTextsAreKeptWhole) {
  EXPECT_EQ(wrapped(R"({"ignore": ["batch", "note, a text"]})", 20),
            "{\"ignore\": [\"batch\",\n\"note, a text\"]}");
  EXPECT_EQ(wrapped(R"(a "b,c \" d" e)", 4), "a\n\"b,c \\\" d\"\ne");
  EXPECT_EQ(wrapped(R"(5" or 6" wide)", 6), "5\" or\n6\"\nwide");  // no quotes
  EXPECT_EQ(wrapped(R"(an "open one)", 8), "an \"open\none");
}

TEST(Layout, EntriesBeginAtTheirColumn) {
  EXPECT_EQ(entry("name", "one two", 8, 20), "name    one two\n");
  EXPECT_EQ(entry("name", "one two three", 8, 17), "name    one two\n        three\n");
  EXPECT_EQ(entry("a-long-name", "one", 8, 20), "a-long-name\n        one\n");
  EXPECT_EQ(entry("表", "one", 5, 20), "表   one\n");
  EXPECT_EQ(entry("name", "", 8, 20), "name\n");
}

TEST(Layout, PartsFlowOntoLines) {
  EXPECT_EQ(flowed({"epoch 1", "loss 0.5", "best"}, 40), "epoch 1  loss 0.5  best");
  EXPECT_EQ(flowed({"epoch 1", "loss 0.5", "best"}, 16), "epoch 1\n  loss 0.5  best");
  EXPECT_EQ(flowed({"epoch 1", "loss 0.5", "best"}, 17), "epoch 1  loss 0.5\n  best");
}

TEST(Layout, TablesAreAligned) {
  EXPECT_EQ(aligned({{"variant", "n", "mean"}, {"a", "10", "0.5"}, {"bb", "", "12"}}, 80),
            "  variant   n  mean\n"
            "  a        10   0.5\n"
            "  bb             12\n");
}

TEST(Layout, ColumnsBeyondTheWidthContinueBelow) {
  EXPECT_EQ(aligned({{"x", "first", "second", "third"}, {"a", "1", "2", "3"}}, 18),
            "  x  first  second\n"
            "  a      1       2\n"
            "\n"
            "  x  third\n"
            "  a      3\n");
}

TEST(Layout, HeadingsAreWrappedWhereThereIsNoRoom) {
  EXPECT_EQ(aligned({{"x", "95 % confidence interval"}, {"a", "1"}}, 29),
            "  x  95 % confidence interval\n"
            "  a                         1\n");
  EXPECT_EQ(aligned({{"x", "95 % interval", "standard deviation"}, {"a", "1", "2"}}, 35),
            "                     standard\n"
            "  x  95 % interval  deviation\n"
            "  a              1          2\n");
  EXPECT_EQ(aligned({{"x", "95 % confidence interval"}, {"a", "1"}}, 28),
            "           95 %\n"
            "     confidence\n"
            "  x    interval\n"
            "  a           1\n");
}

TEST(Layout, LongNamesStandAboveTheirRows) {
  EXPECT_EQ(aligned({{"x", "mean", "worst"}, {"a-name-of-many-letters", "0.25", "0.5"}, {"b", "1", "2"}}, 20),
            "  x  mean  worst\n"
            "  a-name-of-many-letters\n"
            "     0.25    0.5\n"
            "  b     1      2\n");
}

TEST(Layout, TablesCountColumnsNotBytes) {
  EXPECT_EQ(aligned({{"x", "n"}, {"é", "1"}, {"漢", "2"}}, 80),
            "  x   n\n"
            "  é   1\n"
            "  漢  2\n");
}

}  // namespace
}  // namespace aelab
