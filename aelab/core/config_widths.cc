#include <fmt/format.h>

#include "aelab/core/config.h"
#include "aelab/core/quiet_fields.h"

namespace aelab {
namespace {

class WidthFinder final : public QuietFields {
 public:
  WidthFinder(std::vector<std::string>& found, std::string path) : found_(found), path_(std::move(path)) {}

  void flatten(AnyChoice& choice) override {
    if (!choice.empty()) choice.fields(*this);
  }

 protected:
  void field(std::string_view name, std::string_view, const Visit& visit) override {
    WidthFinder inner(found_, child(name));
    visit(inner);
    last_has_values_ = inner.has_values_;
  }
  void width(std::string_view name, const std::string& entry) override {
    if (last_has_values_) found_.push_back(child(name) + entry);
  }
  void integer(std::int64_t&, const Bounds&) override { has_values_ = true; }
  void optional(bool engaged, const std::function<void()>&, const Visit& visit) override {
    if (engaged) visit(*this);
  }
  void list(std::size_t size, const std::function<void(std::size_t)>&,
            const std::function<void(Fields&, std::size_t)>& visit) override {
    has_values_ = size > 0;
    for (std::size_t i = 0; i < size; ++i) {
      WidthFinder inner(found_, fmt::format("{}[{}]", path_, i));
      visit(inner, i);
    }
  }
  void choice(AnyChoice& choice) override { flatten(choice); }

 private:
  std::vector<std::string>& found_;
  std::string path_;
  bool has_values_ = false;       // integers, or a list with entries
  bool last_has_values_ = false;  // of the field that was listed last

  std::string child(std::string_view name) const {
    return path_.empty() ? std::string(name) : fmt::format("{}.{}", path_, name);
  }
};

}  // namespace

std::vector<std::string> width_fields(ConfigRef config) {
  std::vector<std::string> found;
  WidthFinder finder(found, "");
  config.visit(finder);
  return found;
}

}  // namespace aelab
