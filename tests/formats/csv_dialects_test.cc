// What is found out about a table: delimiter, decimal sign, header, comments, line ends; and what is asked.

#include <gtest/gtest.h>

#include "aelab/core/error.h"
#include "aelab/data/formats/csv.h"
#include "tests/support.h"

namespace aelab {
namespace {

using Floats = std::vector<float>;
using Texts = std::vector<std::string>;

CsvTable table_of(const std::string& text, const CsvFormat& format = {}) {
  return parse_csv(text, format, "t.csv");
}
std::string table_refusal(const std::string& text, const CsvFormat& format = {}) {
  return message_of<Error>([&] { table_of(text, format); });
}

TEST(CsvDialects, DelimitersAreFoundAndSaid) {
  const std::string rows = "a|b|c\n1|2.5|3\n4|5|6.5\n";
  for (const std::string delimiter : {",", ";", "\t", "|", " ", "   "}) {
    auto text = rows;
    for (auto at = text.find('|'); at != std::string::npos; at = text.find('|', at + delimiter.size()))
      text.replace(at, 1, delimiter);
    const auto table = table_of(text);
    EXPECT_EQ(table.columns, (Texts{"a", "b", "c"})) << delimiter;
    EXPECT_EQ(table.values, (Floats{1, 2.5, 3, 4, 5, 6.5})) << delimiter;
    EXPECT_EQ(table.notes.empty(), delimiter == ",") << delimiter;
  }
  EXPECT_EQ(table_of("a;b\n1;2\n").notes, (Texts{"fields are separated by \";\""}));
  EXPECT_EQ(table_of("a\tb\n1\t2\n").notes, (Texts{"fields are separated by tabs"}));
  EXPECT_EQ(table_of(" 1.0  2.0\n\t3.0 4.0  \n").notes,
            (Texts{"fields are separated by spaces", "no header: columns are numbered from 0"}));
  EXPECT_EQ(table_of("a;b\n1;2\n", {.delimiter = ';'}).notes, Texts());
}

TEST(CsvDialects, OtherDelimitersWithinTextsDoNotMislead) {
  const auto names = table_of("petal length (cm),kind\n1,red; round\n2,blue; flat\n", {.label = "kind"});
  EXPECT_EQ(names.columns, (Texts{"petal length (cm)"}));
  EXPECT_EQ(names.labels, (Texts{"red; round", "blue; flat"}));
  EXPECT_EQ(table_of("1, 2, 3\n4, 5, 6\n").columns.size(), 3U);
  EXPECT_EQ(table_of("\"1,5\";\"2,5\"\n\"3,5\";\"4,5\"\n").values, (Floats{1.5, 2.5, 3.5, 4.5}));
  EXPECT_EQ(table_of("x\n1\n2\n").values, (Floats{1, 2}));
}

TEST(CsvDialects, DecimalCommasAreFoundAndSaid) {
  const auto table = table_of("a;b\n1,5;2\n-0,25;1e3\n");
  EXPECT_EQ(table.values, (Floats{1.5, 2, -0.25, 1000}));
  EXPECT_EQ(table.notes, (Texts{"fields are separated by \";\"", "numbers have decimal commas"}));
  EXPECT_EQ(table_of("1,5;2,5\n3,5;4,5\n").values, (Floats{1.5, 2.5, 3.5, 4.5}));
  EXPECT_EQ(table_of("1,5\t2,25\n3,5\t4,5\n").values, (Floats{1.5, 2.25, 3.5, 4.5}));
  EXPECT_EQ(table_of("a,b\n\"1,5\",\"2,5\"\n").values, (Floats{1.5, 2.5}));
  EXPECT_EQ(table_of("a;b\n1,234;2\n", {.decimal = ','}).values, (Floats{1.234F, 2}));
}

TEST(CsvDialects, CommasThatMayBeThousandsAreAsked) {
  EXPECT_SAYS(
      table_refusal("a;b\n1,234;2\n5,678;3\n"),
      "t.csv:2: \"1,234\" may have a decimal comma or a thousands separator: set \"decimal\" to \",\"");
  EXPECT_SAYS(table_refusal("a;b\n1,23;2\n5;3.5\n"),
              "t.csv:2: \"1,23\" has a comma, but the numbers in line 3 have decimal points");
  EXPECT_SAYS(table_refusal("a;b\n1,234.5;2\n"), "\"1,234.5\" is not a number; remove thousands separators");
  EXPECT_SAYS(table_refusal("a;b\n$1,000;2\n"),
              "\"$1,000\" is not a number; remove thousands separators, currency");
  EXPECT_SAYS(table_refusal("a;b\n20 %;2\n"),
              "\"20 %\" is not a number; remove thousands separators, currency");
  EXPECT_EQ(table_of("a;b\n\"Doe, J. 0\";2\n").types[0].kind, ColumnKind::categorical);
  EXPECT_EQ(table_of("a;b\n-0,275;2\n1234,567;3\n").values, (Floats{-.275F, 2, 1234.567F, 3}))
      << "no group of thousands";
  for (const auto* number : {"1,2345", "1,23", "1,234e0"})
    EXPECT_EQ(table_of(std::string("a;b\n") + number + ";2\n").rows, 1) << number;
  EXPECT_SAYS(table_refusal("a;b\n1,5;2\n", {.decimal = '.'}),
              "\"1,5\" is not a number; set \"decimal\" to \",\"");
  EXPECT_SAYS(table_refusal("a;b\n1.5;2\n", {.decimal = ','}), "\"1.5\" is not a number");
}

TEST(CsvDialects, LinesMayEndAsAnySystemEndsThem) {
  for (const std::string end : {"\n", "\r\n", "\r"})
    for (const bool last : {true, false}) {
      const auto text = "a,k" + end + "1,x" + end + "2,\"y" + end + "z\"" + (last ? end : "");
      const auto table = table_of(text, {.label = "k"});
      EXPECT_EQ(table.values, (Floats{1, 2}));
      EXPECT_EQ(table.labels, (Texts{"x", "y" + end + "z"}));
    }
  EXPECT_SAYS(table_refusal("a,b\r1,2\r3\r"), "t.csv:3: has 1 field,");
}

TEST(CsvDialects, CommentsAndTitlesAreSkipped) {
  const auto table = table_of("# made in May\na,b\n1,2\n# more\n3,4\n");
  EXPECT_EQ(table.columns, (Texts{"a", "b"}));
  EXPECT_EQ(table.values, (Floats{1, 2, 3, 4}));
  EXPECT_EQ(table.notes, (Texts{"2 comment lines skipped"}));
  EXPECT_SAYS(table_refusal("a,b\n1,2\n#3,4\n", {.comment = ""}),
              "t.csv:3: column 0 (\"a\"): \"#3\" is not a number");
  const auto titled = table_refusal("Measurements of May\na,b,c\n1,2,3\n4,5,6\n");
  EXPECT_SAYS(titled, "t.csv:2: the table begins in this line: set \"skip_lines\": 1");
  EXPECT_EQ(titled.find('\n'), std::string::npos);  // told once
  EXPECT_EQ(table_of("Measurements of May\na,b,c\n1,2,3\n", {.skip_lines = 1}).columns,
            (Texts{"a", "b", "c"}));
  EXPECT_SAYS(table_refusal("title\na,b\n1,2\n3\n", {.skip_lines = 1}),
              "t.csv:4: has 1 field,");  // lines keep their numbers
  EXPECT_EQ(table_of("sep=;\na;b\n1;2\n").values, (Floats{1, 2}));
  EXPECT_SAYS(table_refusal("sep=;\na;b\n1;x\n2;3\n4;5\n"), "t.csv:3:");
}

TEST(CsvDialects, ACommentMayNameTheColumns) {  // as numpy.savetxt writes them
  const auto table = table_of("# width, height\n1,2\n3,4\n");
  EXPECT_EQ(table.columns, (Texts{"width", "height"}));
  EXPECT_EQ(table.notes, (Texts{"the columns are named in a comment"}));
  EXPECT_EQ(table_of("# made in May\n1,2\n3,4\n").columns, (Texts{"0", "1"}));
  EXPECT_EQ(table_of("# width, height\n1,2\n3,4\n", {.header = false}).columns, (Texts{"0", "1"}));
}

TEST(CsvDialects, ARowOfYearsMayBeAHeader) {
  EXPECT_SAYS(table_refusal("2019,2020,2021\n1.5,2,3\n"), "t.csv:1: say whether this row names the columns");
  EXPECT_SAYS(table_refusal("country,2019,2020\nx,2,3\n"), "t.csv:1: say whether");
  EXPECT_EQ(table_of("2019,2020,2021\n1.5,2,3\n", {.header = true}).columns, (Texts{"2019", "2020", "2021"}));
  EXPECT_EQ(table_of("1,2,3\n2,3,4\n").rows, 2);  // rows that count, both
}

TEST(CsvDialects, QuotedMissingValuesAreClasses) {
  const auto table = table_of("x,country\n1,\"NA\"\n2,DE\n3,\"None\"\n", {.label = "country"});
  EXPECT_EQ(table.labels, (Texts{"NA", "DE", "None"}));
  EXPECT_SAYS(
      table_refusal("x,country\n1,NA\n2,DE\n", {.label = "country"}),
      "t.csv:2: column 1 (\"country\"): the label is missing; add it, or remove the row; if it is a class, "
      "quote it: \"NA\"");
  EXPECT_SAYS(table_refusal("x,country\n1,\"\"\n", {.label = "country"}), "the label is missing");
  EXPECT_SAYS(table_refusal("x,y\n\"NA\",1\n"), "column 0 (\"x\"): has no values");
}

TEST(CsvDialects, TruthValuesAreNumbers) {
  const auto table = table_of("x,smokes,old\n1,True,FALSE\n2,False,TRUE\n");
  EXPECT_EQ(table.values, (Floats{1, 1, 0, 2, 0, 1}));
  EXPECT_EQ(table.notes, (Texts{"true and false are read as 1 and 0: \"smokes\", \"old\""}));
  EXPECT_EQ(table_of("x,k\n1,true\n2,false\n", {.label = "k"}).labels, (Texts{"true", "false"}));
}

TEST(CsvDialects, WhatIsWrongLeadsOn) {
  EXPECT_SAYS(table_refusal("a,b,\n1,2,\n"), "has no values; leave it out: \"ignore\": [\"2\"]");
  EXPECT_EQ(table_of("a,b,\n1,2,\n", {.ignore = {"2"}}).values, (Floats{1, 2}));
  EXPECT_SAYS(table_refusal("a,b\n1,x\n", {.numbers_only = true}), "leave it out: \"ignore\": [\"b\"]");
  EXPECT_SAYS(table_refusal("a,b\nr1,1,2\nr2,3,4\n"),
              "as R writes them, add a name for that column to the header");
  EXPECT_SAYS(table_refusal("x\n1,5\n2,5\n"), "set \"delimiter\" to \";\" and \"decimal\" to \",\"");
  EXPECT_EQ(table_of("x\n1,5\n2,5\n", {.delimiter = ';', .decimal = ','}).values, (Floats{1.5, 2.5}));
  EXPECT_SAYS(table_refusal("1 1:0.5 2:3\n0 1:2 2:1\n"), "LIBSVM's sparse format");
  EXPECT_SAYS(table_refusal("gr\xf6\xdf"
                            "e,b\n1,2\n"),
              "t.csv:1: column 0: is not UTF-8; if it is Western text of Windows: "
              "iconv -f WINDOWS-1252 -t UTF-8 t.csv > utf8.csv");
  EXPECT_SAYS(table_refusal("a,b\n1,2\n", {.skip_lines = 9}), "\"skip_lines\" leaves no rows");
}

}  // namespace
}  // namespace aelab
