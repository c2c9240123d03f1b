#include "aelab/evaluation/latent_activity.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

namespace aelab {

LatentActivity::LatentActivity(std::int64_t latents, std::int64_t kept)
    : kept_(kept),
      active_(static_cast<std::size_t>(latents), 0),
      strongest_(static_cast<std::size_t>(latents * kept)) {}

void LatentActivity::add(const at::Tensor& codes) {
  const auto all = codes.to(at::kCPU, at::kFloat).contiguous();
  const auto latents = static_cast<std::int64_t>(active_.size());
  const auto* value = all.const_data_ptr<float>();
  for (const auto end = rows_ + all.size(0); rows_ < end; ++rows_)
    for (std::int64_t latent = 0; latent < latents; ++latent, ++value)
      if (*value != 0) note(latent, {rows_, *value});
}

void LatentActivity::note(std::int64_t latent, ActiveRow row) {
  const auto known = std::min(active_[static_cast<std::size_t>(latent)]++, kept_);
  const auto begin = strongest_.begin() + latent * kept_, end = begin + known;
  const auto place = std::upper_bound(begin, end, row, [](const ActiveRow& a, const ActiveRow& b) {
    return std::abs(a.activation) > std::abs(b.activation);
  });
  if (place == begin + kept_) return;
  std::move_backward(place, known < kept_ ? end : end - 1, known < kept_ ? end + 1 : end);
  *place = row;
}

std::span<const ActiveRow> LatentActivity::strongest(std::int64_t latent) const {
  const auto known = std::min(active_[static_cast<std::size_t>(latent)], kept_);
  return std::span(strongest_)
      .subspan(static_cast<std::size_t>(latent * kept_), static_cast<std::size_t>(known));
}

}  // namespace aelab
