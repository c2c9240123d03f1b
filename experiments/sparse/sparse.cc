// Sparse codes at the same L0: of each code only the k largest numbers are kept, whatever it was trained
// with. And activation maps: a row a test image, a column a unit; white is the unit's largest activation.

#include <ATen/ATen.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>

#include "aelab/aelab.h"
#include "aelab/core/files.h"
#include "aelab/core/image.h"
#include "aelab/evaluation/statistics.h"

namespace {

using namespace aelab;

Tensor k_largest(const Tensor& code, std::int64_t k) {
  const auto places = std::get<1>(code.abs().topk(k, 1));
  return at::zeros_like(code).scatter(1, places, code.gather(1, places));
}

struct Numbers {
  std::vector<double> active, error, cut_error, unused, accuracy;  // one a seed
};

void measure(const Autoencoder& model, const Split& data, std::int64_t k, std::int64_t seed,
             Numbers& numbers) {
  const auto test = data.test.range(0, data.test.size());
  const auto train = data.train.range(0, std::min<std::int64_t>(data.train.size(), 5000));
  const auto code = model.encode(test.inputs), cut = k_largest(code, k);
  const auto error = [&](const Tensor& c) {
    return (model.decode(c) - test.inputs).square().flatten(1).sum(1).mean().item<double>();
  };
  numbers.active.push_back((code.abs() > 1e-8).sum(1).to(at::kFloat).mean().item<double>());
  numbers.error.push_back(error(code));
  numbers.cut_error.push_back(error(cut));
  numbers.unused.push_back(static_cast<double>((cut.abs() <= 1e-8).all(0).sum().item<std::int64_t>()));
  LogisticRegression classifier({.C = 0.1});
  classifier.fit(k_largest(model.encode(train.inputs), k), train.labels, 10, seed);
  numbers.accuracy.push_back((classifier.predict(cut) == test.labels).to(at::kFloat).mean().item<double>());
}

/// The first codes of the test part, every unit scaled by its largest number.
Image activation_map(const Autoencoder& model, const Split& data) {
  const auto code = model.encode(data.test.range(0, 60).inputs).abs();
  const auto scaled = (255 * code / std::get<0>(code.max(0)).clamp_min(1e-8)).to(at::kByte).contiguous();
  return {.width = scaled.size(1),
          .height = scaled.size(0),
          .pixels = {scaled.data_ptr<std::uint8_t>(), scaled.data_ptr<std::uint8_t>() + scaled.numel()}};
}

void print(const std::string& variant, const Numbers& numbers) {
  std::printf("%-12s", variant.c_str());
  for (const auto* values :
       {&numbers.active, &numbers.error, &numbers.cut_error, &numbers.unused, &numbers.accuracy}) {
    const auto summary = summarize(*values);
    std::printf(" %9.3f +- %-7.3f", summary.mean, summary.half_width.value_or(0));
  }
  std::printf("\n");
}

}  // namespace

/// sparse COMPARISON_FOLDER K
int main(int arguments, char** argument) try {
  if (arguments != 3) throw Error("usage: sparse COMPARISON_FOLDER K");
  const auto k = std::atoll(argument[2]);
  keep_freed_memory();
  const auto comparison = load_comparison(argument[1]);
  std::map<std::size_t, Numbers> numbers;  // by contender
  std::vector<Image> maps;
  for (const auto& run : comparison.runs()) {
    const auto folder = comparison.folder(run);
    const auto config = load_run_config(folder);
    const auto data = open_dataset(config.data.source);
    const auto model = load_model(folder, config, data, Which::best);
    const auto split = data.split(config.data.split, config.seed);
    const c10::InferenceMode inference;
    measure(*model, split, k, run.seed, numbers[run.contender]);
    if (maps.size() < comparison.contenders().size()) maps.push_back(activation_map(*model, split));
  }

  std::printf(
      "codes of which the %lld largest numbers are kept, mean of the seeds and half the 95 %% interval\n"
      "%-12s %-20s %-20s %-20s %-20s %-20s\n",
      static_cast<long long>(k), "", "L0 before", "squared error before", "squared error", "units never kept",
      "accuracy");
  for (const auto& [contender, of_variant] : numbers)
    print(comparison.contenders()[contender].name, of_variant);
  const auto path = comparison.folder() / "activation-maps.png";
  write_file(path, encode_png(tile(maps, /*columns=*/1, /*gap=*/4)));
  std::printf("%s\n", path.c_str());
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
