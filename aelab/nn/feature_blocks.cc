#include "aelab/nn/feature_blocks.h"

#include <numeric>

namespace aelab {

void blocks_field(Fields& f, std::optional<std::vector<std::int64_t>>& blocks) {
  f("blocks", blocks,
    "numbers of features of the blocks of a row, in order; default: of the sources that \"side-by-side\" "
    "joined",
    between(1, kWidest));
  f.require(!blocks || blocks->size() > 1, "blocks", "must be two or more");
}

std::vector<std::int64_t> blocks_for(const std::optional<std::vector<std::int64_t>>& chosen,
                                     const BackboneContext& context) {
  if (context.input.size() != 1)
    throw Error("needs rows that are lists of features, and the data have shape [" + in_list(context.input) +
                "]: add the transform \"flatten\"");
  auto blocks = chosen.value_or(context.blocks);
  const auto features = context.input.front();
  if (blocks.size() < 2)
    throw FieldError("blocks",
                     "is missing, and the data do not say which of the " + std::to_string(features) +
                         " features of a row belong together: join two sources or more by \"side-by-side\", "
                         "without transforms that mix features, or give numbers that add up to " +
                         std::to_string(features));
  if (const auto sum = std::accumulate(blocks.begin(), blocks.end(), std::int64_t{0}); sum != features)
    throw FieldError("blocks", "add up to " + std::to_string(sum) + ", but a row has " +
                                   std::to_string(features) + " features");
  return blocks;
}

}  // namespace aelab
