#include "aelab/core/json.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "aelab/core/error.h"
#include "aelab/core/json_errors.h"

namespace aelab {
namespace {

using nlohmann::json;

constexpr std::size_t kDeepest = 64;

/// Builds a json value from parser events; returns false at the first problem, which it keeps.
class StrictBuilder : public nlohmann::json_sax<json> {
 public:
  json root;
  std::string problem;
  bool is_json = true;                       // false: `problem` is the parser's
  std::size_t position = std::string::npos;  // byte, where the parser tells it

  bool null() override { return put(nullptr); }
  bool boolean(bool value) override { return put(value); }
  bool number_integer(number_integer_t value) override { return put(value); }
  bool number_unsigned(number_unsigned_t value) override {
    if (value > static_cast<number_unsigned_t>(std::numeric_limits<std::int64_t>::max()))
      return fail("the whole number " + std::to_string(value) + " is too large");
    return put(static_cast<std::int64_t>(value));
  }
  bool number_float(number_float_t value, const string_t& text) override {
    const bool whole = text.find_first_of(".eE") == std::string::npos;
    return whole ? fail("the whole number " + text + " is too large") : put(value);
  }
  bool string(string_t& value) override { return put(std::move(value)); }
  bool binary(binary_t&) override { return fail("binary values are not JSON"); }
  bool start_object(std::size_t) override { return open(json::object()); }
  bool start_array(std::size_t) override { return open(json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(string_t& name) override {
    if (open_.back()->contains(name)) return fail("the key \"" + name + "\" appears twice in one object");
    key_ = std::move(name);
    return true;
  }
  bool parse_error(std::size_t byte, const std::string& token,
                   const nlohmann::detail::exception& e) override {
    position = byte;
    is_json = std::string_view(e.what()).find("out_of_range") != std::string_view::npos;
    return fail(is_json ? "the number " + token + " is not finite" : e.what());
  }

  /// The innermost bracket that is open; 0 if there is none.
  char open_bracket() const { return open_.empty() ? '\0' : open_.back()->is_array() ? '[' : '{'; }

 private:
  std::vector<json*> open_;
  std::string key_;

  bool fail(std::string what) {
    problem = std::move(what);
    return false;
  }
  json* place(json value) {
    if (open_.empty()) return &(root = std::move(value));
    auto& parent = *open_.back();
    if (!parent.is_array()) return &(parent[key_] = std::move(value));
    parent.push_back(std::move(value));
    return &parent.back();
  }
  bool put(json value) {
    place(std::move(value));
    return true;
  }
  bool open(json value) {
    if (open_.size() == kDeepest) return fail("nested deeper than " + std::to_string(kDeepest) + " levels");
    open_.push_back(place(std::move(value)));
    return true;
  }
  bool close() {
    open_.pop_back();
    return true;
  }
};

/// Reads a text byte by byte and counts, so that a problem found by the builder has its place too.
class CountingInput {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountingInput(const char* at, const char** furthest) : at_(at), furthest_(furthest) {}
  reference operator*() const { return *at_; }
  CountingInput& operator++() {
    ++at_;
    *furthest_ = std::max(*furthest_, at_);
    return *this;
  }
  CountingInput operator++(int) {
    auto before = *this;
    ++*this;
    return before;
  }
  bool operator==(const CountingInput& other) const { return at_ == other.at_; }
  bool operator!=(const CountingInput& other) const { return at_ != other.at_; }

 private:
  const char* at_;
  const char** furthest_;
};

std::string place_of(std::string_view text, std::size_t byte) {
  const auto before = text.substr(0, std::min(byte, text.size()));
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const auto last = before.rfind('\n');
  const auto column = before.size() - (last == std::string_view::npos ? 0 : last + 1);
  return std::to_string(line) + ":" + std::to_string(std::max<std::size_t>(column, 1));
}

}  // namespace

json parse_json(std::string_view text, const std::string& name) {
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) throw Error(name + ": is empty");
  if (const auto zero = text.find('\0'); zero != std::string_view::npos)  // the parser would end there
    throw Error(name + ":" + place_of(text, zero + 1) + ": a zero byte: this is not JSON");
  StrictBuilder builder;
  const char* furthest = text.data();
  const CountingInput begin(text.data(), &furthest), end(text.data() + text.size(), &furthest);
  if (!json::sax_parse(begin, end, &builder)) {
    if (builder.position == std::string::npos)
      builder.position = static_cast<std::size_t>(furthest - text.data());
    if (!builder.is_json) {
      const auto error = json_error(text, {builder.position, builder.problem, builder.open_bracket()});
      throw Error(name + ":" + place_of(text, error.at + 1) + ": " + error.message);
    }
    throw Error(name + ":" + place_of(text, builder.position) + ": " + builder.problem);
  }
  return std::move(builder.root);
}

std::string first_difference(const json& before, const json& now) {
  const auto path = json::diff(before, now).front().at("path").get<std::string>();
  return path.empty() ? path : path.substr(1);
}

std::string difference_in_words(const json& before, const json& now) {
  const auto path = first_difference(before, now);
  const json::json_pointer place(path.empty() ? path : "/" + path);
  const auto value_in = [&](const json& value) {
    return value.contains(place) ? value.at(place).dump() : std::string("absent");
  };
  return path + " is " + value_in(before) + ", not " + value_in(now);
}

std::string describe_json(const json& value) {
  switch (value.type()) {
    case json::value_t::null:
      return "null";
    case json::value_t::object:
      return "an object";
    case json::value_t::array:
      return "a list";
    case json::value_t::string:
      return value.dump(-1, ' ', false, json::error_handler_t::replace).substr(0, 60);
    default:
      return value.dump();
  }
}

std::string one_line(const json& value) {
  if (!value.is_structured()) return value.dump(-1, ' ', false, json::error_handler_t::replace);
  std::string text;
  for (const auto& item : value.items()) {
    if (!text.empty()) text += ", ";
    if (value.is_object()) text += json(item.key()).dump() + ": ";
    text += one_line(item.value());
  }
  return value.is_object() ? "{" + text + "}" : "[" + text + "]";
}

}  // namespace aelab
