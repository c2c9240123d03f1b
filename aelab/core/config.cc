#include "aelab/core/config.h"

#include <fmt/format.h>

#include <cmath>
#include <deque>

#include <nlohmann/json.hpp>

#include "aelab/core/json.h"
#include "aelab/core/key_messages.h"
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

  std::vector<std::string> problems;

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
      return report(path_, fmt::format("must be {}an object with \"{}\" or the name of a {}, not {}",
                                       number_kind.empty() ? "" : "a number, ", kinds.tag(), kinds.noun(),
                                       describe_json(*frame.shorthand)));
    } else if (!frame.object->contains(kinds.tag())) {
      frame.unknown_kind = !can_mean_chosen(value, *frame.object);
      if (frame.unknown_kind) return report(path_, lacks_type(value, *frame.object));
      frame.type = value.kind();
      return value.fields(*this);
    } else if (const auto& tag = (*frame.object)[kinds.tag()]; !tag.is_string()) {
      frame.unknown_kind = true;
      return report(child(kinds.tag()),
                    "must be the name of a " + kinds.noun() + ", not " + describe_json(tag));
    } else {
      kind = tag.get<std::string>();
    }
    const auto* found = kinds.find(kind);
    if (!found) {
      frame.unknown_kind = true;
      if (!frame.shorthand) return report(child(kinds.tag()), kinds.unknown(kind));
      return report(path_, number_kind.empty()
                               ? kinds.unknown(kind)
                               : fmt::format("must be a number or a {}, not \"{}\".{}", kinds.noun(), kind,
                                             did_you_mean(kind, kinds.names())));
    }
    frame.type = kind;
    value.choose(*found);
    value.fields(*this);
  }

 protected:
  void field(std::string_view name, std::string_view, const Visit& visit) override {
    auto& frame = frames_.back();
    frame.listed.emplace_back(name);
    const auto found = frame.object->find(name);
    if (found != frame.object->end()) at(child(name), *found, visit);
  }

  void alias(std::string_view name, std::string_view other) override {
    frames_.back().aliases.emplace_back(other, name);
  }

  void boolean(bool& value) override {
    if (!node_->is_boolean()) return wrong("true or false");
    value = node_->get<bool>();
  }

  void integer(std::int64_t& value, const Bounds& bounds) override {
    if (!node_->is_number_integer()) return wrong("a whole number");
    const auto read = node_->get<std::int64_t>();
    if (inside(static_cast<double>(read), bounds)) value = read;
  }

  void number(double& value, const Bounds& bounds) override {
    if (!node_->is_number()) return wrong("a number");
    const auto read = node_->get<double>();
    if (inside(read, bounds)) value = read;
  }

  void text(std::string& value) override {
    if (!node_->is_string()) return wrong("a text");
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

  void enumeration(int& value, std::span<const std::string_view> names) override {
    const auto known = strings(names);
    if (!node_->is_string()) return wrong("one of " + join(known, ", "));
    const auto read = node_->get<std::string>();
    const auto found = std::find(known.begin(), known.end(), read);
    if (found == known.end()) return wrong("one of " + join(known, ", "));
    value = static_cast<int>(found - known.begin());
  }

  void optional(bool, const std::function<void()>& engage, const Visit& visit) override {
    engage();
    visit(*this);
  }

  void list(std::size_t, const std::function<void(std::size_t)>& resize,
            const std::function<void(Fields&, std::size_t)>& visit) override {
    if (!node_->is_array()) return wrong("a list");
    const auto& array = *node_;
    resize(0);
    resize(array.size());
    for (std::size_t i = 0; i < array.size(); ++i)
      at(fmt::format("{}[{}]", path_, i), array[i], [&](Fields& f) { visit(f, i); });
  }

  void object(const Visit& visit) override {
    static const json nothing = json::object();
    frames_.push_back(
        {.object = node_->is_object() ? node_ : &nothing, .shorthand = node_->is_object() ? nullptr : node_});
    visit(*this);
    const auto frame = std::move(frames_.back());
    frames_.pop_back();
    if (frame.shorthand && !frame.choice) return wrong("an object");
    if (frame.shorthand || frame.unknown_kind) return;
    const ObjectRead read = {path_, frame.listed, frame.aliases, frame.type};
    for (const auto& item : frame.object->items())
      if (std::find(read.listed.begin(), read.listed.end(), item.key()) == read.listed.end())
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
    bool unknown_kind = false;
    json scratch = {};
    std::vector<std::string> listed = {};
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
  void wrong(const std::string& expected) {
    report(path_, fmt::format("must be {}, not {}", expected, describe_json(*node_)));
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
  void number(double& x, const Bounds&) override { value = x; }
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

class ChoiceVisitor final : public Fields {
 public:
  using Found = std::function<void(const std::string&, AnyChoice&)>;
  ChoiceVisitor(const Found& found, std::string path) : found_(found), path_(std::move(path)) {}

  void flatten(AnyChoice& choice) override {
    found_(path_, choice);
    if (!choice.empty()) choice.fields(*this);
  }

 protected:
  void field(std::string_view name, std::string_view, const Visit& visit) override {
    ChoiceVisitor inner(found_, path_.empty() ? std::string(name) : fmt::format("{}.{}", path_, name));
    visit(inner);
  }
  void boolean(bool&) override {}
  void integer(std::int64_t&, const Bounds&) override {}
  void number(double&, const Bounds&) override {}
  void text(std::string&) override {}
  void files(FileNames&) override {}
  void enumeration(int&, std::span<const std::string_view>) override {}
  void optional(bool engaged, const std::function<void()>&, const Visit& visit) override {
    if (engaged) visit(*this);
  }
  void list(std::size_t size, const std::function<void(std::size_t)>&,
            const std::function<void(Fields&, std::size_t)>& visit) override {
    for (std::size_t i = 0; i < size; ++i) {
      ChoiceVisitor inner(found_, fmt::format("{}[{}]", path_, i));
      visit(inner, i);
    }
  }
  void object(const Visit& visit) override { visit(*this); }
  void choice(AnyChoice& choice) override { flatten(choice); }
  void any(AnyJson&) override {}

 private:
  const Found& found_;
  std::string path_;
};

}  // namespace

void read_config(const json& value, ConfigRef config, Problems& problems) {
  ConfigReader reader(value, config);
  config.visit(reader);
  for (auto& problem : reader.problems) problems.add(std::move(problem));
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
  read_config(write_config(config), config, origin);  // reads back what is there, so nothing changes
}

void visit_choices(ConfigRef config, const std::function<void(const std::string&, AnyChoice&)>& visit) {
  ChoiceVisitor visitor(visit, "");
  config.visit(visitor);
}

}  // namespace aelab
