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
  EXPECT_SAYS(csv_refusal("id\n1", {.ignore = {"id"}}), "no feature columns are left");
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
  EXPECT_SAYS(said, "t.csv:3: has 3 fields, the first row has 2");
  EXPECT_SAYS(said, "t.csv:4: column 0 (\"a\"): \"x\" is not a number");
  EXPECT_SAYS(said, "t.csv:5: column 1 (\"b\"): 1e999 is infinite, or too large");
  EXPECT_EQ(said.find(":6:"), std::string::npos);
  const auto numbers = csv_refusal("a,b\n1,\n1,nan\n,2\n", {.numbers_only = true});
  EXPECT_SAYS(numbers, "t.csv:2: column 1 (\"b\"): 2 values are missing, the first in this row; fill them");
  EXPECT_SAYS(numbers, "t.csv:4: column 0 (\"a\"): the value is missing");
  EXPECT_SAYS(csv_refusal("a,k\n1,\n", {.label = "k"}), "t.csv:2: column 1 (\"k\"): the label is missing");
  EXPECT_SAYS(csv_refusal(""), "t.csv: has no rows");
  EXPECT_SAYS(csv_refusal("a,b\n"), "t.csv: has no rows below its header");
}

TEST(Csv, LinesAreCountedAcrossQuotedFields) {
  const auto said = csv_refusal("a,k\n1,\"x\ny\nz\"\nw,v\n2,\"x\n\"\n,u\n", {.label = "k"});
  EXPECT_SAYS(said, "t.csv:5: column 0 (\"a\"): \"w\" is not a number");
  EXPECT_SAYS(csv_refusal("a,k\n1,\"x\ny\nz\"\n,v\n", {.label = "k", .numbers_only = true}),
              "t.csv:5: column 0 (\"a\"): the value is missing");
}

TEST(Csv, TellsTenMistakesAtMost) {
  std::string text = "a\n1\n";
  for (int i = 0; i < 100; ++i) text += "1,2\n";
  const auto said = csv_refusal(text);
  EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 10);
  EXPECT_SAYS(said, "reading stopped after 10 errors");
}

TEST(Csv, SaysWhatToDoAboutFirstMistakes) {
  const auto text = csv_refusal("a,kind\n1,x\n2,y\n3,z\n", {.numbers_only = true});
  EXPECT_SAYS(text,
              "t.csv:2: column 1 (\"kind\"): \"x\" is not a number; if the column holds classes: \"label\": "
              "\"kind\"; "
              "otherwise leave it out: \"ignore\": [\"kind\"]");
  EXPECT_EQ(text.find('\n'), std::string::npos);  // a column of text is one mistake
  EXPECT_SAYS(csv_refusal("a;kind\n1;x\n", {.delimiter = ',', .label = "kind"}),
              "has no column \"kind\". Set \"delimiter\" to \";\"?");
  EXPECT_SAYS(csv_refusal("a\tb\n1\t2,5\n", {.delimiter = ','}),
              "has 2 fields, the first row has 1. Set \"delimiter\" to \"\\t\"?");
  EXPECT_SAYS(csv_refusal("a,a,b\n1,2,3\n", {.label = "a"}),
              "columns 0 and 1 are both called \"a\": give the number of one");
  EXPECT_SAYS(csv_refusal("a,k\n1,s\xe9t\n", {.label = "k"}), "t.csv:2: column 1 (\"k\"): is not UTF-8");
}

TEST(Csv, ColumnsMayBeNumbers) {
  EXPECT_EQ(csv_of("a,b,c\n1,2,3\n", {.label = "2", .ignore = {"0"}}).values, Floats{2});
  for (const std::string number : {"3", "24", "-1", "99999999999999999999"})
    EXPECT_SAYS(csv_refusal("1,2,3\n4,5,6\n", {.label = number}),
                "t.csv:1: has no column " + number + ": columns are numbered 0 to 2.");
  EXPECT_SAYS(csv_refusal("x\n1\n", {.ignore = {"1"}}), "has no column 1: its only column is number 0.");
  EXPECT_EQ(csv_of("2019,x\n1,2\n", {.header = true, .ignore = {"2019"}}).columns, Texts{"x"});  // a name
}

TEST(Csv, ColumnsWithoutNamesHaveNumbersThatNoOtherHas) {  // pandas' index beside columns 0, 1, ...
  const auto table = csv_of(",0,1\n7,1.5,2\n8,3,4\n", {.header = true});
  EXPECT_EQ(table.columns, (Texts{"Unnamed: 0", "0", "1"}));
  EXPECT_EQ(csv_of(",0,1\n7,1.5,2\n", {.header = true, .ignore = {"Unnamed: 0"}}).values, (Floats{1.5, 2}));
  EXPECT_EQ(csv_of(",a\n7,1\n").columns, (Texts{"0", "a"}));
}

TEST(Csv, ColumnsOfAModelAreFoundByName) {
  const CsvFormat format{.label = "kind", .columns = {"b", "a"}};
  const auto table = csv_of("id,a,kind,b\nx,1,u,2\ny,3,v,4\n", format);
  EXPECT_EQ(table.columns, (Texts{"b", "a"}));
  EXPECT_EQ(table.values, (Floats{2, 1, 4, 3}));
  EXPECT_EQ(table.labels, (Texts{"u", "v"}));
  EXPECT_EQ(table.notes,
            (Texts{"its columns are in another order than those of the run; they are matched by name",
                   "columns that the model was not trained on are left out: \"id\""}));
  const auto unlabeled = csv_of("b,a\n1,2\n", format);
  EXPECT_EQ(unlabeled.notes, Texts{"has no label column \"kind\": its rows have no labels"});
  EXPECT_TRUE(unlabeled.labels.empty());
  EXPECT_SAYS(csv_refusal("a,c\n1,2\n", format),
              "t.csv:1: lacks a column that the model was trained on: \"b\"");
  EXPECT_SAYS(csv_refusal("x,y\n1,2\n", format), "lacks columns that the model was trained on: \"b\", \"a\"");
  EXPECT_EQ(csv_of("a,b,a\n1,2,3\n", {.columns = {"a", "a", "b"}}).values, (Floats{1, 3, 2}));
}

TEST(Csv, NumbersAreTheNearestFloats) {
  EXPECT_EQ(csv_of("0.1,16777217,1e-50,3.4028235e38").values, (Floats{0.1f, 16777216.f, 0, 3.4028235e38f}));
}

}  // namespace
}  // namespace aelab
