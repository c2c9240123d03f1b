#include "aelab/core/config.h"

#include <fmt/format.h>

#include <cmath>
#include <deque>

#include <nlohmann/json.hpp>

#include "aelab/core/field_places.h"
#include "aelab/core/json.h"
#include "aelab/core/key_messages.h"
#include "aelab/core/meant_values.h"
#include "aelab/core/text.h"

namespace aelab {

std::string in_words(const Bounds& bounds) {
  const bool lower = std::isfinite(bounds.least), upper = std::isfinite(bounds.most);
  if (bounds.least == bounds.most) return shortest(bounds.least);
  if (lower && upper)
    return fmt::format("between {} and {}{}", shortest(bounds.least), shortest(bounds.most),
                       bounds.open ? " (both excluded)" : "");
  if (lower) return fmt::format("{} {}", bounds.open ? "above" : "at least", shortest(bounds.least));
  if (!upper) return "finite";
  return fmt::format("{} {}", bounds.open ? "below" : "at most", shortest(bounds.most));
}

namespace {

using nlohmann::json;

std::vector<std::string> strings(std::span<const std::string_view> views) {
  return {views.begin(), views.end()};
}

class ConfigReader final : public Fields {
 public:
  ConfigReader(const json& value, const ConfigRef& root) : node_(&value), root_(root) {}

  std::vector<std::string> problems, remarks;

  void formerly(std::initializer_list<std::string_view> keys) override {
    frames_.back().former.assign(keys.begin(), keys.end());
  }

  void require(bool holds, std::string_view name, std::string_view problem) override {
    if (const auto& frame = frames_.back(); frame.shorthand && !frame.choice) return;  // not even an object
    const auto path = name.empty() ? path_ : child(name);
    if (!holds && !mentioned(path)) report(path, std::string(problem));
  }

  void flatten(AnyChoice& value) override {
    auto& frame = frames_.back();
    const auto& kinds = value.kinds();
    const auto& [number_kind, number_field] = kinds.number_meaning();
    frame.listed.push_back(kinds.tag());
    frame.choice = &kinds;
    std::string kind;
    if (frame.shorthand && frame.shorthand->is_string()) {
      kind = frame.shorthand->get<std::string>();
    } else if (frame.shorthand && frame.shorthand->is_number() && !number_kind.empty()) {
      kind = number_kind;
      frame.scratch = json{{number_field, *frame.shorthand}};
      frame.object = &frame.scratch;
    } else if (frame.shorthand) {
      const bool listed = frame.shorthand->is_array() && frame.shorthand->size() == 1;
      return wrong(
          fmt::format("{}an object with \"{}\" or the name of {}", number_kind.empty() ? "" : "a number, ",
                      kinds.tag(), with_article(kinds.noun())),
          listed ? frame.shorthand->front() : json());
    } else if (!frame.object->contains(kinds.tag())) {
      frame.unknown_kind = !can_mean_chosen(value, *frame.object);
      frame.lacks_kind = frame.unknown_kind;
      if (frame.unknown_kind) return report(path_, lacks_type(value, *frame.object));
      frame.type = value.kind();
      return value.fields(*this);
    } else if (const auto& tag = (*frame.object)[kinds.tag()]; !tag.is_string()) {
      frame.unknown_kind = true;
      return report(child(kinds.tag()),
                    "must be the name of " + with_article(kinds.noun()) + ", not " + describe_json(tag));
    } else {
      kind = tag.get<std::string>();
    }
    const auto* found = kinds.find(kind);
    if (!found) {
      frame.unknown_kind = true;
      if (!frame.shorthand) return report(child(kinds.tag()), kinds.unknown(kind));
      return report(path_, number_kind.empty()
                               ? kinds.unknown(kind)
                               : fmt::format("must be a number or {}, not \"{}\".{}",
                                             with_article(kinds.noun()), kind, kinds.suggestion(kind)));
    }
    frame.type = kind;
    value.choose(*found);
    value.fields(*this);
  }

