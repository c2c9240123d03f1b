// Moments as ISO 8601 writes them.

#include "aelab/data/formats/iso_dates.h"

#include <gtest/gtest.h>

#include <limits>

#include "aelab/data/formats/dates.h"

namespace aelab {
namespace {

TEST(IsoDates, AreThoseOfTheCalendar) {
  EXPECT_EQ(iso_date(0, 1), "1970-01-01");
  EXPECT_EQ(iso_date(951'782'400, 1), "2000-02-29");  // date -u -d @951782400
  EXPECT_EQ(iso_date(1'672'655'400'000, 1000), "2023-01-02T10:30:00");
  EXPECT_EQ(iso_date(-1, 1), "1969-12-31T23:59:59");
  EXPECT_EQ(iso_date(-1, 1'000'000'000), "1969-12-31T23:59:59");
  EXPECT_EQ(iso_date(500, 1000), "1970-01-01T00:00:00");  // half a second behind midnight
}

TEST(IsoDates, AreReadBack) {
  for (std::int64_t day = -700'000; day < 2'900'000; day += 9973) {
    const auto date = parse_date(iso_date(day * 86'400 + 45'000, 1));
    ASSERT_TRUE(date);
    EXPECT_EQ(date->hour, 12.5);
    EXPECT_EQ(date->weekday(), ((day + 3) % 7 + 7) % 7);  // 1970 began on a Thursday
  }
}

TEST(IsoDates, AreNoneOutsideOfTheYearsOfOtherPrograms) {
  EXPECT_EQ(iso_date(253'402'300'799, 1), "9999-12-31T23:59:59");
  EXPECT_EQ(iso_date(253'402'300'800, 1), "2932897 days after 1970");
  EXPECT_EQ(iso_date(-62'135'596'800, 1), "0001-01-01");
  EXPECT_FALSE(parse_date(iso_date(-62'135'596'801, 1)));
  for (const auto ticks :
       {std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()})
    EXPECT_FALSE(parse_date(iso_date(ticks, 1)));
}

}  // namespace
}  // namespace aelab
