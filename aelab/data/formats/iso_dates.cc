#include "aelab/data/formats/iso_dates.h"

#include <fmt/format.h>

#include <chrono>

namespace aelab {

std::string iso_date(std::int64_t ticks, std::int64_t per_second) {
  using std::chrono::sys_days, std::chrono::days, std::chrono::year;
  constexpr auto kEarliest = sys_days(year(1) / 1 / 1), kLatest = sys_days(year(9999) / 12 / 31);
  constexpr std::int64_t kSecondsOfDay = 24 * 60 * 60;
  const auto floor_of = [](std::int64_t value, std::int64_t unit) {
    return value / unit - (value % unit < 0 ? 1 : 0);
  };
  const auto whole = floor_of(ticks, per_second);
  const bool has_fraction = ticks % per_second != 0;
  const auto days_after = floor_of(whole, kSecondsOfDay);
  if (days_after < kEarliest.time_since_epoch().count() || days_after > kLatest.time_since_epoch().count())
    return fmt::format("{} days after 1970", days_after);
  const std::chrono::year_month_day date{sys_days(days(days_after))};
  auto text = fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                          static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  const auto of_day = whole - days_after * kSecondsOfDay;
  if (of_day == 0 && !has_fraction) return text;
  return text + fmt::format("T{:02}:{:02}:{:02}", of_day / 3600, of_day / 60 % 60, of_day % 60);
}

}  // namespace aelab
