#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <chrono>
#include <cmath>
#include <string>
#include <vector>

#include "aelab/data/formats/csv_rows.h"
#include "aelab/data/formats/dates.h"

namespace aelab {
namespace {

/// Digits or letters of a date, and the sign in front of them.
struct DateToken {
  std::string text;
  char sign = 0;

  bool is_number() const { return std::isdigit(static_cast<unsigned char>(text.front())) != 0; }
  int number() const {
    int value = -1;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
  }
};

std::vector<DateToken> date_tokens(std::string_view text) {
  std::vector<DateToken> tokens;
  char before = 0;
  const auto is = [](int (*kind)(int), char c) { return kind(static_cast<unsigned char>(c)) != 0; };
  for (const char c : text) {
    if (!is(std::isalnum, c)) {
      before = c;
      continue;
    }
    const bool goes_on =
        !tokens.empty() && before == 0 && is(std::isdigit, c) == is(std::isdigit, tokens.back().text.back());
    if (!goes_on) tokens.push_back({"", before});
    tokens.back().text += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    before = 0;
  }
  return tokens;
}

/// The number of a month by its name or the first three letters of it; 0 for other words.
int month_called(const std::string& word) {
  constexpr std::string_view kMonths[] = {"january",   "february", "march",    "april",
                                          "may",       "june",     "july",     "august",
                                          "september", "october",  "november", "december"};
  constexpr std::size_t kShort = 3;
  for (int i = 0; i < 12; ++i)
    if (word.size() >= kShort && kMonths[i].starts_with(word)) return i + 1;
  return 0;
}

/// Whether a word may be beside a date's numbers, without being a month: "Monday", "nd", "of", "UTC".
bool may_be_beside_dates(const std::string& word) {
  constexpr std::string_view kWords[] = {"monday", "tuesday", "wednesday", "thursday", "friday", "saturday",
                                         "sunday", "tues",    "st",        "nd",       "rd",     "th",
                                         "t",      "z",       "utc",       "gmt",      "of"};
  return std::any_of(std::begin(kWords), std::end(kWords), [&](std::string_view known) {
    return word == known || (word.size() == 3 && known.ends_with("day") && known.starts_with(word));
  });
}

/// Removes the time from the end of a text, and takes it; false where it is none that exists.
bool take_time(std::string& text, Date& date) {
  const auto colon = text.find(':');
  if (colon == std::string::npos) return true;
  auto begin = colon;
  while (begin > 0 && std::isdigit(static_cast<unsigned char>(text[begin - 1]))) --begin;
  const auto time = text.substr(begin);
  auto day = text.substr(0, begin);
  // The year may be behind the time, as ctime() writes it: "Mon Jan  2 10:00:00 2023".
  const auto tokens = date_tokens(time);
  std::array<double, 3> units = {0, 0, 0};
  std::size_t found = 0;
  std::string tail;
  bool in_fraction = false;
  for (const auto& token : tokens) {
    if (token.is_number() && token.sign == ' ' && token.text.size() == 4) tail = " " + token.text;
    if (token.is_number() && (found == 0 || (token.sign == ':' && found < units.size())))
      units[found++] = token.number();
    else if (token.is_number() && found == units.size() && (token.sign == '.' || token.sign == ',') &&
             !in_fraction)
      in_fraction = true;  // of a second: beyond what matters
    else if ((token.text == "pm" || token.text == "p") && units[0] < 12)
      units[0] += 12;
    else if ((token.text == "am" || token.text == "a") && units[0] == 12)
      units[0] = 0;
    else if (token.sign == '+' || token.sign == '-')
      break;  // the zone
  }
  if (found < 2 || units[0] > 24 || units[1] > 59 || units[2] > 61) return false;
  date.hour = units[0] + units[1] / 60 + units[2] / 3600;
  date.has_hour = true;
  if (day.ends_with('T') || day.ends_with('t') || day.ends_with('_')) day.pop_back();
  text = day + tail;
  return true;
}

bool exists(const Date& date) {
  using namespace std::chrono;
  return year_month_day(year(date.year), month(static_cast<unsigned>(date.month)),
                        day(static_cast<unsigned>(date.day)))
      .ok();
}

/// A year of two digits is one from 1970 to 2069.
int whole_year(const DateToken& token) {
  constexpr std::size_t kShort = 2;
  const auto year = token.number();
  return token.text.size() > kShort ? year : year + (year < 70 ? 2000 : 1900);
}

/// Of three numbers in a row.
void take_numbers(const std::vector<DateToken>& numbers, std::optional<bool> day_first, Date& date) {
  constexpr std::size_t kYear = 4;
  const int first = numbers[0].number(), second = numbers[1].number();
  if (numbers[0].text.size() == kYear) {
    date.year = first;
    date.month = second;
    date.day = numbers[2].number();
    return;
  }
  date.year = whole_year(numbers[2]);
  const bool points = numbers[1].sign == '.';
  date.is_ambiguous = !points && !day_first && first <= 12 && second <= 12 && first != second;
  const bool day = points || (day_first ? *day_first : first > 12);
  date.day = day ? first : second;
  date.month = day ? second : first;
}

}  // namespace

int Date::weekday() const {
  using namespace std::chrono;
  const year_month_day ymd(std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                           std::chrono::day(static_cast<unsigned>(day)));
  return static_cast<int>(std::chrono::weekday(sys_days(ymd)).iso_encoding()) - 1;
}

namespace {

/// What follows the last colon and two digits of a time: the fraction of a second, ".25", and the offset from
/// UTC, "+01:00" or "-0530".
double rest_of_seconds(std::string_view text) {
  const auto is_digit = [&](std::size_t i) {
    return i < text.size() && std::isdigit(static_cast<unsigned char>(text[i])) != 0;
  };
  const auto number = [&](std::size_t begin, std::size_t digits) {
    int value = 0;
    std::from_chars(text.data() + begin, text.data() + begin + digits, value);
    return value;
  };
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return 0;
  auto at = colon + 3;
  double rest = 0;
  if (at < text.size() && text[at] == ':') {
    at += 3;
    double place = 0.1;
    if (at < text.size() && (text[at] == '.' || text[at] == ','))
      for (++at; is_digit(at); ++at, place /= 10) rest += place * (text[at] - '0');
  }
  const auto sign = at <= text.size() ? text.find_first_of("+-", at) : std::string_view::npos;
  if (sign == std::string_view::npos || !is_digit(sign + 1) || !is_digit(sign + 2)) return rest;
  const auto minutes = sign + 3 + (sign + 3 < text.size() && text[sign + 3] == ':' ? 1 : 0);
  if (is_digit(minutes + 2)) return rest;  // a year behind a dash
  const double offset = number(sign + 1, 2) * 3600. +
                        (is_digit(minutes) && is_digit(minutes + 1) ? number(minutes, 2) * 60. : 0.);
  return text[sign] == '+' ? rest - offset : rest + offset;
}

}  // namespace

std::optional<double> seconds_of_date(std::string_view text, std::optional<bool> day_first,
                                      bool& is_ambiguous) {
  using namespace std::chrono;
  const auto date = parse_date(text, day_first);
  if (!date) return std::nullopt;
  is_ambiguous = is_ambiguous || date->is_ambiguous;
  const sys_days day = year(date->year) / month(static_cast<unsigned>(date->month)) /
                       std::chrono::day(static_cast<unsigned>(date->day));
  return static_cast<double>(duration_cast<seconds>(day.time_since_epoch()).count()) +
         std::round(date->hour * 3600) + rest_of_seconds(text);
}

std::optional<Date> parse_date(std::string_view given, std::optional<bool> day_first) {
  constexpr std::size_t kLongest = 60, kCompact = 8;
  std::string text(trimmed(given));
  Date date;
  if (text.empty() || text.size() > kLongest || !take_time(text, date)) return std::nullopt;
  std::vector<DateToken> numbers;
  for (const auto& token : date_tokens(text)) {
    if (token.is_number())
      numbers.push_back(token);
    else if (const auto month = month_called(token.text))
      date.month = month;
    else if (!may_be_beside_dates(token.text))
      return std::nullopt;
  }
  if (!numbers.empty() && numbers[0].text.size() == kCompact && text.find_first_of("tT") == kCompact) {
    const auto& digits = numbers[0].text;  // 20230102T103000
    const auto time = numbers.size() > 1 ? numbers[1].text : "";
    date.year = std::stoi(digits.substr(0, 4));
    date.month = std::stoi(digits.substr(4, 2));
    date.day = std::stoi(digits.substr(6, 2));
    if (time.size() >= 4) {
      date.hour = std::stoi(time.substr(0, 2)) + std::stoi(time.substr(2, 2)) / 60.;
      date.has_hour = true;
    }
  } else if (date.month > 0 && numbers.size() == 2) {
    const bool year_first = numbers[0].text.size() > 2;
    date.year = whole_year(numbers[year_first ? 0 : 1]);
    date.day = numbers[year_first ? 1 : 0].number();
  } else if (date.month == 0 && numbers.size() == 3) {
    take_numbers(numbers, day_first, date);
  }
  return date.year > 0 && exists(date) ? std::optional(date) : std::nullopt;
}

}  // namespace aelab
