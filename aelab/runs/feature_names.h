#pragma once

#include "aelab/data/input_schema.h"
#include "aelab/models/autoencoder.h"

namespace aelab {

/// What the features of a model's reconstructions are called, [features of a target] in order: the source's
/// columns; "pixel_3_5" (row and column) of images of one channel, "pixel_0_3_5" (channel, row, column) of
/// others; "cpu_7" (column and place) of windows; "value_0_7" (channel and place) of other series;
/// "feature_7" of rows without names. Where transforms mix features, so that none is one of the source,
/// "transformed_7".
std::vector<std::string> feature_names(const Transforms& transforms, const InputSchema& input,
                                       const Autoencoder& model);

/// What a user knows of a model's reconstructions: the columns of a table that is more than numbers, of which
/// each is encoded in several features, or else the features, as feature_names() calls them.
struct KnownFeatures {
  std::vector<std::string> names = {};
  Tensor column_of = {};  ///< [features of a target] int64, places in `names`; undefined: each is its own

  /// Of amounts of features [n, features of a target], the sums: [n, names].
  Tensor summed(const Tensor& amounts) const;
};
KnownFeatures known_features(const Transforms& transforms, const InputSchema& input,
                             const Autoencoder& model);

}  // namespace aelab
