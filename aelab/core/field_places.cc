#include "aelab/core/field_places.h"

#include <algorithm>
#include <map>
#include <utility>

#include "aelab/core/quiet_fields.h"
#include "aelab/core/text.h"

namespace aelab {
namespace {

/// Lists all fields.
class Lister : public QuietFields {
 public:
  bool describing() const override { return true; }
};

class FieldNames final : public Lister {
 public:
  std::vector<std::string> names;

 protected:
  void field(std::string_view name, std::string_view, const Visit&) override { names.emplace_back(name); }
};

/// Whether the value of a field is a list.
class ListProbe final : public Lister {
 public:
  bool found = false;

 protected:
  void field(std::string_view, std::string_view, const Visit&) override {}
  void object(const Visit&) override {}
  void optional(bool engaged, const std::function<void()>& engage, const Visit& visit) override {
    if (!engaged) engage();
    visit(*this);
  }
  void list(std::size_t, const std::function<void(std::size_t)>&,
            const std::function<void(Fields&, std::size_t)>&) override {
    found = true;
  }
};

enum class Matching { name, alias, misspelling };

/// Walks through a config and through the types of the registries that it chooses from, where each registry
/// is outermost.
class FieldFinder final : public Lister {
 public:
  FieldFinder(std::string_view name, Matching by) : wanted_(simplified(name)), by_(by) {}

  FieldPlaces found;

  void flatten(AnyChoice& choice) override {
    const auto& kinds = choice.kinds();
    if (is_wanted(kinds.tag())) add(kinds.tag());
    const bool stands_for_a_number = !kinds.number_meaning().first.empty();  // schedules are everywhere
    if (stands_for_a_number) return;
    const auto [seen, is_new] = seen_.emplace(&kinds, depth_);
    if (!is_new && seen->second <= depth_) return;
    seen->second = depth_;
    const auto outer_kinds = std::exchange(kinds_, &kinds);
    const auto outer_kind = kind_, outer_path = std::exchange(kind_path_, path_);
    const auto outer_default = std::exchange(default_kind_, choice.empty() ? std::string() : choice.kind());
    for (const auto& kind : kinds.all()) {
      kind_ = kind.name;
      kind.defaults()->fields(*this);
    }
    kinds_ = outer_kinds;
    kind_ = outer_kind;
    kind_path_ = outer_path;
    default_kind_ = outer_default;
  }

 protected:
  void field(std::string_view name, std::string_view, const Visit& visit) override {
    if (is_wanted(name)) {
      ListProbe value;
      visit(value);
      add(name, value.found);
    }
    const auto outer = path_;
    path_ += (path_.empty() ? "" : ".") + std::string(name);
    ++depth_;
    visit(*this);
    --depth_;
    path_ = outer;
    last_visit_ = visit;
  }
  void alias(std::string_view name, std::string_view other) override {
    if (by_ == Matching::alias && simplified(other) == wanted_) {
      ListProbe value;
      last_visit_(value);
      add(name, value.found);
    }
    if (other == "n_" + std::string(name)) counted_ = name;
    if (found.field == name && counted_ == name) found.counted = true;
  }
  void optional(bool engaged, const std::function<void()>& engage, const Visit& visit) override {
    if (!engaged) engage();
    visit(*this);
  }
  void list(std::size_t, const std::function<void(std::size_t)>& resize,
            const std::function<void(Fields&, std::size_t)>& visit) override {
    const auto outer = path_;
    path_ += "[]";
    resize(1);
    visit(*this, 0);
    path_ = outer;
  }
  void choice(AnyChoice& choice) override { flatten(choice); }

 private:
  std::string wanted_, path_;
  Matching by_;
  Visit last_visit_;     // of the field that was listed last
  std::string counted_;  // the field whose number of entries has a name
  int depth_ = 0, found_depth_ = 0;
  std::map<const Kinds*, int> seen_;  // and the least depth at which their types were visited
  const Kinds* kinds_ = nullptr;      // whose type is being visited
  std::string kind_, kind_path_;      // that type, and the path of its object
  std::string default_kind_;          // of that object

  bool is_wanted(std::string_view name) const {
    if (name == "kind") return false;  // the tag of most registries
    const std::string known[] = {std::string(name)};
    return by_ == Matching::name ? simplified(name) == wanted_
                                 : by_ == Matching::misspelling && !misspelt(wanted_, known).empty();
  }

  void add(std::string_view name, bool list = false) {
    if (!found.paths.empty() && depth_ > found_depth_) return;
    if (depth_ < found_depth_) found = {};
    found_depth_ = depth_;
    found.field = name;
    found.list = list;
    if (std::find(found.paths.begin(), found.paths.end(), path_) == found.paths.end())
      found.paths.push_back(path_);
    if (!kinds_ || kind_path_ != path_ || path_ != found.paths.front()) return;
    found.noun = kinds_->noun();
    found.tag = kinds_->tag();
    found.default_type = default_kind_;
    if (std::find(found.types.begin(), found.types.end(), kind_) == found.types.end())
      found.types.push_back(kind_);
  }
};

}  // namespace

FieldPlaces find_field(ConfigRef config, std::string_view name) {
  FieldPlaces found;
  for (const auto by : {Matching::name, Matching::alias}) {
    FieldFinder finder(name, by);
    config.visit_defaults(finder);
    found = std::move(finder.found);
    if (!found.paths.empty()) break;
  }
  return found;
}

FieldPlaces find_field(const Kind& kind, std::string_view name) {
  FieldPlaces found;
  for (const auto by : {Matching::name, Matching::alias}) {
    FieldFinder finder(name, by);
    kind.defaults()->fields(finder);
    found = std::move(finder.found);
    if (!found.paths.empty()) break;
  }
  return found;
}

FieldPlaces find_misspelt_field(ConfigRef config, std::string_view name) {
  FieldFinder finder(name, Matching::misspelling);
  config.visit_defaults(finder);
  return std::move(finder.found);
}

std::vector<std::string> field_names(ConfigRef config) {
  FieldNames lister;
  config.visit(lister);
  return std::move(lister.names);
}

std::vector<std::string> field_names(const Kind& kind) {
  FieldNames lister;
  kind.defaults()->fields(lister);
  return std::move(lister.names);
}

}  // namespace aelab
