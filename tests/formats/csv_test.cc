#include "aelab/data/formats/csv.h"

#include <gtest/gtest.h>

#include "aelab/core/error.h"
#include "tests/support.h"

namespace aelab {
namespace {

using Floats = std::vector<float>;
using Texts = std::vector<std::string>;

CsvTable csv_of(const std::string& text, const CsvFormat& format = {}) {
  return parse_csv(text, format, "t.csv");
}
std::string csv_refusal(const std::string& text, const CsvFormat& format = {}) {
  return message_of<Error>([&] { csv_of(text, format); });
}

TEST(Csv, ReadsNumbersHeadersAndLabels) {
  const auto table = csv_of("a,b,kind\n1,2.5,x\r\n-3e2, +4 ,\"y, z\"\n\n", {.label = "kind"});
  EXPECT_EQ(table.columns, (Texts{"a", "b"}));
  EXPECT_EQ(table.values, (Floats{1, 2.5, -300, 4}));
  EXPECT_EQ(table.labels, (Texts{"x", "y, z"}));
  EXPECT_EQ(table.rows, 2);
}

TEST(Csv, FindsOutWhetherThereIsAHeaderOrAsks) {
  EXPECT_EQ(csv_of("1,2\n3,4").rows, 2);
  EXPECT_EQ(csv_of("a,b\n3,4").rows, 1);
  EXPECT_SAYS(csv_refusal("1,a\n3,4"), "t.csv:1: say whether this row names the columns");
  EXPECT_SAYS(csv_refusal("0,1\n3,4"), "t.csv:1: say whether");  // pandas' names of unnamed columns
  EXPECT_EQ(csv_of("0,1\n3,4", {.header = true}).values, (Floats{3, 4}));
  EXPECT_EQ(csv_of("0,1\n3,4", {.header = false}).values, (Floats{0, 1, 3, 4}));
}

TEST(Csv, LeavesColumnsOut) {
  const auto table = csv_of("id;a;b\n7;1;2\n8;3;4", {.delimiter = ';', .label = "2", .ignore = {"id"}});
  EXPECT_EQ(table.values, (Floats{1, 3}));
  EXPECT_EQ(table.labels, (Texts{"2", "4"}));
  EXPECT_SAYS(csv_refusal("id,a\n1,2", {.label = "idd"}),
              "t.csv:1: has no column \"idd\". Did you mean \"id\"?");
  EXPECT_SAYS(csv_refusal("id\n1", {.ignore = {"id"}}), "no column of values is left");
}

TEST(Csv, QuotesMayHoldDelimitersQuotesAndLines) {
  const auto table = csv_of("a,k\n1,\"x\"\"y\n,z\"\n\"2\",w\n", {.label = "k"});
  EXPECT_EQ(table.labels, (Texts{"x\"y\n,z", "w"}));
  EXPECT_EQ(table.values, (Floats{1, 2}));
  EXPECT_SAYS(csv_refusal("a,b\n1,\"2\n"), "t.csv:2: a quote is opened and never closed");
  EXPECT_SAYS(csv_refusal("a,b\n1,\"2\"3\n"), "t.csv:2: column 2: text follows a closing quote");
}

TEST(Csv, NamesEveryMistakeByLineAndColumn) {
  const auto said = csv_refusal("a,b\n1,\n1,2,3\nx,nan\n,1e999\n5,6\n");
  EXPECT_SAYS(said, "t.csv:2: column 1 (\"b\"): 2 values are missing, this is the first; fill them");
  EXPECT_SAYS(said, "t.csv:3: has 3 fields, the first row has 2");
  EXPECT_SAYS(said, "t.csv:4: column 0 (\"a\"): \"x\" is not a number");
  EXPECT_SAYS(said, "t.csv:5: column 0 (\"a\"): the value is missing");
  EXPECT_SAYS(said, "t.csv:5: column 1 (\"b\"): 1e999 is infinite, or too large");
  EXPECT_EQ(said.find(":6:"), std::string::npos);
  EXPECT_SAYS(csv_refusal("a,k\n1,\n", {.label = "k"}), "t.csv:2: column 1 (\"k\"): the label is missing");
  EXPECT_SAYS(csv_refusal(""), "t.csv: has no rows");
  EXPECT_SAYS(csv_refusal("a,b\n"), "t.csv: has no rows below its header");
}

TEST(Csv, LinesAreCountedAcrossQuotedFields) {
  const auto said = csv_refusal("a,k\n1,\"x\ny\nz\"\nw,v\n2,\"x\n\"\n,u\n", {.label = "k"});
  EXPECT_SAYS(said, "t.csv:5: column 0 (\"a\"): \"w\" is not a number");
  EXPECT_SAYS(said, "t.csv:8: column 0 (\"a\"): the value is missing");
}

TEST(Csv, TellsTenMistakesAtMost) {
  std::string text = "a\n1\n";
  for (int i = 0; i < 100; ++i) text += "x\n";
  const auto said = csv_refusal(text);
  EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 10);
  EXPECT_SAYS(said, "reading stopped after 10 errors");
}

TEST(Csv, SaysWhatToDoAboutFirstMistakes) {
  const auto text = csv_refusal("a,kind\n1,x\n2,y\n3,z\n");
  EXPECT_SAYS(text,
              "t.csv:2: column 1 (\"kind\"): \"x\" is not a number; name a column of text as \"label\"");
  EXPECT_EQ(text.find('\n'), std::string::npos);  // a column of text is one mistake
  EXPECT_SAYS(csv_refusal("a;kind\n1;x\n", {.delimiter = ',', .label = "kind"}),
              "has no column \"kind\". Set \"delimiter\" to \";\"?");
  EXPECT_SAYS(csv_refusal("a\tb\n1\t2,5\n", {.delimiter = ','}),
              "has 2 fields, the first row has 1. Set \"delimiter\" to \"\\t\"?");
  EXPECT_SAYS(csv_refusal("a,a,b\n1,2,3\n", {.label = "a"}),
              "two columns are called \"a\": name it by its number");
  EXPECT_SAYS(csv_refusal("a,k\n1,s\xe9t\n", {.label = "k"}), "t.csv:2: column 1 (\"k\"): is not UTF-8");
}

TEST(Csv, NumbersAreTheNearestFloats) {
  EXPECT_EQ(csv_of("0.1,16777217,1e-50,3.4028235e38").values, (Floats{0.1f, 16777216.f, 0, 3.4028235e38f}));
}

}  // namespace
}  // namespace aelab
