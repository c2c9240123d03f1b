#include "aelab/evaluation/factor_information.h"

#include <ATen/ATen.h>

namespace aelab {
namespace {

/// Sum over a distribution's probabilities of -p log p.
at::Tensor entropy_of_counts(const at::Tensor& counts, std::int64_t rows) {
  const auto p = counts.to(at::kDouble) / rows;
  return -at::xlogy(p, p).sum();
}

/// Which of `bins` equal intervals of its dimension's range each code is in, [rows, dimensions].
at::Tensor histogram_bins(const at::Tensor& codes, std::int64_t bins) {
  const auto least = codes.amin(0), width = codes.amax(0) - least;
  const auto places = (codes - least) / at::where(width > 0, width, 1.) * bins;
  return places.floor().to(at::kLong).clamp_(0, bins - 1);
}

/// The mean over columns of the largest number less the second largest, or 0 where there is none.
double mean_gap(const at::Tensor& numbers, const at::Tensor& divisors) {
  const auto padded = at::cat({numbers, at::zeros({1, numbers.size(1)}, numbers.options())});
  const auto largest = std::get<0>(padded.topk(2, 0));
  return ((largest[0] - largest[1]) / divisors).mean().item<double>();
}

}  // namespace

at::Tensor mutual_information(const at::Tensor& codes, const at::Tensor& factors, std::int64_t bins) {
  const auto rows = codes.size(0);
  const auto binned = histogram_bins(codes, bins);
  auto information = at::empty({codes.size(1), factors.size(1)}, at::kDouble);
  for (std::int64_t k = 0; k < factors.size(1); ++k) {
    const auto factor = factors.select(1, k);
    const auto values = factor.max().item<std::int64_t>() + 1;
    const auto of_factor = entropy_of_counts(factor.bincount({}, values), rows);
    for (std::int64_t d = 0; d < codes.size(1); ++d) {
      const auto code = binned.select(1, d);
      const auto both = (code * values + factor).bincount({}, bins * values);
      information[d][k].copy_(of_factor + entropy_of_counts(code.bincount({}, bins), rows) -
                              entropy_of_counts(both, rows));
    }
  }
  return information.clamp_(0);  // rounding
}

at::Tensor entropies_of(const at::Tensor& factors) {
  auto entropies = at::empty({factors.size(1)}, at::kDouble);
  for (std::int64_t k = 0; k < factors.size(1); ++k)
    entropies[k].copy_(entropy_of_counts(factors.select(1, k).bincount(), factors.size(0)));
  return entropies;
}

double mutual_information_gap(const at::Tensor& information, const at::Tensor& entropies) {
  return mean_gap(information, entropies);
}

double modularity(const at::Tensor& information) {
  const auto squares = information.square();
  const auto largest = squares.amax(1), others = squares.sum(1) - largest;
  const auto spread = others / (at::where(largest > 0, largest, 1.) * (squares.size(1) - 1));
  return at::where(largest > 0, 1 - spread, 0.).mean().item<double>();
}

double separated_attribute_predictability(const at::Tensor& codes, const at::Tensor& factors) {
  const auto varies = codes.amax(0) > codes.amin(0);
  const auto x = codes - codes.mean(0), y = factors.to(at::kDouble) - factors.to(at::kDouble).mean(0);
  const auto variance = at::where(varies, x.square().sum(0), 1.);
  const auto squared = at::mm(x.t(), y).square() / (variance.unsqueeze(1) * y.square().sum(0));
  return mean_gap(at::where(varies.unsqueeze(1), squared, 0.), at::ones({factors.size(1)}, at::kDouble));
}

}  // namespace aelab