 protected:
  void field(std::string_view name, std::string_view, const Visit& visit) override {
    auto& frame = frames_.back();
    frame.listed.emplace_back(name);
    auto found = frame.object->find(name);
    if (found != frame.object->end()) at(child(name), *found, visit);
    for (const auto& former : std::exchange(frame.former, {})) {
      const auto old = frame.object->find(former);
      if (old == frame.object->end()) continue;
      frame.renamed.push_back(former);
      if (found != frame.object->end()) {
        report(child(former),
               fmt::format("is the former name of \"{}\", which is given too: remove it", name));
        continue;
      }
      remarks.push_back(fmt::format("{}: is now called \"{}\"; rename it", child(former), name));
      found = old;
      at(child(former), *old, visit);
    }
  }

  void alias(std::string_view name, std::string_view other) override {
    frames_.back().aliases.emplace_back(other, name);
    if (other == fmt::format("n_{}", name)) suggest_numbers(name);
  }

  void boolean(bool& value) override {
    if (!node_->is_boolean()) return wrong("true or false", truth_meant(*node_));
    value = node_->get<bool>();
  }

  void integer(std::int64_t& value, const Bounds& bounds) override {
    if (!node_->is_number_integer()) return wrong("a whole number", whole_number_meant(*node_));
    const auto read = node_->get<std::int64_t>();
    if (inside(static_cast<double>(read), bounds)) value = read;
  }

  void number(double& value, const Bounds& bounds) override {
    if (!node_->is_number()) return wrong("a number", number_meant(*node_));
    const auto read = node_->get<double>();
    if (inside(read, bounds)) value = read;
  }

  void text(std::string& value) override {
    if (!node_->is_string()) return wrong("a string", string_meant(*node_));
    value = node_->get<std::string>();
  }

  void files(FileNames& value) override {
    const auto is_text = [](const json& item) { return item.is_string(); };
    if (node_->is_string()) {
      value = node_->get<std::string>();
    } else if (node_->is_array() && std::all_of(node_->begin(), node_->end(), is_text)) {
      static_cast<std::vector<std::string>&>(value) = node_->get<std::vector<std::string>>();
    } else {
      wrong("a file's name, or a list of them");
    }
  }

  void column(ColumnName& value) override {
    if (node_->is_number_integer())
      value = node_->dump();
    else
      text(value);
  }

  void enumeration(int& value, std::span<const std::string_view> names) override {
    const auto known = strings(names);
    const auto found = std::find(known.begin(), known.end(), *node_);
    if (found == known.end()) return wrong("one of " + join(known, ", "), name_meant(*node_, known));
    value = static_cast<int>(found - known.begin());
  }

  void optional(bool, const std::function<void()>& engage, const Visit& visit) override {
    engage();
    visit(*this);
  }

  void list(std::size_t, const std::function<void(std::size_t)>& resize,
            const std::function<void(Fields&, std::size_t)>& visit) override {
    if (!node_->is_array()) return not_a_list(resize, visit);
    read_entries(*node_, resize, visit);
  }

  void object(const Visit& visit) override {
    static const json nothing = json::object();
    frames_.push_back(
        {.object = node_->is_object() ? node_ : &nothing, .shorthand = node_->is_object() ? nullptr : node_});
    visit(*this);
    const auto frame = std::move(frames_.back());
    frames_.pop_back();
    if (frame.shorthand && !frame.choice) return wrong("an object");
    if (frame.lacks_kind) report_keys_of_no_type(frame);
    if (frame.shorthand || frame.unknown_kind) return;
    const ObjectRead read = {path_, frame.listed, frame.aliases, frame.type, frame.choice, frame.object};
    const auto has = [](const auto& keys, const auto& key) {
      return std::find(keys.begin(), keys.end(), key) != keys.end();
    };
    for (const auto& item : frame.object->items())
      if (!has(read.listed, item.key()) && !has(frame.renamed, item.key()))
        report(join_path(path_, item.key()), unknown_key(item.key(), read, root_));
  }

