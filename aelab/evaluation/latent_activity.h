#pragma once

#include <ATen/core/Tensor.h>

#include <span>
#include <vector>

namespace aelab {

/// A row in which a latent is active.
struct ActiveRow {
  std::int64_t row = 0;
  float activation = 0;  ///< the latent's value, not 0
};

/// In which rows the latents of a dictionary are active, that is other than 0, and in which most. Rows are
/// added batch by batch.
class LatentActivity {
 public:
  /// Of each latent, the `kept` rows of the largest absolute values are kept.
  LatentActivity(std::int64_t latents, std::int64_t kept);

  /// Codes [rows, latents] float of the next rows.
  void add(const at::Tensor& codes);

  std::int64_t rows() const { return rows_; }
  /// The number of rows in which each latent is active, [latents].
  const std::vector<std::int64_t>& active() const { return active_; }
  /// The largest absolute values first, and of equal ones the earlier row. Rows are numbered as they were
  /// added, from 0.
  std::span<const ActiveRow> strongest(std::int64_t latent) const;

 private:
  std::int64_t kept_, rows_ = 0;
  std::vector<std::int64_t> active_;
  std::vector<ActiveRow> strongest_;  // [latents, kept]; of each latent as many as it has active rows

  void note(std::int64_t latent, ActiveRow row);
};

}  // namespace aelab
