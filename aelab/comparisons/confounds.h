#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "aelab/core/fields.h"

namespace aelab {

/// What a variant was trained as.
struct VariantSettings {
  std::string name;
  AnyJson written = {};   ///< its run as the comparison file writes it, the variant's keys laid over the base
  AnyJson expanded = {};  ///< the parts with all defaults; empty when no run is completed
  std::optional<std::int64_t> code = {};                     ///< number of code dimensions
  std::optional<std::int64_t> parameters = {}, epochs = {};  ///< epochs: absent for closed forms
};

/// What differs between variants although the comparison file does not set it: settings that the variants'
/// defaults bring ("bottleneck.activation": sigmoid for one, linear for another), and how many code
/// dimensions, parameters and epochs they come to. An effect of these cannot be told apart from that of the
/// variant. One sentence per setting, with the variants grouped by value. Only settings that at least two
/// variants have are compared: a part that a variant adds, such as its penalty, is what makes it that
/// variant. A setting that the file writes for a variant is left out for it; code dimensions are left out
/// where the file writes those of every variant, epochs where it writes different ones.
std::vector<std::string> confounds(const std::vector<VariantSettings>& variants);

}  // namespace aelab
