// Lines above a table, and comments: the advice is what to write, so that the table can be read.

#include "aelab/data/formats/csv_layout.h"

#include <gtest/gtest.h>

#include "aelab/core/error.h"
#include "tests/support.h"

namespace aelab {
namespace {

using Floats = std::vector<float>;
using Texts = std::vector<std::string>;

std::string layout_refusal(const std::string& text, const CsvFormat& format = {}) {
  return message_of<Error>([&] { parse_csv(text, format, "t.csv"); });
}

constexpr const char* kTable = "a,b\n1,2\n3,4\n5,6\n";

/// The lines above lead to this refusal, and the format that it asks for reads the table.
void expect_advice(const std::string& above, const std::string& advice, const CsvFormat& format) {
  EXPECT_EQ(layout_refusal(above + kTable), advice);
  const auto table = parse_csv(above + kTable, format, "t.csv");
  EXPECT_EQ(table.columns, (Texts{"a", "b"})) << above;
  EXPECT_EQ(table.values, (Floats{1, 2, 3, 4, 5, 6})) << above;
}

TEST(CsvLayout, LinesAboveATableAreCounted) {
  const auto skipping = [](int lines) { return CsvFormat{.skip_lines = lines}; };
  const auto advice = [](int lines) {
    return "t.csv:" + std::to_string(lines + 1) +
           ": the table begins in this line: set \"skip_lines\": " + std::to_string(lines);
  };
  for (const auto& [above, lines] : std::initializer_list<std::pair<const char*, int>>{
           {"Sensor log\nstation 4\n\n", 3},
           {"Title\n", 1},
           {"Exported by Me\nBerlin, Germany\n\n", 3},
           {"one\ntwo words\nand, three, commas\n", 3},
           {"\n\nA title of several words\n", 3},
           {"# one\n// two\n", 2},  // signs that no single "comment" skips
           {"Title\n% one\n", 2},
       })
    expect_advice(above, advice(lines), skipping(lines));
  EXPECT_SAYS(layout_refusal("sep=;\nA title\nx\na;b\n1;2\n3;4\n"),
              "set \"skip_lines\": 3, \"delimiter\": \";\"");
  EXPECT_SAYS(layout_refusal("one\ntwo\nthree\na,b\n1,2\n3,4\n", {.skip_lines = 1}),
              "t.csv:4: the table begins in this line: set \"skip_lines\": 3");
  EXPECT_SAYS(layout_refusal("Log of one May\n\n1.5 2.5 3\n4 5 6\n7 8 9\n"), "set \"skip_lines\": 2");
  EXPECT_SAYS(layout_refusal("a,b\ncm,kg\n1,2\n3,4\n"), "t.csv:2: the table begins in this line");  // units
}

TEST(CsvLayout, CommentSignsAreNamed) {
  for (const std::string sign : {"%", "//", "--", "!", ";", "*"}) {
    const auto advice = "t.csv:1: lines that begin with \"" + sign +
                        "\" look like comments: set \"comment\": \"" + sign + "\"";
    expect_advice(sign + " made by X\n" + sign + " columns: a, b\n", advice, {.comment = sign});
    expect_advice(sign + "\n", advice, {.comment = sign});
  }
  const auto both = "Title\n% more\n\na,b\n1,2\n% within\n3,4\n";
  EXPECT_SAYS(layout_refusal(both), "set \"comment\": \"%\", \"skip_lines\": 3");
  EXPECT_EQ(parse_csv(both, {.comment = "%", .skip_lines = 3}, "t.csv").values, (Floats{1, 2, 3, 4}));
  EXPECT_SAYS(layout_refusal("a,b\n1,2\n3,4\n5,6\n% end\n"), "t.csv:5: lines that begin with \"%\"");
  const auto named = parse_csv("% a,b\n1,2\n3,4\n", {}, "t.csv");  // as MATLAB's users write them
  EXPECT_EQ(named.notes,
            Texts{"the first column is called \"% a\"; if lines that begin with \"%\" are comments: "
                  "\"comment\": \"%\""});
  EXPECT_EQ(parse_csv("% a,b\n1,2\n3,4\n", {.comment = "%"}, "t.csv").columns, (Texts{"a", "b"}));
}

TEST(CsvLayout, OtherErrorsKeepTheirMessages) {
  for (const auto* text : {
           "a,b\n1,2\n1,x\n5,6\n",          // a text among numbers
           "age,h\nunknown,180\n20,170\n",  // a text in the first row
           "a,b,c\n1,2,3,4\n5,6,7,8\n",     // a header that lacks a name
           "a,b\n1,2\n3,4,5\n6,7\n",        // a row that is too long
           "a,b\n1,2\n--,4\n5,6\n",         // dashes for a missing value
           "x\n1,5\n2,5\n",                 // decimal commas
           "a,b\n1,\"2\n3,4\n",             // a quote that is not closed
           "a,b\n1,\"2\"x\n3,4\n5,6\n",     // text behind a quote
       }) {
    const auto said = layout_refusal(text);
    EXPECT_EQ(said.find("skip_lines"), std::string::npos) << said;
    EXPECT_EQ(said.find("look like comments"), std::string::npos) << said;
    EXPECT_SAYS(said, "t.csv:");
  }
}

TEST(CsvLayout, TablesOfTextsAreRead) {
  for (const auto* text : {
           "name,city\nBob,Paris\nAnn,Rome\n",  // texts alone
           "id,name\nx1,foo\nx2,bar\nx3,5\n",   // a number among texts
           "%fat,kind\n1,x\n2,y\n",             // a name that begins with a sign
       })
    EXPECT_EQ(parse_csv(text, {}, "t.csv").types[1].kind, ColumnKind::categorical) << text;
}

}  // namespace
}  // namespace aelab
