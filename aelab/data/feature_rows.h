#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "aelab/data/dataset.h"
#include "aelab/data/feature_model.h"

namespace aelab {

/// Draws rows of a feature model. What is drawn of a row is a function of (seed, index) alone: the same bits
/// in any batch and thread, on any instruction set.
///
/// Of the features that fire rarely and depend on no parent, a row looks at few: features whose own normal
/// number n_i exceeds a level h that one of 64 does are skipped to, by geometric steps; among the others only
/// those can fire whose threshold, given e, is below h, which one product of e with all factors finds. Each
/// fires with its probability given e and its side of h, so that the distribution is that of drawing all n_i.
class FeatureSampler {
 public:
  FeatureSampler(FeatureModel model, std::int64_t seed);

  struct Active {
    std::int32_t feature;
    float size;
  };
  /// Called for each row with its place among the indices and its active features, in ascending order; from
  /// several threads.
  using Visit = std::function<void(std::int64_t place, std::span<const Active> active)>;
  void draw(std::span<const std::int64_t> indices, const Visit& visit) const;
  /// The rows themselves, [indices, dimensions].
  Tensor rows(std::span<const std::int64_t> indices) const;

  const FeatureModel& model() const { return model_; }

 private:
  class Row;  // what is drawn of one row

  FeatureModel model_;
  std::uint64_t factor_key_, own_key_, size_key_, rare_key_;
  std::int64_t rank_, width_;  // of F, and of a row of table_
  std::vector<float> table_;   // [features, width]: F_i over the own deviation, minus the threshold's
  std::vector<float> means_, deviations_;
  std::vector<std::int32_t> numbers_;  // 0, 1, 2, ...
  std::vector<std::int32_t> first_child_, children_;
  std::vector<std::int32_t> often_, rare_;  // features without parents
  std::vector<float> panels_;               // of the rare ones, for the kernels
  std::int64_t blocks_ = 0;                 // of panels_

  void fill_table();
  void fill_panels();
};

/// Rows `first`, `first` + 1, ... of a sampler, drawn whenever they are gathered; they know their truth.
Dataset feature_rows(std::shared_ptr<const FeatureSampler> sampler, std::int64_t first, std::int64_t count);

}  // namespace aelab
