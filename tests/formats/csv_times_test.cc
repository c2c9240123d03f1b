#include "aelab/data/formats/csv_times.h"

#include <gtest/gtest.h>

#include "aelab/data/formats/csv.h"
#include "aelab/data/formats/dates.h"
#include "tests/support.h"

namespace aelab {
namespace {

double seconds(std::string_view text) {
  bool ambiguous = false;
  const auto found = seconds_of_date(text, {}, ambiguous);
  EXPECT_TRUE(found) << text;
  EXPECT_FALSE(ambiguous) << text;
  return found.value_or(-1);
}

// Expected by Python: datetime(..., tzinfo=UTC).timestamp().
TEST(SecondsOfDates, AreThoseSince1970) {
  EXPECT_EQ(seconds("1970-01-01"), 0);
  EXPECT_EQ(seconds("2014-04-01 00:05:00"), 1396310700);
  EXPECT_EQ(seconds("2014-04-01T00:05"), 1396310700);
  EXPECT_EQ(seconds("20140401T000500"), 1396310700);
  EXPECT_EQ(seconds("1.4.2014 0:05"), 1396310700);
  EXPECT_EQ(seconds("Apr 1, 2014 12:05 AM"), 1396310700);
  EXPECT_EQ(seconds("2014-04-01 00:05:00.25"), 1396310700.25);
  EXPECT_EQ(seconds("2014-04-01T02:05:00+02:00"), 1396310700);
  EXPECT_EQ(seconds("2014-03-31T19:35:00-0430"), 1396310700);
  EXPECT_EQ(seconds("2014-04-01T00:05:00Z"), 1396310700);
  EXPECT_EQ(seconds("2014-04-01T02:05:00.5+02"), 1396310700.5);
  EXPECT_EQ(seconds("1969-12-31 23:59:59"), -1);
  EXPECT_EQ(seconds("2024-02-29 23:59:59"), 1709251199);
}

CsvTable timed(const std::string& text, const std::string& group = "") {
  return parse_csv(text, {.label = "kind", .time = "when", .group = group}, "t.csv");
}

TEST(TimesOfATable, AreNoFeatures) {
  const auto table = timed("when,x,kind,y,machine\n2014-04-01,1,a,2,m1\n2014-04-02,3,b,4,m2\n", "machine");
  EXPECT_EQ(table.columns, (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(table.times, (std::vector<double>{1396310400, 1396396800}));
  EXPECT_TRUE(table.has_dates);
  EXPECT_EQ(table.groups, (std::vector<std::string>{"m1", "m2"}));
  EXPECT_EQ(table.labels, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(table.time, "when");
}

TEST(TimesOfATable, MayBeNumbers) {
  const auto table = timed("x,kind,when\n1,a,1396310400.125\n2,b,7\n");
  EXPECT_EQ(table.times, (std::vector<double>{1396310400.125, 7}));  // in double precision
  EXPECT_FALSE(table.has_dates);
}

TEST(TimesOfATable, AreReadByTheOrderThatOneOfThemShows) {
  EXPECT_EQ(timed("x,kind,when\n1,a,1/4/2014\n2,b,13/4/2014\n").times,
            (std::vector<double>{1396310400, 1397347200}));
  EXPECT_EQ(timed("x,kind,when\n1,a,4/1/2014\n2,b,4/13/2014\n").times,
            (std::vector<double>{1396310400, 1397347200}));
}

TEST(TimesOfATable, AreRefusedByLine) {
  const auto said = [](const std::string& text) { return message_of<Error>([&] { (void)timed(text); }); };
  EXPECT_SAYS(said("x,kind,when\n1,a,4/1/2014\n2,b,5/2/2014\n"),
              "t.csv:2: column 2 (\"when\"): in \"4/1/2014\" the day");
  EXPECT_SAYS(said("x,kind,when\n1,a,2014-04-01\n2,b,\n"),
              "t.csv:3: column 2 (\"when\"): the time is missing");
  EXPECT_SAYS(said("x,kind,when\n1,a,2014-04-01\n2,b,7\n"), "\"7\" is not a date");
  EXPECT_SAYS(said("x,kind,when\n1,a,7\n2,b,2014-04-01\n"), "is not a number, as the times before it are");
  EXPECT_SAYS(said("x,kind,when\n1,a,2014-02-30\n"), "\"2014-02-30\" is not a date");
}

}  // namespace
}  // namespace aelab
