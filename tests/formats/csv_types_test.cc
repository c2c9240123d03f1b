// Columns that are more than numbers: their kinds, categories, dates, missing cells, and what is refused.

#include <gtest/gtest.h>

#include <cmath>

#include "aelab/core/error.h"
#include "aelab/data/formats/csv.h"
#include "aelab/data/formats/dates.h"
#include "tests/support.h"

namespace aelab {
namespace {

using Texts = std::vector<std::string>;

CsvTable typed(const std::string& text, const CsvFormat& format = {}) {
  return parse_csv(text, format, "t.csv");
}
std::string type_refusal(const std::string& text, const CsvFormat& format = {}) {
  return message_of<Error>([&] { typed(text, format); });
}
/// A column's values, with -1 for missing cells.
std::vector<float> cells(const CsvTable& table, std::size_t column) {
  std::vector<float> found;
  for (auto at = column; at < table.values.size(); at += table.columns.size())
    found.push_back(std::isnan(table.values[at]) ? -1 : table.values[at]);
  return found;
}

TEST(CsvTypes, AreFoundByTheCells) {
  const auto table = typed(
      "age,city,smokes,children,seen\n"
      "31,Ulm,yes,0,2023-01-02\n"
      "NA,Bonn,no,1,2023-02-28\n"
      "28.5,,?,1,\n"
      "40,Ulm,no,0,2024-02-29\n");
  ASSERT_EQ(table.types.size(), 5U);
  EXPECT_EQ(table.types[0].kind, ColumnKind::numeric);
  EXPECT_EQ(table.types[1].kind, ColumnKind::categorical);
  EXPECT_EQ(table.types[2].kind, ColumnKind::flag);
  EXPECT_EQ(table.types[3].kind, ColumnKind::flag);  // 0 and 1 alone, beside other kinds
  EXPECT_EQ(table.types[4].kind, ColumnKind::date);
  EXPECT_EQ(table.types[1].categories, (Texts{"Bonn", "Ulm"}));
  EXPECT_EQ(table.types[2].categories, (Texts{"no", "yes"}));
  EXPECT_TRUE(table.types[0].missing);
  EXPECT_FALSE(table.types[3].missing);
  EXPECT_EQ(table.columns, (Texts{"age", "city", "smokes", "children", "seen.year", "seen.month", "seen.day",
                                  "seen.weekday"}));
  EXPECT_EQ(cells(table, 0), (std::vector<float>{31, -1, 28.5, 40}));
  EXPECT_EQ(cells(table, 1), (std::vector<float>{1, 0, -1, 1}));
  EXPECT_EQ(cells(table, 2), (std::vector<float>{1, 0, -1, 0}));
  EXPECT_EQ(cells(table, 4), (std::vector<float>{2023, 2023, -1, 2024}));
  EXPECT_EQ(cells(table, 7), (std::vector<float>{0, 1, -1, 3}));  // Monday, Tuesday, -, Thursday
  EXPECT_EQ(table.summaries[0].sum, 99.5);
}

TEST(CsvTypes, NumbersAloneStayNumbers) {
  const auto table = typed("a,b,w\n0,1.5,yes\n1,2.5,no\n");
  EXPECT_TRUE(are_plain(table.types));
  EXPECT_EQ(table.types[0].kind, ColumnKind::numeric);
}

TEST(CsvTypes, AreThoseThatAreGiven) {
  const auto table = typed("a,b,c,d\n1,01,0,3\n2,1,1,0\n", {.kinds = {{"a", ColumnKind::categorical},
                                                                      {"1", ColumnKind::categorical},
                                                                      {"c", ColumnKind::numeric},
                                                                      {"d", ColumnKind::count}}});
  EXPECT_EQ(table.types[1].categories, (Texts{"01", "1"}));  // as they are written
  EXPECT_EQ(table.types[2].kind, ColumnKind::numeric);
  EXPECT_EQ(table.types[3].kind, ColumnKind::count);
  EXPECT_EQ(cells(table, 0), (std::vector<float>{0, 1}));
  EXPECT_SAYS(
      type_refusal("a,d\n1,2.5\n", {.kinds = {{"d", ColumnKind::count}}}),
      "t.csv:2: column 1 (\"d\"): \"2.5\" is not a whole number from 0, as counts are; correct it, or read "
      "the column as numbers: \"numeric\": [\"d\"]");
  EXPECT_SAYS(type_refusal("a,d\n1,2\n", {.kinds = {{"d", ColumnKind::flag}}}),
              "\"2\" is neither 0 nor 1, as the cells of a flag are");
  EXPECT_SAYS(type_refusal("a,d\n1,2\n", {.kinds = {{"e", ColumnKind::flag}}}), "has no column \"e\"");
  EXPECT_SAYS(type_refusal("a,d\n1,2\n", {.kinds = {{"d", ColumnKind::flag}, {"1", ColumnKind::count}}}),
              "column \"1\" is given as flag and as count: choose one");
  EXPECT_SAYS(type_refusal("a,d\n1,2\n", {.label = "d", .kinds = {{"d", ColumnKind::flag}}}),
              "column \"d\" is the label or left out: it cannot be flag as well");
}

TEST(CsvTypes, MissingValuesAreThoseThatAreGiven) {
  const auto table = typed("a,b\n-,x\n2,NA\n,y\n", {.missing = {{"-"}}});
  EXPECT_EQ(cells(table, 0), (std::vector<float>{-1, 2, -1}));
  EXPECT_EQ(table.types[1].categories, (Texts{"NA", "x", "y"}));  // Namibia
}

TEST(CsvTypes, AStrayTextIsOneErrorWithItsPlace) {
  EXPECT_EQ(
      type_refusal("age,x\n31,1\n28,2\nunknown,3\n44,4\n"),
      "t.csv:4: column 0 (\"age\"): \"unknown\" is not a number; correct it; if it stands for a missing "
      "value: \"missing\": [\"unknown\"]; if the column holds categories: \"categorical\": [\"age\"]");
  EXPECT_SAYS(type_refusal("age,x\n31,1\n28,2\nu,3\nv,4\n5,6\n"),
              "\"u\" is not a number (1 more in this column); ");
  EXPECT_SAYS(type_refusal("x,w\n1,1\n2,yes\n3,4\n"), "t.csv:3: column 1 (\"w\"): \"yes\" is not a number");
}

TEST(CsvTypes, BrokenTablesHaveMessagesThatHelp) {
  std::string names = "name,x\n", ids = "id,x\n";
  for (int i = 0; i < 40; ++i) {
    names += "Doe " + std::to_string(i) + "," + std::to_string(i % 7) + "\n";
    ids += std::to_string(i) + "a," + std::to_string(i % 5) + "\n";
  }
  const std::pair<std::string, std::string> tables[] = {
      {names, "40 different texts in 40 rows: names or identifiers"},
      {ids, "\"categorical\": [\"id\"]"},
      {"a,b\n1,\n2,\n", "t.csv: column 1 (\"b\"): has no values; leave it out: \"ignore\": [\"b\"]"},
      {"a,t\n1,10:30\n2,11:30\n", "\"10:30\" is a time: leave it out"},
      {"a,p\n1,$3\n2,$4\n", "remove thousands separators, currency signs and percent signs"},
      {"a,d\n1,1/2/2023\n2,3/4/2023\n", "in \"1/2/2023\" the day or the month may be first"},
      {"a,d\n1,2023-01-02\n2,2023-02-30\n",
       "t.csv:3: column 1 (\"d\"): \"2023-02-30\" is not a date with year, month and day; write it as"},
      {"a,b\n1,inf\n2,3\n", "inf is infinite, or too large for a 32-bit float"},
      {"a,b\n1,1e999\n2,3\n", "1e999 is infinite"},
      {"a,b\n1,x\n2\n", "t.csv:3: has 1 field, the first row has 2"},
      {"a,b\n1,s\xe9t\n2,t\n", "is not UTF-8"},
      {"a,k\n1,\n", "the label is missing"},
  };
  for (const auto& [text, says] : tables)
    EXPECT_SAYS(type_refusal(text, {.label = text.starts_with("a,k") ? "k" : ""}), says);
}

TEST(CsvTypes, OfAModelReadAnotherFile) {
  const auto own = typed("age,city,w,day\n31,Ulm,yes,13/2/2023\n28,Bonn,no,1/3/2023\n");
  EXPECT_EQ(own.types[3].day_first, true);
  CsvFormat like{.columns = {"age", "city", "w", "day"}, .types = own.types};
  const auto other = typed("w,day,city,age,more\nYES,2/1/2024,Kiel,,1\n?,,Ulm,7,2\nno,,Graz,8,3\n", like);
  EXPECT_EQ(other.columns, own.columns);
  EXPECT_EQ(cells(other, 0), (std::vector<float>{-1, 7, 8}));
  EXPECT_EQ(cells(other, 1), (std::vector<float>{2, 1, 3}));  // unseen ones behind the two that are known
  EXPECT_EQ(other.types[1].categories, (Texts{"Bonn", "Ulm", "Kiel", "Graz"}));
  EXPECT_EQ(cells(other, 2), (std::vector<float>{1, -1, 0}));
  EXPECT_EQ(cells(other, 5), (std::vector<float>{2, -1, -1}));
  EXPECT_SAYS(type_refusal("age,city,w,day\nold,Ulm,no,\n", like),
              "t.csv:2: column 0 (\"age\"): \"old\" is not a number; correct it, or leave the cell empty");
  EXPECT_SAYS(type_refusal("age,city,w,day\n1,Ulm,maybe,\n", like), "\"maybe\" is neither 0 nor 1");
  EXPECT_SAYS(type_refusal("age,city,w\n1,Ulm,no\n", like), "lacks a column that the model was trained on");
}

TEST(CsvTypes, DecimalCommasAndAByteOrderMarkStay) {
  const auto table = typed(
      "\xef\xbb\xbf"
      "a;b;c\n1,5;x;2\n;y;3,25\n-2,5;x;\n");
  EXPECT_EQ(table.columns, (Texts{"a", "b", "c"}));
  EXPECT_EQ(cells(table, 2), (std::vector<float>{2, 3.25, -1}));
  EXPECT_EQ(table.values[0], 1.5F);
}

TEST(CsvTypes, SecondPassesCountLinesOfTheFile) {
  EXPECT_SAYS(type_refusal("made by hand\n\na,d\n1,2023-01-02\n2,2023-02-30\n", {.skip_lines = 2}),
              "t.csv:5:");
}

TEST(CsvTypes, CellsAreWrittenAsTheyWereRead) {
  const auto table = typed("age,city,w,day\n31.5,Ulm,Yes,2023-02-13T10:30\n28,Bonn,No,2023-03-01\n");
  EXPECT_EQ(cell_text(table.types[0], table.values[0]), "31.5");
  EXPECT_EQ(cell_text(table.types[1], table.values[1]), "Ulm");
  EXPECT_EQ(cell_text(table.types[2], table.values[2]), "Yes");
  EXPECT_EQ(cell_text(table.types[0], NAN), "");
  EXPECT_EQ(date_text(table.types[3], &table.values[3]), "2023-02-13T10:30");
  const float odd[] = {2023.2F, 2.3F, 31, 0, 9.5F};  // as a model may give them
  EXPECT_EQ(date_text(table.types[3], odd), "2023-02-28T09:30");
}

TEST(Dates, AreTakenApart) {
  const auto same = [](const std::string& text, int year, int month, int day, double hour = 0) {
    const auto date = parse_date(text);
    ASSERT_TRUE(date) << text;
    EXPECT_EQ(date->year, year) << text;
    EXPECT_EQ(date->month, month) << text;
    EXPECT_EQ(date->day, day) << text;
    EXPECT_NEAR(date->hour, hour, 1e-9) << text;
  };
  same("2023-01-02", 2023, 1, 2);
  same("2023/1/2", 2023, 1, 2);
  same("2.1.2023", 2023, 1, 2);
  same("13/1/23", 2023, 1, 13);
  same("1/13/2023", 2023, 1, 13);
  same("2 Jan 2023", 2023, 1, 2);
  same("Jan 2, 2023", 2023, 1, 2);
  same("Monday, January 2nd, 2023", 2023, 1, 2);
  same("02-JAN-2023", 2023, 1, 2);
  same("2023-01-02 10:30", 2023, 1, 2, 10.5);
  same("2023-01-02T10:30:36.5Z", 2023, 1, 2, 10.51);
  same("2023-01-02 10:30:00+01:00", 2023, 1, 2, 10.5);
  same("13/2/2023 3:15 PM", 2023, 2, 13, 15.25);
  same("Mon Jan  2 10:00:00 2023", 2023, 1, 2, 10);
  same("20230102T1030", 2023, 1, 2, 10.5);
  EXPECT_EQ(parse_date("2024-02-29")->weekday(), 3);  // a Thursday
  EXPECT_TRUE(parse_date("1/2/2023")->is_ambiguous);
  EXPECT_EQ(parse_date("1/2/2023", true)->day, 1);
  EXPECT_EQ(parse_date("1/2/2023", false)->day, 2);
  for (const auto* none : {"2023-02-30", "2023-01", "Jan 2023", "2023Q1", "Ulm", "12", "1.5", "v1.2.2023",
                           "10:30", "2023-13-01", ""})
    EXPECT_FALSE(parse_date(none)) << none;
}

TEST(CsvTypes, WholeNumbersAreOneCategoryWithAndWithoutAFraction) {
  const CsvFormat format{.kinds = {{"k", ColumnKind::categorical}}};
  const auto table =
      parse_csv("k,x\n1,0\n2.0,1\n,2\n1.00,3\n01,4\n-2,5\n-2.0,6\n1.5,7\nv1.0,8\n", format, "t.csv");
  EXPECT_EQ(table.types[0].categories, (std::vector<std::string>{"-2", "01", "1", "1.5", "2", "v1.0"}));
  CsvFormat later;
  later.types = table.types;
  later.columns = {"k", "x"};
  const auto again = parse_csv("k,x\n1.0,0\n2,1\n3.0,2\n", later, "u.csv");
  EXPECT_EQ(again.values[0], 2);
  EXPECT_EQ(again.values[2], 4);
  EXPECT_EQ(again.types[0].categories.back(), "3");
  later.types[0].categories = {"1", "1.0", "2"};  // of a model that told these apart
  const auto older = parse_csv("k,x\n1.0,0\n2,1\n3,2\n", later, "u.csv");
  EXPECT_EQ(older.values[0], 0);
  EXPECT_EQ(older.values[2], 2);
  EXPECT_EQ(older.values[4], 3);
}

}  // namespace
}  // namespace aelab
