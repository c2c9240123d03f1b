#include "aelab/evaluation/seen_classes.h"

#include <ATen/ATen.h>

#include "aelab/core/text.h"

namespace aelab {

void SeenClasses::add(const Tensor& labels) {
  if (labels.numel() == 0) return;
  if (!first_) first_ = labels[0].item<std::int64_t>();
  differ_ = differ_ || labels.ne(*first_).any().item<bool>();
}

namespace {

/// "cat, dog", or "0, 1, 2, 3, 4 and 95 more".
std::string list_of_classes(const Tensor& classes, const std::vector<std::string>& names) {
  constexpr std::int64_t kMostNamed = 20;
  std::vector<std::string> listed;
  for (std::int64_t i = 0; i < std::min(classes.size(0), kMostNamed); ++i) {
    const auto number = classes[i].item<std::int64_t>();
    const auto place = static_cast<std::size_t>(number);
    listed.push_back(place < names.size() ? names[place] : std::to_string(number));
  }
  const auto more = classes.size(0) - kMostNamed;
  return join(listed, ", ") + (more > 0 ? " and " + std::to_string(more) + " more" : "");
}

}  // namespace

std::string unseen_classes(const std::vector<Choice<Metric>>& metrics, const Dataset& rows,
                           const Dataset& train, const std::vector<std::string>& names) {
  std::vector<std::string> predicting;
  for (const auto& metric : metrics)
    if (!metric.empty() && metric.make()->predicts_classes())
      predicting.push_back("\"" + metric.kind() + "\"");
  if (predicting.empty() || !rows.has_labels() || !train.has_labels()) return {};
  const auto known = std::get<0>(at::_unique2(train.labels())),
             found = std::get<0>(at::_unique2(rows.labels()));
  const auto unseen = found.masked_select(at::isin(found, known).logical_not());
  if (unseen.numel() == 0) return {};
  return join(predicting, " and ") + (predicting.size() > 1 ? " predict" : " predicts") +
         " the classes of the training rows (" + list_of_classes(known, names) + "), not " +
         list_of_classes(unseen, names);
}

}  // namespace aelab
