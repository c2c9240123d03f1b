#include "aelab/nn/silence.h"

#include <ATen/ATen.h>

namespace aelab {

void count_silence(const Tensor& silent_rows, const Pass& pass) {
  const auto& active = pass.active;
  const auto fired = active.defined()
                         ? at::zeros_like(silent_rows)
                                   .scatter_add_(0, active.places.select(0, 1),
                                                 (active.values != 0).to(silent_rows.scalar_type())) != 0
                         : (pass.code != 0).flatten(1).any(0);
  silent_rows.add_(pass.target.size(0)).mul_(fired.logical_not());
}

}  // namespace aelab
