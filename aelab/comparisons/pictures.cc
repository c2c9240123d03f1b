#include <ATen/ATen.h>

#include <nlohmann/json.hpp>

#include "aelab/comparisons/results.h"
#include "aelab/core/files.h"
#include "aelab/data/pictures.h"
#include "aelab/runs/results.h"
#include "aelab/runs/trained_run.h"

namespace aelab {
namespace {

constexpr std::int64_t kSamples = 12;

/// Adds a run's reconstructions of the first test samples, after the samples themselves if `originals` is
/// undefined.
void add_rows(const std::filesystem::path& folder, Tensor& originals, std::vector<Tensor>& rows) {
  const auto run = load_trained_run(folder);
  const auto compute = run.compute();
  const auto& part = run.data.test;
  if (part.size() == 0 || !is_picture(part.shape()) || !run.network().reconstructs()) return;
  const at::NoGradGuard no_grad;
  const auto batch = part.range(0, std::min(kSamples, part.size()));
  const auto& inputs = batch.inputs;
  if (!originals.defined()) {
    originals = inputs;
    rows.push_back(inputs);
  }
  if (inputs.sizes() != originals.sizes()) return;
  rows.push_back(
      run.network().reconstruct(inputs.to(run.device()), run.network().condition(batch.labels)).cpu());
}

}  // namespace

std::vector<std::string> draw_comparison(const Comparison& comparison, const ComparisonResults& results) {
  Tensor originals;
  std::vector<Tensor> rows;
  std::vector<std::string> drawn;
  for (const auto& variant : results.variants) {
    const auto& run = variant.runs.front();
    const auto before = rows.size();
    Problems missing;  // a run without its checkpoint has no picture
    if (run.is_completed())
      missing.attempt([&] { add_rows(comparison.folder(comparison.run(run.id)), originals, rows); });
    if (rows.size() > before) drawn.push_back(variant.name);
  }
  if (drawn.empty()) return drawn;
  const auto folder = comparison.folder() / "images";
  std::filesystem::create_directories(folder);
  write_file(folder / "reconstructions.png",
             encode_png(draw_sheet(at::cat(rows), originals.size(0), originals.min().item<double>(),
                                   originals.max().item<double>())));
  return drawn;
}

void write_results(const Comparison& comparison, const ComparisonResults& results) {
  const auto folder = comparison.folder();
  write_file(folder / "table.csv", table_csv(results));
  write_file(folder / "runs.csv", runs_csv(results));
  write_json(folder / "comparison.json", to_json(results));
}

}  // namespace aelab
