#include <ATen/ATen.h>

#include <nlohmann/json.hpp>

#include "aelab/comparisons/results.h"
#include "aelab/core/files.h"
#include "aelab/data/pictures.h"
#include "aelab/runs/results.h"
#include "aelab/runs/summary.h"
#include "aelab/runs/trained_run.h"

namespace aelab {
namespace {

constexpr std::int64_t kSamples = 12;

/// What one run of a variant shows: pictures side by side; undefined where it has none.
struct Strips {
  Tensor inputs = {}, reconstructions = {}, samples = {};
};

Strips strips_of(const std::filesystem::path& folder) {
  const auto run = load_trained_run(folder);
  const auto compute = run.compute();
  const auto& part = run.data.test;
  if (part.size() == 0 || !is_picture(part.shape()) || !run.network().reconstructs()) return {};
  const at::NoGradGuard no_grad;
  const auto batch = part.range(0, std::min(kSamples, part.size()));
  const auto& network = run.network();
  Strips strips{.inputs = batch.inputs};
  const auto moved = batch.to(run.device());
  strips.reconstructions = network.reconstruct(moved.inputs, network.condition(moved)).cpu();
  if (const auto samples = decoded_draws(network, kSamples); samples.defined())
    strips.samples = samples.cpu();
  return strips;
}

/// Writes rows of pictures, in the range of the inputs' values; nothing without any.
void write_sheet(const std::filesystem::path& path, const std::vector<Tensor>& rows, const Tensor& inputs) {
  if (rows.empty()) return;
  std::filesystem::create_directories(path.parent_path());
  write_file(path, encode_png(draw_sheet(at::cat(rows), rows.front().size(0), inputs.min().item<double>(),
                                         inputs.max().item<double>())));
}

}  // namespace

std::vector<std::string> draw_comparison(const Comparison& comparison, const ComparisonResults& results) {
  Tensor inputs;
  std::vector<Tensor> reconstructions, samples;
  std::vector<std::string> drawn;
  for (const auto& variant : results.variants) {
    const auto& run = variant.runs.front();
    Strips strips;
    Problems missing;  // a run without its checkpoint has no picture
    if (run.is_completed())
      missing.attempt([&] { strips = strips_of(comparison.folder(comparison.run(run.id))); });
    if (!strips.inputs.defined()) continue;
    if (!inputs.defined()) reconstructions.push_back(inputs = strips.inputs);
    if (strips.inputs.sizes() != inputs.sizes()) continue;
    reconstructions.push_back(strips.reconstructions);
    if (strips.samples.defined()) samples.push_back(strips.samples);
    drawn.push_back(variant.name);
  }
  const auto folder = comparison.folder() / "images";
  write_sheet(folder / "reconstructions.png", reconstructions, inputs);
  write_sheet(folder / "samples.png", samples, inputs);
  return drawn;
}

void write_results(const Comparison& comparison, const ComparisonResults& results) {
  const auto folder = comparison.folder();
  write_file(folder / "table.csv", table_csv(results));
  write_file(folder / "runs.csv", runs_csv(results));
  write_json(folder / "comparison.json", to_json(results));
}

}  // namespace aelab
