#include "aelab/core/json_errors.h"

#include <algorithm>
#include <cctype>

#include "aelab/core/text.h"

namespace aelab {
namespace {

constexpr std::string_view kBlank = " \t\r\n", kMarks = ",:{}[]";

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-' || c == '.';
}
bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// The place of the failure in the text and what stands around it.
class Surroundings {
 public:
  Surroundings(std::string_view text, const JsonFailure& failure)
      : text_(text), reason_(failure.reason), open_(failure.open) {
    at_ = std::min(failure.read == 0 ? 0 : failure.read - 1, text.size());
    ended_ = says("unexpected end of input") || failure.read > text.size();
    if (ended_) at_ = text.size();
    if (says("unexpected string literal")) at_ = opening_quote(at_);
    const bool ends_word = (says("invalid literal") || says("invalid number")) && !ended_ &&
                           (kBlank.find(text[at_]) != kBlank.npos || kMarks.find(text[at_]) != kMarks.npos);
    if (!ended_ && !says("invalid string") && (ends_word || is_word(text[at_])))
      while (at_ > 0 && is_word(text[at_ - 1])) --at_;
    const auto last = at_ == 0 ? text.npos : text.find_last_not_of(kBlank, at_ - 1);
    before_at_ = last == text.npos ? 0 : last;
    before_ = last == text.npos ? '\0' : text[last];
  }

  bool says(std::string_view words) const { return reason_.find(words) != reason_.npos; }
  bool ended() const { return ended_; }
  std::size_t at() const { return at_; }
  std::size_t before_at() const { return before_at_; }
  char first() const { return ended_ ? '\0' : text_[at_]; }
  char second() const { return at_ + 1 < text_.size() ? text_[at_ + 1] : '\0'; }
  char before() const { return before_; }
  char open() const { return open_; }
  std::string_view rest() const { return text_.substr(at_); }

  /// The letters, digits, '_', '-' and '.' from the place on.
  std::string word() const {
    const auto rest = text_.substr(at_);
    const auto end = std::find_if_not(rest.begin(), rest.end(), is_word);
    return std::string(rest.begin(), end);
  }
  bool begins_value() const {
    return !ended_ && (is_word(first()) || std::string_view("\"'{[").find(first()) != std::string_view::npos);
  }
  bool wants_key() const { return open_ == '{' && (before_ == '{' || before_ == ','); }

 private:
  std::string_view text_, reason_;
  char open_, before_ = '\0';
  bool ended_ = false;
  std::size_t at_ = 0, before_at_ = 0;

  /// The quote that begins the string whose last quote is at `end`.
  std::size_t opening_quote(std::size_t end) const {
    for (auto i = end; i-- > 0;) {
      if (text_[i] != '"') continue;
      std::size_t slashes = 0;
      while (slashes < i && text_[i - 1 - slashes] == '\\') ++slashes;
      if (slashes % 2 == 0) return i;
    }
    return end;
  }
};

std::string quoted(const std::string& word) { return '"' + word + '"'; }

/// Of a word that is neither a number nor true, false or null.
std::string about_word(const Surroundings& place) {
  const auto word = place.word();
  if (place.wants_key()) return "keys need double quotes: write " + quoted(word);
  const auto simple = simplified(word);
  const std::string literals[] = {"true", "false", "null"};
  if (simple == "none" || simple == "nil" || simple == "undefined") return "write null, not " + word;
  if (simple == "nan" || simple == "inf" || simple == "infinity")
    return word + " is not JSON: a number is finite";
  if (const auto literal = misspelt(word, literals); !literal.empty())
    return "write " + literal + ", not " + word;
  return "strings need double quotes: write " + quoted(word);
}

std::string about_number(const Surroundings& place) {
  const auto word = place.word();
  if (place.wants_key()) return "keys need double quotes: write " + quoted(word);
  if (place.first() == '.' || word.starts_with("-."))
    return "a number needs a digit before its decimal point";
  if (place.first() == '0' && is_digit(place.second())) return "a number has no leading zeros";
  if (place.says("after '.'")) return "a number needs a digit after its decimal point";
  return word + " is not a number";
}

std::string about_string(const Surroundings& place) {
  if (place.says("missing closing quote")) return "a string lacks its closing double quote";
  if (place.says("U+000A") || place.says("U+000D"))
    return "a string lacks its closing double quote, or has a line break: write \\n for one";
  if (place.says("control character")) return "a control character in a string: write \\t for a tab";
  if (place.says("UTF-8")) return "a string is not UTF-8";
  if (place.says("backslash") || place.says("'\\u'")) return "an unknown escape: write \\\\ for a backslash";
  return "a string is not valid";
}

std::string about_end(char open) {
  if (open == 0) return "the file ends where a value is expected";
  return std::string("the file ends before ") +
         (open == '{' ? "an object is closed: a }" : "a list is closed: a ]") + " is missing";
}

bool is_curly_quote(std::string_view text) {
  return text.starts_with("\xe2\x80\x9c") || text.starts_with("\xe2\x80\x9d") ||
         text.starts_with("\xe2\x80\x98") || text.starts_with("\xe2\x80\x99");
}

/// Of a mark or value where the grammar has another one.
std::string about_structure(const Surroundings& place) {
  const char first = place.first();
  if (place.says("expected end of input")) return "text after the end of the JSON value";
  if (first == ':' && place.open() == '[') return "a list has no keys: write {...} for an object";
  if (place.says("object separator"))
    return first == '}' || first == ',' ? "a key lacks its value: write \"key\": value"
                                        : "a colon is missing after the key";
  if (first == ',' || first == '}' || first == ']') {
    if (place.before() == ',' || place.before() == ':' || place.before() == '[' || place.before() == '{')
      return std::string("a value is missing before ") + first;
    return place.open() == '{' ? std::string("an object is closed by }, not ") + first
                               : std::string("a list is closed by ], not ") + first;
  }
  return std::string("unexpected ") + first;
}

bool follows_value(const Surroundings& place) {
  const char last = place.before();
  return last == '"' || last == '}' || last == ']' || is_word(last);
}

}  // namespace

JsonError json_error(std::string_view text, const JsonFailure& failure) {
  const Surroundings place(text, failure);
  const char first = place.first();
  const auto here = [&](std::string message) { return JsonError{place.at(), std::move(message)}; };
  if (place.says("invalid string")) return here(about_string(place));
  if (place.ended()) return here(about_end(place.open()));
  if (place.before() == ',' && (first == '}' || first == ']'))
    return {place.before_at(), "remove the trailing comma"};
  if (first == '\'' || is_curly_quote(place.rest())) return here("JSON strings need double quotes (\")");
  if (first == '/' || first == '#') return here("JSON has no comments: remove it");
  const bool after_end = place.says("expected end of input");
  if (place.open() != 0 && place.begins_value() && follows_value(place) && !place.says("object separator"))
    return here("a comma is missing before this");
  if (place.says("object separator")) return here(about_structure(place));
  if (first == '+') return here("a number has no plus sign");
  if (!after_end && (is_digit(first) || first == '.' || first == '-')) return here(about_number(place));
  if (!after_end && is_word(first)) return here(about_word(place));
  return here(about_structure(place));
}

}  // namespace aelab
