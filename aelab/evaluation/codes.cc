#include "aelab/evaluation/codes.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "aelab/core/signals.h"
#include "aelab/data/batches.h"

namespace aelab {

Tensor codes_of_rows(const Autoencoder& model, const Dataset& rows) {
  constexpr std::int64_t kRows = 1000;
  const c10::InferenceMode inference;
  const auto options = model.parameters().front().options().requires_grad(false);
  const Batches batches(rows, kRows);
  std::vector<Tensor> codes;
  for (std::int64_t i = 0; i < batches.count(); ++i) {
    StopSignals::check();
    codes.push_back(model.encode(batches[i].to(options.device())));
  }
  if (!codes.empty()) return at::cat(codes);
  auto shape = model.code_shape();
  shape.insert(shape.begin(), 0);
  return at::empty(shape, options);
}

}  // namespace aelab
