#include "aelab/evaluation/sample_comparison.h"

#include <ATen/ATen.h>

#include <limits>

#include "aelab/core/random.h"
#include "aelab/core/signals.h"

namespace aelab {
namespace {

using at::Tensor;

/// The distance of each point to its k-th nearest other one, [n].
Tensor radii(const Tensor& distances, std::int64_t k) {
  auto others = distances.clone();
  others.fill_diagonal_(std::numeric_limits<double>::infinity());
  return std::get<0>(others.kthvalue(k, 1));
}

double share_of(const Tensor& truths) { return truths.to(at::kDouble).mean().item<double>(); }

/// Sums of a kernel over pairs of different rows, where each column of `first` [rows, ways] has a 1 for the
/// rows of the first set: the squared discrepancies, [ways].
Tensor discrepancies(const Tensor& kernel, const Tensor& first) {
  const auto second = 1 - first;
  const auto n = first.sum(0), m = second.sum(0);
  const auto of_first = at::mm(kernel, first), of_second = at::mm(kernel, second);
  return (first * of_first).sum(0) / (n * (n - 1)) + (second * of_second).sum(0) / (m * (m - 1)) -
         2 * (first * of_second).sum(0) / (n * m);
}

}  // namespace

Tensor row_distances(const Tensor& a, const Tensor& b) {
  constexpr std::int64_t kRows = 256, kByDifferences = 2;
  const auto x = a.to(at::kDouble), y = b.to(at::kDouble);
  std::vector<Tensor> blocks;
  for (const auto& block : x.split(kRows)) {
    StopSignals::check();
    blocks.push_back(at::cdist(block, y, 2, kByDifferences));
  }
  return at::cat(blocks);
}

Coverage coverage_of(const Tensor& rows, const Tensor& across, const Tensor& samples, std::int64_t k) {
  const auto in_ball_of_row = across < radii(rows, k).unsqueeze(1),
             in_ball_of_sample = across < radii(samples, k);
  return {.precision = share_of(in_ball_of_row.any(0)),
          .recall = share_of(in_ball_of_sample.any(1)),
          .density = in_ball_of_row.sum(0).to(at::kDouble).mean().item<double>() / static_cast<double>(k),
          .coverage = share_of(in_ball_of_row.any(1))};
}

std::optional<TwoSampleTest> discrepancy_test(const Tensor& rows, const Tensor& across, const Tensor& samples,
                                              std::int64_t permutations, std::int64_t seed) {
  const auto n = rows.size(0), all = n + samples.size(0);
  const auto squared = at::cat({at::cat({rows, across}, 1), at::cat({across.t(), samples}, 1)}).square();
  const auto different = at::ones_like(squared, at::kBool).triu(1);
  const auto scale = squared.masked_select(different).median();
  if (scale.item<double>() <= 0) return std::nullopt;
  auto kernel = (-squared / scale).exp();
  kernel.fill_diagonal_(0);
  auto first = at::zeros({all, permutations + 1}, kernel.options());
  first.select(1, 0).slice(0, 0, n).fill_(1);
  auto random = random_generator(seed, "discrepancy");
  for (std::int64_t i = 1; i <= permutations; ++i)
    first.select(1, i).index_fill_(0, at::randperm(all, random, at::kLong).slice(0, 0, n), 1);
  const auto found = discrepancies(kernel, first);
  const auto as_large = (found.slice(0, 1) >= found[0]).sum().item<std::int64_t>();
  return TwoSampleTest{.statistic = found[0].item<double>(),
                       .p = static_cast<double>(1 + as_large) / static_cast<double>(1 + permutations)};
}

}  // namespace aelab
