#pragma once

#include "aelab/nn/parts.h"

namespace aelab {

/// Lists the field "blocks", of backbones for rows that consist of several blocks of features.
void blocks_field(Fields& f, std::optional<std::vector<std::int64_t>>& blocks);

/// The numbers of features of two blocks or more: the chosen ones, or else those of the data. Throws a
/// FieldError of "blocks" if neither are known or they do not add up to the features of a row, and an Error
/// for rows that are no lists of features.
std::vector<std::int64_t> blocks_for(const std::optional<std::vector<std::int64_t>>& chosen,
                                     const BackboneContext& context);

}  // namespace aelab
