#include "aelab/nn/series.h"

#include "aelab/core/error.h"

namespace aelab {

void require_series(const Shape& rows, std::string_view layers) {
  if (rows.size() == 2) return;
  throw Error(std::string(layers) + " need series, [channels, length]; the data have shape [" +
              in_list(rows) + "]; " +
              (rows.size() == 1 ? "if rows of a table are series, give their shape in \"data\", such as "
                                  "\"shape\": [1, " +
                                      std::to_string(rows[0]) + "]"
                                : std::string("choose another backbone, such as \"dense\"")));
}

}  // namespace aelab
