// What the fields of a column are read as: words for 1 and 0, dates, and numbers that a 32-bit float cannot
// hold.

#include <gtest/gtest.h>

#include <set>

#include "aelab/core/error.h"
#include "aelab/data/formats/csv.h"
#include "aelab/data/formats/csv_faults.h"
#include "aelab/data/formats/dates.h"
#include "tests/support.h"

namespace aelab {
namespace {

using Floats = std::vector<float>;
using Texts = std::vector<std::string>;

CsvTable values_of(const std::string& text, const CsvFormat& format = {}) {
  return parse_csv(text, format, "t.csv");
}
std::string value_refusal(const std::string& text, const CsvFormat& format = {}) {
  return message_of<Error>([&] { values_of(text, format); });
}

TEST(CsvValues, WordsOfOnePairAreOneAndZero) {
  for (const auto& [one, zero] : std::initializer_list<std::pair<std::string, std::string>>{
           {"yes", "no"}, {"YES", "No"}, {"true", "FALSE"}, {"T", "F"}, {"y", "n"}, {"On", "off"}}) {
    const auto table = values_of("x,w\n1," + one + "\n2," + zero + "\n3, " + one + " \n");
    EXPECT_EQ(table.values, (Floats{1, 1, 2, 0, 3, 1})) << one;
    ASSERT_EQ(table.notes.size(), 1U);
    EXPECT_SAYS(table.notes[0], "are read as 1 and 0: \"w\"");
  }
  EXPECT_EQ(values_of("x,w\n1,no\n2,no\n").values, (Floats{1, 0, 2, 0}));  // a file with one of the words
  EXPECT_EQ(values_of("1.5,yes\n2.5,no\n3.5,yes\n").rows, 3);              // no header
  EXPECT_EQ(values_of("x,k\n1,yes\n2,no\n", {.label = "k"}).labels, (Texts{"yes", "no"}));
}

TEST(CsvValues, OtherWordsAndMixturesAreTexts) {
  for (const auto* text : {"x,w\n1,yes\n2,maybe\n3,no\n", "x,w\n1,yes\n2,off\n", "x,w\n1,t\n2,f\n3,m\n"})
    EXPECT_EQ(values_of(text).types[1].kind, ColumnKind::categorical) << text;
  EXPECT_SAYS(value_refusal("x,w\n1,yes\n2,1\n"), "t.csv:2: column 1 (\"w\"): \"yes\" is not a number");
  EXPECT_SAYS(value_refusal("x,w\n1,1\n2,yes\n"), "t.csv:3: column 1 (\"w\"): \"yes\" is not a number");
  EXPECT_TRUE(values_of("x,w\n1,yes\n2,\n").types[1].missing);
}

TEST(CsvValues, DatesAndTimesAreNamed) {
  for (const auto* date : {"2023-01-02",
                           "2023/1/2",
                           "2.1.2023",
                           "02/01/2023",
                           "1-2-23",
                           "2023-01",
                           "2 Jan 2023",
                           "Jan 2, 2023",
                           "January 2023",
                           "02-JAN-2023",
                           "2023-01-02 10:30",
                           "2023-01-02T10:30:00",
                           "2023-01-02T10:30:00.123Z",
                           "2023-01-02 10:30:00+01:00",
                           "1/2/2023 3:04 PM",
                           "Mon, 02 Jan 2023 10:00:00 GMT",
                           "Mon Jan  2 10:00:00 2023",
                           "20230102T103000Z",
                           "2023-W05",
                           "2023Q1",
                           "Monday, January 2nd, 2023"})
    EXPECT_EQ(date_or_time(date), "a date") << date;
  for (const auto* time : {"10:30", "10:30:00", "3:04 PM", "23:59:59.999", "1 days 00:00:05", "125:00:10"})
    EXPECT_EQ(date_or_time(time), "a time") << time;
  for (const auto* other : {"", "12", "1.5", "1,234", "192.168.0.1", "a-b", "May be", "3:1", "10-20", "Jan",
                            "1e5", "+49 30 1234", "2023-13-99x", "Mar-a-Lago 2020 10"})
    EXPECT_EQ(date_or_time(other), "") << other;
  EXPECT_EQ(value_refusal("x,signup_date\n1,2023-01-02\n2,2023-01-03\n", {.numbers_only = true}),
            "t.csv:2: column 1 (\"signup_date\"): \"2023-01-02\" is a date: leave it out: \"ignore\": "
            "[\"signup_date\"]");
  EXPECT_SAYS(
      value_refusal("id,d,k\n1,10:30,u\n2,10:31,v\n", {.label = "k", .ignore = {"id"}}),
      "\"10:30\" is a time: leave it out: \"ignore\": [\"id\", \"d\"]");  // and what is ignored already
}

TEST(CsvValues, AdviceKeepsWhatIsGiven) {
  const CsvFormat format{.label = "k", .ignore = {"id"}, .numbers_only = true};
  const auto said = value_refusal("id,s,k,t\n1,foo,u,bar\n", format);
  EXPECT_SAYS(said, "\"foo\" is not a number; leave the column out: \"ignore\": [\"id\", \"s\"]");
  EXPECT_SAYS(said, "to leave out all of these: \"ignore\": [\"id\", \"s\", \"t\"]");
  EXPECT_SAYS(value_refusal("x,\"the \"\"s\"\"\"\n1,foo\n", {.numbers_only = true}),
              R"("ignore": ["the \"s\""])");
}

TEST(CsvValues, DecoratedNumbersAreNumbers) {
  for (const auto* number :
       {"1,234", "$5", "1.234,5", "20 %", "-$3.50", "1 234 567", "5 €", "12'000", "100 USD"})
    EXPECT_TRUE(is_decorated_number(number)) << number;
  for (const auto* other : {"10-20", "192.168.0.1", "12", "1.5", "abc", "", "+49 30", "5kg", "1,23,4"})
    EXPECT_FALSE(is_decorated_number(other)) << other;
}

/// A table of one column and a small one.
std::string column_of(const std::vector<std::string>& values) {
  std::string text = "t,x\n";
  for (std::size_t i = 0; i < values.size(); ++i) text += values[i] + "," + std::to_string(i * i % 7) + "\n";
  return text;
}

TEST(CsvValues, ValuesThatFloatsMergeAreCounted) {
  const auto merged = [](std::int64_t first, std::int64_t step, int rows) {
    std::vector<std::string> values;
    std::set<float> floats;
    for (int i = 0; i < rows; ++i) {
      values.push_back(std::to_string(first + step * ((i * 37) % rows)));  // not in their order
      floats.insert(static_cast<float>(first + step * ((i * 37) % rows)));
    }
    const auto table = values_of(column_of(values));
    EXPECT_TRUE(table.merged[0]);
    EXPECT_FALSE(table.merged[1]);
    EXPECT_EQ(
        table.notes,
        Texts{"\"t\": " + std::to_string(rows) + " different values become " + std::to_string(floats.size()) +
              " as 32-bit floats; subtract an offset in the table, or leave it out: \"ignore\": [\"t\"]"});
  };
  merged(1'700'000'000'000, 997, 60);        // milliseconds: a single float
  merged(1'700'000'004, 7, 200);             // seconds
  merged(16'777'210, 1, 21);                 // around 2^24, where whole numbers begin to merge
  merged(1'234'567'890'123'456'789, 1, 50);  // beyond a double
  EXPECT_SAYS(values_of(column_of({"1000.00001", "1000.00002", "1000.00003"})).notes.at(0),
              "3 different values become");
  EXPECT_SAYS(values_of(column_of({"1e-50", "2e-50", "3e-50"})).notes.at(0),
              "multiply them by a constant in the table");
}

TEST(CsvValues, ValuesThatFloatsKeepApartAreNotNoted) {
  for (const auto& values : std::vector<Texts>{{"16777215", "16777216", "16777214"},
                                               {"1700000000000", "1700000000000", "0"},
                                               {"1700000000000", "1700001000000", "1700002000000"},
                                               {"0.1234567890123", "0.2234567890123", "0.1234567890123"},
                                               {"1000000", "1000000.0", "1e6"}})
    EXPECT_EQ(values_of(column_of(values)).notes, Texts()) << values[0];
}

TEST(CsvValues, SummariesAreOfTheValuesInTheFile) {
  const auto table = values_of("t,x\n1700000000997,1\n1700000000000,2.5\n1700000001994,3\n1700000001000,4\n");
  EXPECT_EQ(table.summaries[0].least, 1700000000000.);
  EXPECT_EQ(table.summaries[0].most, 1700000001994.);
  EXPECT_EQ(table.summaries[0].first, (std::vector<double>{1700000000997., 1700000000000., 1700000001994.}));
  EXPECT_EQ(table.summaries[1].sum, 10.5);
}

}  // namespace
}  // namespace aelab
