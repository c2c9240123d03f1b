#pragma once

#include "aelab/nn/parts.h"

namespace aelab {

/// The dimensions of codes that are drawn from diagonal Gaussians, one for each row, that are added batch by
/// batch. Numbers are in float64, and codes of any shape are flattened.
class LatentUse {
 public:
  /// [batch, ...code].
  void add(const DiagonalGaussian& codes, const Prior& prior);

  std::int64_t rows() const { return rows_; }
  /// The KL divergence from the prior in each dimension, in nats, averaged over rows: [dimensions]; undefined
  /// where the prior has no closed form of it.
  Tensor divergence() const;
  /// The variance over rows of the mean of each dimension, [dimensions].
  Tensor variance_of_means() const;

 private:
  std::int64_t rows_ = 0;
  Tensor divergence_;             // sum over rows
  Tensor origin_;                 // the first row's mean, to which the sums below are differences
  Tensor differences_, squares_;  // sums over rows
};

/// How often each vector of a codebook was chosen, of choices that are added batch by batch. They are counted
/// where they are: nothing is read before it is asked for.
class CodebookCounts {
 public:
  /// Indices below `size`, the size of the codebook: int64 of any shape.
  void add(const Tensor& indices, std::int64_t size);

  /// Whether nothing was added.
  bool empty() const { return !counts_.defined(); }
  /// [size] int64; undefined if nothing was added.
  const Tensor& counts() const { return counts_; }
  /// exp of the entropy, in nats, of the frequencies of the vectors: their number where all are chosen
  /// equally often. Not to be asked of an empty count.
  double perplexity() const;
  /// The share of the vectors that were chosen at all.
  double used() const;

 private:
  Tensor counts_;
};

/// In how many rows each element of sparse codes is other than 0, of passes that are added batch by batch.
/// They are counted where they are.
class ElementUse {
 public:
  /// A pass with one code a row.
  void add(const Pass& pass);

  std::int64_t elements() const { return active_.defined() ? active_.numel() : 0; }
  /// Whether any element of any code was 0.
  bool any_zero() const;
  /// The number of elements that were 0 in every row.
  std::int64_t silent() const;

 private:
  std::int64_t rows_ = 0;
  Tensor active_;  // [elements] int64
};

}  // namespace aelab