  void choice(AnyChoice& value) override {
    object([&value](Fields& f) { f.flatten(value); });
  }

  void any(AnyJson& value) override { value.text = node_->dump(); }

 private:
  struct Frame {
    const json* object;
    const json* shorthand;  // the value where a name or a number stands for an object
    const Kinds* choice = nullptr;
    bool unknown_kind = false, lacks_kind = false;
    json scratch = {};
    std::vector<std::string> listed = {};
    std::vector<std::string> former = {};   // keys of the field that is listed next
    std::vector<std::string> renamed = {};  // former keys that the object has
    std::vector<std::pair<std::string, std::string>> aliases = {};
    std::string type = {};  // the registered type that is chosen
  };

  const json* node_;
  const ConfigRef& root_;
  std::string path_;
  std::deque<Frame> frames_;  // frames point into themselves
  std::vector<std::string> reported_;

  static std::string join_path(const std::string& path, std::string_view name) {
    return path.empty() ? std::string(name) : fmt::format("{}.{}", path, name);
  }
  std::string child(std::string_view name) const { return join_path(path_, name); }

  void at(std::string path, const json& value, const Visit& visit) {
    const auto* outer = std::exchange(node_, &value);
    std::swap(path_, path);
    visit(*this);
    node_ = outer;
    path_ = std::move(path);
  }

  void report(const std::string& path, const std::string& problem) {
    problems.push_back(path.empty() ? problem : fmt::format("{}: {}", path, problem));
    reported_.push_back(path);
  }
  bool mentioned(const std::string& path) const {
    return std::any_of(reported_.begin(), reported_.end(),
                       [&](const auto& reported) { return reported.starts_with(path); });
  }
  /// `meant` is the right form of the value, if it can be told.
  void wrong(const std::string& expected, const json& meant = {}) {
    report(path_, fmt::format("must be {}, not {}{}", expected, describe_json(*node_), to_write(meant)));
  }
  static std::string to_write(const json& meant) {
    return meant.is_null() ? "" : ": write " + one_line(meant);
  }

  using Resize = std::function<void(std::size_t)>;
  using VisitEntry = std::function<void(Fields&, std::size_t)>;

  void read_entries(const json& entries, const Resize& resize, const VisitEntry& visit) {
    resize(0);
    resize(entries.size());
    for (std::size_t i = 0; i < entries.size(); ++i)
      at(fmt::format("{}[{}]", path_, i), entries[i], [&](Fields& f) { visit(f, i); });
  }

  /// Shows the list that is meant if it can be read, or consists of names whose errors are reported then.
  void not_a_list(const Resize& resize, const VisitEntry& visit) {
    const auto meant = list_meant(*node_);
    if (meant.empty()) return wrong("a list");  // and the default stays
    const auto first = problems.size();
    read_entries(meant, resize, visit);
    auto found =
        std::vector<std::string>(problems.begin() + static_cast<std::ptrdiff_t>(first), problems.end());
    problems.resize(first);
    const bool shown = found.empty() || meant.front().is_string();
    wrong("a list", shown ? meant : json());
    if (shown) problems.insert(problems.end(), found.begin(), found.end());
  }

  /// A number in place of a list that other frameworks give the number of entries of: the list 1, 2, ...
  void suggest_numbers(std::string_view name) {
    constexpr std::int64_t kMost = 100;
    const auto given = frames_.back().object->find(name);
    if (given == frames_.back().object->end() || !given->is_number_integer() || problems.empty()) return;
    const auto count = given->get<std::int64_t>();
    if (count < 1 || count > kMost || !problems.back().starts_with(child(name) + ": must be a list")) return;
    auto numbers = json::array();
    for (std::int64_t i = 1; i <= count; ++i) numbers.push_back(i);
    problems.pop_back();
    report(child(name), fmt::format("must be a list, not {}{}", count, to_write(numbers)));
  }

