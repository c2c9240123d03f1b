// Compares sparse codes at the same L0: only the k largest values of each code are kept, however it was
// trained. Also draws activation maps with one row per test image and one column per unit; white is the
// largest activation of the unit.

#include <ATen/ATen.h>

#include <cstdlib>
#include <set>

#include "aelab/core/files.h"
#include "aelab/core/image.h"
#include "experiments/study.h"

namespace {

using namespace aelab;

Tensor k_largest(const Tensor& code, std::int64_t k) {
  const auto places = std::get<1>(code.abs().topk(k, 1));
  return at::zeros_like(code).scatter(1, places, code.gather(1, places));
}

void measure(const TrainedRun& run, std::int64_t k, const std::string& variant, study::Table& table) {
  const auto& model = run.network();
  const auto& data = run.data;
  const auto test = data.test.range(0, data.test.size());
  const auto train = data.train.range(0, std::min<std::int64_t>(data.train.size(), 5000));
  const auto code = model.encode(test.inputs), cut = k_largest(code, k);
  const auto error = [&](const Tensor& c) {
    return (model.decode(c) - test.inputs).square().flatten(1).sum(1).mean().item<double>();
  };
  table.add(variant, "L0 before", (code.abs() > 1e-8).sum(1).to(at::kFloat).mean().item<double>());
  table.add(variant, "squared error before", error(code));
  table.add(variant, "squared error", error(cut));
  table.add(variant, "units never kept",
            static_cast<double>((cut.abs() <= 1e-8).all(0).sum().item<std::int64_t>()));
  LogisticRegression classifier({.C = 0.1});
  classifier.fit(k_largest(model.encode(train.inputs), k), train.labels, 10, run.config().seed);
  table.add(variant, "accuracy",
            (classifier.predict(cut) == test.labels).to(at::kFloat).mean().item<double>());
}

/// The codes of the first 60 test images, with every unit scaled by its largest value.
Image activation_map(const Autoencoder& model, const Split& data) {
  const auto code = model.encode(data.test.range(0, 60).inputs).abs();
  const auto scaled = (255 * code / std::get<0>(code.max(0)).clamp_min(1e-8)).to(at::kByte).contiguous();
  return {.width = scaled.size(1),
          .height = scaled.size(0),
          .pixels = {scaled.data_ptr<std::uint8_t>(), scaled.data_ptr<std::uint8_t>() + scaled.numel()}};
}

}  // namespace

/// sparse COMPARISON_FOLDER K
int main(int arguments, char** argument) try {
  if (arguments != 3) throw Error("usage: sparse COMPARISON_FOLDER K");
  const auto k = std::atoll(argument[2]);
  keep_freed_memory();
  study::Table table("with the " + std::to_string(k) + " largest");
  std::vector<Image> maps;  // of the first run of each variant
  std::set<std::string> mapped;
  study::for_each_run(argument[1], [&](const std::string& variant, const TrainedRun& run) {
    const c10::InferenceMode inference;
    measure(run, k, variant, table);
    if (mapped.insert(variant).second) maps.push_back(activation_map(run.network(), run.data));
  });
  table.print();
  const auto path = std::filesystem::path(argument[1]) / "activation-maps.png";
  write_file(path, encode_png(tile(maps, /*columns=*/1, /*gap=*/4)));
  std::printf("%s\n", path.c_str());
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
