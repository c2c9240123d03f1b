#include "aelab/runs/overrides.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>

#include "aelab/core/config.h"
#include "aelab/core/json.h"
#include "aelab/core/text.h"
#include "aelab/runs/run_config.h"

namespace aelab {
namespace {

using nlohmann::json;

std::vector<std::string> keys_of(const std::string& path, const std::string& where) {
  std::vector<std::string> keys(1);
  for (const char c : path) {
    if (c == '.' || c == '[')
      keys.emplace_back();
    else if (c != ']')
      keys.back() += c;
  }
  if (std::any_of(keys.begin(), keys.end(), [](const auto& key) { return key.empty(); }))
    throw Error(where + ": has an empty key");
  return keys;
}

bool is_number(const std::string& key) {
  return key.size() < 7 && std::all_of(key.begin(), key.end(), [](char c) { return c >= '0' && c <= '9'; });
}

json& entry(json& list, const std::string& key, const std::string& where) {
  const auto index = is_number(key) ? std::stoul(key) : list.size() + 1;
  if (index > list.size())
    throw Error(where + ": \"" + key + "\" is not an entry of a list of " + std::to_string(list.size()));
  if (index == list.size()) list.push_back(nullptr);
  return list[index];
}

/// Follows the keys of a path, and makes what the file leaves out.
class PathWalk {
 public:
  PathWalk(json& config, std::string run_at, std::string where)
      : at_(&config),
        run_(run_at.empty() ? &config : nullptr),
        run_at_(std::move(run_at)),
        where_(std::move(where)) {}

  void step(const std::string& key) {
    auto& parent = *at_;
    if (parent.is_null()) parent = is_number(key) ? default_list() : json::object();
    if (parent.is_string()) name_to_object(parent);
    if (parent.is_array()) {
      at_ = &entry(parent, key, where_);
      path_ += "[" + key + "]";
    } else if (parent.is_object()) {
      at_ = &parent[key];
      path_ += (path_.empty() ? "" : ".") + key;
    } else {
      throw_no_keys(parent);
    }
    last_ = key;
    if (run_) pointer_ /= key;
    if (!run_ && path_ == run_at_) {
      run_ = at_;
      path_.clear();
    }
  }

  json& value() { return *at_; }

 private:
  json* at_;
  const json* run_;  // the object of the run, once the path has reached it
  std::string run_at_, where_, last_;
  std::string path_;            // within the run, once the path has reached it
  json::json_pointer pointer_;  // the same

  [[noreturn]] void throw_no_keys(const json& value) const {
    throw Error(where_ + ": \"" + last_ + "\" is " + describe_json(value) + ", which has no keys");
  }

  /// The run as far as it can be read. Its errors are reported when the whole file is.
  RunConfig read_run() const {
    RunConfig config;
    Problems unreported;
    if (run_ && run_->is_object()) read_config(*run_, config, unreported);
    return config;
  }

  json default_list() const {
    if (!run_) return json::array();
    const auto run = read_run();
    const auto whole = write_config(run);
    return whole.contains(pointer_) && whole[pointer_].is_array() ? whole[pointer_] : json::array();
  }

  /// The name of a registered type becomes an object with its tag.
  void name_to_object(json& name) const {
    std::string tag;
    const auto run = read_run();
    if (run_)
      visit_choices(run, [&](const std::string& path, AnyChoice& choice) {
        if (path == path_) tag = choice.kinds().tag();
      });
    if (tag.empty()) throw_no_keys(name);
    name = {{tag, name}};
  }
};

/// The number of ".01", which is not JSON.
std::optional<double> without_leading_zero(const std::string& text) {
  if (!text.starts_with('.') && !text.starts_with("-.")) return {};
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

json value_of(const std::string& text, const std::string& override);

/// A list of words whose quotes the shell has removed: [relu, tanh].
std::optional<json> list_of_words(const std::string& text, const std::string& override) {
  const auto inner = text.size() < 2 || text.back() != ']' ? "[" : text.substr(1, text.size() - 2);
  if (inner.find_first_of("[]{}\"") != std::string::npos) return {};
  auto list = json::array();
  for (const auto& entry : split(inner, ',')) list.push_back(value_of(entry, override));
  return list;
}

json value_of(const std::string& text, const std::string& override) {
  if (const auto number = without_leading_zero(text)) return *number;
  const bool looks_like_json =
      !text.empty() && std::string_view("{[\"-0123456789").find(text.front()) != std::string_view::npos;
  if (looks_like_json || text == "true" || text == "false" || text == "null") {
    try {
      return parse_json(text, "override \"" + override + "\"");
    } catch (const Error& error) {
      if (text.front() == '[')
        if (auto list = list_of_words(text, override)) return *list;
      if (text.front() == '[' || text.front() == '{')
        throw Error(std::string(error.what()) + "; in a shell, put the override in single quotes");
      if (text.front() == '"') throw;
    }
  }
  return text;
}

void set(json& config, const std::string& path, json value, const std::string& run_at,
         const std::string& where) {
  PathWalk walk(config, run_at, where);
  for (const auto& key : keys_of(path, where)) walk.step(key);
  walk.value() = std::move(value);
}

void apply(json& config, const std::string& override, const std::string& run_at) {
  const auto where = "override \"" + override + "\"";
  const auto equals = override.find('=');
  if (equals == std::string::npos || equals == 0) throw Error(where + ": must be path.to.key=value");
  set(config, override.substr(0, equals), value_of(override.substr(equals + 1), override), run_at, where);
}

}  // namespace

void set_value(json& run, const std::string& path, json value, const std::string& where) {
  set(run, path, std::move(value), /*run_at=*/"", where);
}

namespace {

/// Overrides with blanks in a list or an object, which the shell has split there.
std::vector<std::string> rejoined(const std::vector<std::string>& words) {
  std::vector<std::string> overrides;
  std::ptrdiff_t open = 0;
  for (const auto& word : words) {
    if (open > 0)
      overrides.back() += " " + word;
    else
      overrides.push_back(word);
    const auto value = open > 0 ? 0 : std::min(word.find('='), word.size());
    open += std::count_if(word.begin() + static_cast<std::ptrdiff_t>(value), word.end(),
                          [](char c) { return c == '[' || c == '{'; });
    open -= std::count_if(word.begin() + static_cast<std::ptrdiff_t>(value), word.end(),
                          [](char c) { return c == ']' || c == '}'; });
  }
  return overrides;
}

}  // namespace

void apply_overrides(json& config, const std::vector<std::string>& overrides, const std::string& run_at) {
  Problems problems;
  for (const auto& override : rejoined(overrides)) problems.attempt([&] { apply(config, override, run_at); });
  problems.raise();
}

}  // namespace aelab
