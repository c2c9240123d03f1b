#include "aelab/data/normal_classes.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "aelab/core/error.h"
#include "aelab/core/text.h"
#include "aelab/data/input_schema.h"

namespace aelab {
namespace {

using nlohmann::json;

constexpr const char *kLabel = "label", *kForms =
                                            "must be a class by its name or number, such as 0, a list of "
                                            "classes, or these as {\"label\": 0}";
constexpr std::size_t kShownClasses = 20;

std::string class_in(const json& value) {
  if (value.is_number_integer() && value >= 0) return value.dump();
  if (value.is_string() && !value.get<std::string>().empty()) return value.get<std::string>();
  throw Error(kForms);
}

}  // namespace

std::vector<std::string> names_of_normal(const AnyJson& normal) {
  if (normal.text.empty()) return {};
  auto value = json::parse(normal.text);
  if (value.is_null()) return {};
  if (value.is_object()) {
    if (value.size() != 1 || !value.contains(kLabel)) throw Error(kForms);
    value = json(value[kLabel]);
  }
  if (!value.is_array()) return {class_in(value)};
  std::vector<std::string> names;
  for (const auto& item : value) names.push_back(class_in(item));
  if (names.empty()) throw Error("must name a class: an empty list leaves no rows to train on");
  return names;
}

std::string problem_of_normal(const AnyJson& normal) {
  try {
    (void)names_of_normal(normal);
    return {};
  } catch (const Error& error) {
    return error.what();
  }
}

std::vector<std::int64_t> normal_classes(const AnyJson& normal, std::int64_t classes,
                                         const std::vector<std::string>& class_names) {
  std::vector<std::int64_t> numbers;
  const auto names = names_of_normal(normal);
  for (const auto& name : names) {
    if (classes == 0)
      throw Error("names the class " + name +
                  ", and the data have no labels: name the column or files of labels, or leave it out");
    const auto number = class_called(name, classes, class_names);
    if (!number)
      throw Error("there is no class " + name + " in these data, whose classes are " +
                  (class_names.empty() ? "0 to " + std::to_string(classes - 1)
                                       : join_some(class_names, kShownClasses)));
    numbers.push_back(*number);
  }
  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  return numbers;
}

Tensor are_normal(const Tensor& labels, const std::vector<std::int64_t>& normal) {
  return at::isin(labels.cpu(), at::tensor(normal, at::kLong));
}

std::string classes_in_words(const std::vector<std::int64_t>& classes,
                             const std::vector<std::string>& class_names) {
  std::vector<std::string> names;
  for (const auto number : classes) names.push_back(name_of_class(number, class_names));
  return (names.size() == 1 ? "class " : "classes ") + join_some(names, kShownClasses);
}

}  // namespace aelab
