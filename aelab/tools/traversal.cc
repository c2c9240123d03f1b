#include "aelab/tools/traversal.h"

#include <ATen/ATen.h>

#include <nlohmann/json.hpp>

#include "aelab/core/signals.h"
#include "aelab/data/batches.h"
#include "aelab/evaluation/latent_use.h"

namespace aelab {
namespace {

/// The codes of rows, and the divergence of their distributions.
struct CodesOfRows {
  Tensor codes;       // [rows, ...code]
  Tensor divergence;  // [dimensions]
};

CodesOfRows codes_with_divergence(const Autoencoder& model, const Dataset& rows) {
  constexpr std::int64_t kRows = 1000;
  const auto& [backbone, bottleneck, likelihood, silent_rows] = model.parts();
  const auto device = model.parameters().front().device();
  const bool has_divergence = bottleneck.is_gaussian() && bottleneck.prior();
  const Batches batches(rows, kRows);
  std::vector<Tensor> codes;
  LatentUse use;
  for (std::int64_t i = 0; i < batches.count(); ++i) {
    StopSignals::check();
    const auto batch = batches[i].to(device);
    const auto pre_code =
        backbone.encode(model.filled(batch.inputs), model.conditioned(batch.inputs, batch.labels));
    codes.push_back(bottleneck.read(pre_code, {}));
    if (has_divergence) use.add(bottleneck.gaussian(pre_code), *bottleneck.prior());
  }
  return {.codes = at::cat(codes), .divergence = has_divergence ? use.divergence() : Tensor()};
}

}  // namespace

RowTraversals traverse_row(const Autoencoder& model, const Tensor& input, const Dataset& rows,
                           const PathOptions& options, std::int64_t most) {
  const c10::InferenceMode inference;
  const auto [codes, divergence] = codes_with_divergence(model, rows);
  const auto from = codes_of_ends(model, input.unsqueeze(0).to(codes.device()), options)[0];
  RowTraversals found{.paths = traverse(model, from, codes, options.steps, most,
                                        options.conditions.defined() ? options.conditions[0] : Tensor()),
                      .divergence = {}};
  if (divergence.defined())
    found.divergence = divergence.cpu().to(at::kDouble).index_select(0, found.paths.dimensions);
  return found;
}

nlohmann::json RowTraversals::dimensions() const {
  auto list = nlohmann::json::array();
  for (std::int64_t i = 0; i < paths.dimensions.size(0); ++i) {
    list.push_back({{"dimension", paths.dimensions[i].item<std::int64_t>()}});
    if (divergence.defined()) list.back()["kl"] = divergence[i].item<double>();
  }
  return list;
}

}  // namespace aelab
