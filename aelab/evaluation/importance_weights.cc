#include "aelab/evaluation/importance_weights.h"

#include <ATen/ATen.h>

#include "aelab/core/signals.h"

namespace aelab {

EncodedRows encoded_rows(const Autoencoder& model, const Tensor& x, const Tensor& condition) {
  return {x, model.target(x), condition,
          model.parts().backbone.encode(model.filled(x), {.condition = condition})};
}

Tensor log_importance_weights(const Autoencoder& model, const EncodedRows& rows, std::int64_t count,
                              const Step& step,
                              const std::function<void(const Tensor&, const Tensor&)>& see) {
  constexpr std::int64_t kDecodedNumbersAtOnce = std::int64_t{1} << 22;  // only the memory depends on it
  const auto& [x, target, condition, pre_code] = rows;
  const auto& [backbone, bottleneck, likelihood, silent_rows] = model.parts();
  Pass drawn{.target = target, .input = x, .pre_code = pre_code, .code = {}, .output = {}, .samples = count};
  bottleneck.code(drawn, step);
  const auto owners = at::arange(x.size(0), x.options().dtype(at::kLong)).repeat_interleave(count);
  const auto at_once = std::max<std::int64_t>(1, kDecodedNumbersAtOnce / elements(model.target_shape()));
  std::vector<Tensor> costs;
  for (std::int64_t begin = 0; begin < owners.size(0); begin += at_once) {
    StopSignals::check();
    const auto end = std::min(begin + at_once, owners.size(0));
    const auto some = owners.slice(0, begin, end);
    const Step of_some{.condition = condition.defined() ? condition.index_select(0, some) : Tensor()};
    const auto output = backbone.decode(drawn.code.slice(0, begin, end), of_some);
    costs.push_back(likelihood.negative_log(output, target.index_select(0, some)));
    if (see) see(output, some);
  }
  const auto divergence = bottleneck.log_density(drawn.code, pre_code) - bottleneck.log_prior(drawn.code);
  return -(at::cat(costs) + divergence).to(at::kDouble).view({x.size(0), count}) -
         likelihood.constant(model.target_shape());
}

}  // namespace aelab
