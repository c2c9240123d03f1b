#include "aelab/data/formats/dates.h"

#include <regex>
#include <string>

namespace aelab {
namespace {

const std::string kMonth =
    "(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|"
    "oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\\.?";
const std::string kDay = "[0-3]?\\d(?:st|nd|rd|th)?";
const std::string kWeekday = "(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\\.?,? +)?";
const std::string kTime =
    "[0-2]?\\d:[0-5]\\d(?::[0-6]\\d(?:[.,]\\d+)?)?(?: ?[ap]\\.?m\\.?)?(?: "
    "?(?:z|utc|gmt|[+-]\\d\\d:?\\d\\d))?";
const std::string kDate = "(?:" + kWeekday +
                          "(?:\\d{4}[-/.][01]?\\d(?:[-/.][0-3]?\\d)?"       // 2023-01-02, 2023-01
                          "|[0-3]?\\d[-/.][0-3]?\\d[-/.](?:\\d{4}|\\d\\d)"  // 2.1.2023, 1/2/23
                          "|" +
                          kDay + "[ -]+" + kMonth +
                          "[, -]+(?:\\d{4}|\\d\\d)"
                          "|" +
                          kMonth + "[ -]+(?:" + kDay +
                          ",?[ -]+)?\\d{4}"
                          "|\\d{4}[ -]" +
                          kMonth + "[ -]" + kDay +
                          "|\\d{4}-w[0-5]\\d(?:-[1-7])?"  // weeks and quarters
                          "|\\d{4}[- ]?q[1-4]|q[1-4][ /-]\\d{4}))";
const std::string kMoment = kDate + "(?:[t _]|, *| +)+" + kTime +
                            "|\\d{8}t\\d{4,6}z?"  // 20230102T1030
                            "|" +
                            kWeekday + kMonth + " +\\d\\d? +" + kTime + "(?: [a-z]+)? +\\d{4}";  // ctime
const std::string kDuration =
    "(?:[+-]?\\d+ days?,? )?[+-]?(?:" + kTime + "|\\d+:[0-5]\\d:[0-5]\\d(?:[.,]\\d+)?)";

bool matches(const std::string& text, const std::string& form) {
  return std::regex_match(text, std::regex(form, std::regex::icase | std::regex::optimize));
}

}  // namespace

std::string_view date_or_time(std::string_view text) {
  constexpr std::size_t kLongest = 60;
  if (text.size() > kLongest) return {};
  const std::string whole(text);
  if (matches(whole, kDate + "|" + kMoment)) return "a date";
  return matches(whole, kDuration) ? "a time" : "";
}

}  // namespace aelab
