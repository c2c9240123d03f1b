#include "aelab/models/principal_components.h"

#include <ATen/ATen.h>

#include "aelab/data/batches.h"

namespace aelab {

Tensor PrincipalComponents::encode(const Tensor& x) const {
  return at::mm(x.flatten(1) - mean, components.t());
}
Tensor PrincipalComponents::decode(const Tensor& code) const { return at::addmm(mean, code, components); }

PrincipalComponents principal_components(const Dataset& dataset, std::int64_t k) {
  constexpr std::int64_t kRows =
      2000;  // of a block; centred first, so that float32 products keep their digits
  const auto mean = feature_statistics(dataset).first.flatten();
  const auto features = mean.numel();
  auto covariance = at::zeros({features, features}, at::kDouble);
  const Batches blocks(dataset, kRows);
  for (std::int64_t i = 0; i < blocks.count(); ++i) {
    const auto centred = blocks[i].inputs.flatten(1) - mean;
    covariance += at::mm(centred.t(), centred);
  }
  covariance /= std::max<std::int64_t>(dataset.size() - 1, 1);
  const auto [values, vectors] = at::linalg_eigh(covariance);  // ascending
  const auto kept = std::min(k, features);
  auto components = vectors.flip(1).slice(1, 0, kept).t();
  const auto largest = components.gather(1, components.abs().argmax(1, /*keepdim=*/true));
  components = components * largest.sign();
  return {mean, components.to(at::kFloat).contiguous(),
          values.flip(0).slice(0, 0, kept).clamp_min(0).to(at::kFloat), covariance.trace().item<double>()};
}

}  // namespace aelab
