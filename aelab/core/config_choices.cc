#include <fmt/format.h>

#include "aelab/core/config.h"
#include "aelab/core/quiet_fields.h"

namespace aelab {
namespace {

class ChoiceVisitor final : public QuietFields {
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
  void choice(AnyChoice& choice) override { flatten(choice); }

 private:
  const Found& found_;
  std::string path_;
};

}  // namespace

void visit_choices(ConfigRef config, const std::function<void(const std::string&, AnyChoice&)>& visit) {
  ChoiceVisitor visitor(visit, "");
  config.visit(visitor);
}

}  // namespace aelab