  /// Keys of an object without the name of its type that no type has.
  void report_keys_of_no_type(const Frame& frame) {
    auto listed = frame.listed;
    for (const auto& kind : frame.choice->all())
      for (auto& name : field_names(kind)) listed.push_back(std::move(name));
    const ObjectRead read = {.path = path_, .listed = listed, .aliases = frame.aliases, .type = ""};
    for (const auto& item : frame.object->items())
      if (std::find(listed.begin(), listed.end(), item.key()) == listed.end())
        report(join_path(path_, item.key()), unknown_key(item.key(), read, root_));
  }
  bool inside(double value, const Bounds& bounds) {
    const bool finite = std::isfinite(value);
    if (finite && bounds.allow(value)) return true;
    report(path_, fmt::format("must be {}, is {}", finite ? in_words(bounds) : "finite", shortest(value)));
    return false;
  }
};

class ConfigWriter final : public Fields {
 public:
  json value;

  void flatten(AnyChoice& choice) override {
    if (choice.empty()) return;
    value[choice.kinds().tag()] = choice.kind();
    choice.fields(*this);
  }

 protected:
  void field(std::string_view name, std::string_view, const Visit& visit) override {
    ConfigWriter writer;
    visit(writer);
    if (!writer.value.is_null()) value[std::string(name)] = std::move(writer.value);
  }
  void boolean(bool& x) override { value = x; }
  void integer(std::int64_t& x, const Bounds&) override { value = x; }
  void number(double& x, const Bounds&) override {
    const auto whole = whole_number_meant(json(x));
    value = whole.is_null() ? json(x) : whole;
  }
  void text(std::string& x) override { value = x; }
  void files(FileNames& x) override {
    value = x.size() == 1 ? json(x.front()) : json(static_cast<std::vector<std::string>&>(x));
  }
  void enumeration(int& x, std::span<const std::string_view> names) override {
    value = names[static_cast<std::size_t>(x)];
  }
  void optional(bool engaged, const std::function<void()>&, const Visit& visit) override {
    if (engaged) visit(*this);
  }
  void list(std::size_t size, const std::function<void(std::size_t)>&,
            const std::function<void(Fields&, std::size_t)>& visit) override {
    value = json::array();
    for (std::size_t i = 0; i < size; ++i) {
      ConfigWriter writer;
      visit(writer, i);
      value.push_back(std::move(writer.value));
    }
  }
  void object(const Visit& visit) override {
    value = json::object();
    visit(*this);
  }
  void choice(AnyChoice& x) override {
    if (x.empty()) return;
    object([&x](Fields& f) { f.flatten(x); });
    const auto& [kind, field] = x.kinds().number_meaning();
    if (x.kind() == kind) value = json(value[field]);
  }
  void any(AnyJson& x) override {
    if (!x.text.empty()) value = json::parse(x.text);
  }
};

}  // namespace

void read_config(const json& value, ConfigRef config, Problems& problems) {
  ConfigReader reader(value, config);
  config.visit(reader);
  for (auto& problem : reader.problems) problems.add(std::move(problem));
  for (auto& remark : reader.remarks) problems.remark(std::move(remark));
}

void read_config(const json& value, ConfigRef config, const std::string& origin) {
  Problems problems;
  read_config(value, config, problems);
  problems.raise(origin);
}

json write_config(ConfigRef config) {
  ConfigWriter writer;
  config.visit(writer);
  return std::move(writer.value);
}

void check_config(ConfigRef config, const std::string& origin) {
  Problems problems;
  check_config(config, problems);
  problems.raise(origin);
}

void check_config(ConfigRef config, Problems& problems) {
  read_config(write_config(config), config, problems);  // reads back what is there, so nothing changes
}

}  // namespace aelab
