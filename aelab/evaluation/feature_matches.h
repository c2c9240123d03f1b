#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "aelab/data/truth.h"

namespace aelab {

/// `rows` [n, d] divided by their norms; rows of norm 0 stay 0.
at::Tensor normalized_rows(const at::Tensor& rows);

/// The row that is nearest to each of n rows, by the absolute cosine.
struct NearestDirections {
  at::Tensor cosines;  ///< [n] float, absolute values
  at::Tensor places;   ///< [n] int64; the first of several

  static NearestDirections empty(std::int64_t count);
  /// Those of rows `begin`, `begin` + 1, ... from their cosines with all others, [rows, others].
  void fill(std::int64_t begin, const at::Tensor& from);
};

/// Of `rows` [n, d] float among `others` [m, d], m >= 1.
NearestDirections nearest_directions(const at::Tensor& rows, const at::Tensor& others);

/// Of the rows at `places` (int64) among all other `rows` [n, d] float, n >= 2.
NearestDirections nearest_other_directions(const at::Tensor& rows, const at::Tensor& places);

/// The mean over `rows` [n, d], n >= 2, of the largest absolute cosine with another row.
double mean_largest_cosine(const at::Tensor& rows);

/// How latents correspond to the features that rows were made of. All cosines are absolute values.
class FeatureMatches {
 public:
  /// `directions` [latents, d] float.
  FeatureMatches(const at::Tensor& directions, const Truth& truth);

  /// `active` [rows, latents] bool, on the CPU, and the features that are active in these rows.
  void add(const at::Tensor& active, const ActiveFeatures& features);

  /// The mean cosine of the best one-to-one pairs of latents and features (mean correlation coefficient);
  /// absent where there are more than 2^29 pairs to choose from.
  std::optional<double> mcc() const { return mcc_; }
  /// The number of features that are some latent's, over the number of latents.
  double uniqueness() const;

  struct Scores {
    double precision = 0, recall = 0, f1 = 0;
  };
  /// Of each latent's activity as a prediction of its feature's: means over all latents, where what is
  /// undefined counts as 0.
  Scores scores() const;
  /// Absorption of parents by their children: of a parent's pairs (row, active child), the share in which the
  /// parent's latent is silent and the child's is active; the mean over the parents that have pairs. Parents
  /// and children without a latent of their own are left out; of several latents the one of the largest
  /// cosine is a feature's. Absent where no parent has pairs.
  std::optional<double> absorption() const;

 private:
  struct Counts {
    std::int64_t active = 0, right = 0;  // rows in which the latent is active; and its feature is too
  };
  struct Pairs {
    std::int64_t seen = 0, absorbed = 0;
  };

  std::vector<std::int64_t> feature_of_;  // [latents]
  std::vector<std::int64_t> latent_of_;   // [features]; -1: none
  std::vector<std::int64_t> parent_of_;   // [features]; -1: none
  std::optional<double> mcc_;
  std::vector<Counts> latents_;
  std::vector<std::int64_t> feature_rows_;  // in which each feature is active
  std::vector<Pairs> parents_;              // [features]

  void add_row(const bool* active, const std::int64_t* features, std::int64_t count,
               std::vector<char>& is_active);
};

}  // namespace aelab
