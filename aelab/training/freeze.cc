#include "aelab/training/freeze.h"

#include <ATen/core/Tensor.h>

#include <algorithm>

#include "aelab/core/error.h"
#include "aelab/core/text.h"

namespace aelab {
namespace {

bool stands_for(const std::string& name, const std::string& parameter) {
  return parameter == name || parameter.starts_with(name + ".");
}

std::vector<Tensor> named_parameters(const Autoencoder& model, const std::string& name, std::size_t place) {
  std::vector<Tensor> found;
  std::vector<std::string> known;
  for (const auto& [parameter, tensor] : parameters_of(model)) {
    known.push_back(parameter);
    if (stands_for(name, parameter)) found.push_back(tensor);
  }
  if (found.empty())
    throw FieldError("freeze[" + std::to_string(place) + "]",
                     "the model has no parameter \"" + name + "\"." + did_you_mean(name, known));
  return found;
}

}  // namespace

void freeze(std::vector<Phase>& phases, const Autoencoder& model, const std::vector<std::string>& names) {
  std::vector<Tensor> frozen;
  for (std::size_t i = 0; i < names.size(); ++i)
    for (const auto& tensor : named_parameters(model, names[i], i)) frozen.push_back(tensor);
  for (auto& phase : phases)
    for (auto& update : phase.updates) {
      const auto before = update.parameters.size();
      std::erase_if(update.parameters, [&](const auto& item) {
        return std::any_of(frozen.begin(), frozen.end(),
                           [&](const Tensor& t) { return t.is_same(item.second); });
      });
      if (update.parameters.empty() && before > 0)
        throw FieldError("freeze",
                         "nothing is left to train in the phase \"" + phase.name + "\"" +
                             (phase.updates.size() > 1 ? " by its update \"" + update.name + "\"" : "") +
                             ": leave names out");
    }
}

}  // namespace aelab
