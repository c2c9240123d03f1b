#include "aelab/evaluation/factor_votes.h"

#include <ATen/ATen.h>

#include <limits>

#include "aelab/classifiers/logistic_regression.h"
#include "aelab/core/random.h"
#include "aelab/core/signals.h"

namespace aelab {
namespace {

constexpr std::int64_t kGroupsLearned = 10'000, kGroupsTested = 5'000, kInGroup = 64;

/// The rows that share a factor's value with another row, those of one value after the other.
struct Sharing {
  at::Tensor rows, begins, counts;  // [n] each: for each of them its value's first place here, and how many
};

Sharing rows_sharing(const at::Tensor& factor) {
  const auto [sorted, order] = factor.sort(/*stable=*/true, 0, /*descending=*/false);
  const auto [values, inverse, counts] = at::unique_consecutive(sorted, true, true);
  const auto begins = counts.cumsum(0) - counts;
  const auto shared = counts.index_select(0, inverse) > 1;
  const auto kept = inverse.masked_select(shared);
  const auto kept_counts = at::where(counts > 1, counts, 0);
  return {order.masked_select(shared), (kept_counts.cumsum(0) - kept_counts).index_select(0, kept),
          counts.index_select(0, kept)};
}

/// Uniform whole numbers from 0 up to but excluding each of `limits`.
at::Tensor below(const at::Tensor& limits, const at::Generator& random) {
  const auto u = at::rand(limits.sizes(), random, at::kDouble);
  return at::minimum((u * limits).floor().to(at::kLong), limits - 1);
}

/// Groups of rows in which one factor is fixed.
class FixedFactorGroups {
 public:
  FixedFactorGroups(const at::Tensor& factors, std::int64_t seed, std::string_view stream)
      : random_(random_generator(seed, stream)) {
    for (std::int64_t k = 0; k < factors.size(1); ++k) {
      sharing_.push_back(rows_sharing(factors.select(1, k)));
      if (sharing_.back().rows.size(0) > 0) drawable_.push_back(k);
    }
  }

  /// Whether groups of two factors can be drawn.
  bool differ() const { return drawable_.size() > 1; }

  /// The fixed factor of each of `count` groups, [count].
  at::Tensor factors(std::int64_t count) {
    const auto numbers =
        at::randint(static_cast<std::int64_t>(drawable_.size()), {count}, random_, at::kLong);
    return at::tensor(drawable_, at::kLong).index_select(0, numbers);
  }

  /// [groups, 64]: rows of one value of factor k in each group.
  at::Tensor alike(std::int64_t k, std::int64_t groups) {
    const auto& sharing = sharing_[static_cast<std::size_t>(k)];
    const auto anchor = at::randint(sharing.rows.size(0), {groups, 1}, random_, at::kLong);
    const auto counts = sharing.counts.take(anchor).expand({groups, kInGroup});
    return sharing.rows.take(sharing.begins.take(anchor) + below(counts, random_));
  }

  /// [groups, 64] twice: pairs of different rows, each of one value of factor k, another one in each pair.
  std::pair<at::Tensor, at::Tensor> pairs(std::int64_t k, std::int64_t groups) {
    const auto& sharing = sharing_[static_cast<std::size_t>(k)];
    const auto first = at::randint(sharing.rows.size(0), {groups, kInGroup}, random_, at::kLong);
    const auto begins = sharing.begins.take(first), counts = sharing.counts.take(first);
    const auto further = 1 + below(counts - 1, random_);  // places after the first, around the value's rows
    return {sharing.rows.take(first),
            sharing.rows.take(begins + (first - begins + further).remainder(counts))};
  }

 private:
  at::Generator random_;
  std::vector<Sharing> sharing_;
  std::vector<std::int64_t> drawable_;
};

/// Features [count, dimensions] of groups, and their factors, [count]: `describe(k, groups)` gives the
/// features of so many groups of factor k.
template <class Describe>
std::pair<at::Tensor, at::Tensor> described_groups(FixedFactorGroups& groups, std::int64_t count,
                                                   std::int64_t dimensions, Describe describe) {
  constexpr std::int64_t kAtOnce = 1 << 21;  // numbers
  const auto at_once = std::max<std::int64_t>(1, kAtOnce / (kInGroup * dimensions));
  const auto factors = groups.factors(count);
  std::vector<at::Tensor> features, labels;
  for (std::int64_t k = 0; k <= factors.max().item<std::int64_t>(); ++k) {
    const auto number = (factors == k).sum().item<std::int64_t>();
    for (std::int64_t begin = 0; begin < number; begin += at_once) {
      StopSignals::check();
      const auto some = std::min(at_once, number - begin);
      features.push_back(describe(k, some));
      labels.push_back(at::full({some}, k, at::kLong));
    }
  }
  return {at::cat(features), at::cat(labels)};
}

/// The codes of rows [groups, 64]: [groups, 64, dimensions].
at::Tensor codes_of(const at::Tensor& codes, const at::Tensor& rows) {
  return codes.index_select(0, rows.flatten()).view({rows.size(0), rows.size(1), codes.size(1)});
}

double share_equal(const at::Tensor& a, const at::Tensor& b) {
  return (a == b).to(at::kDouble).mean().item<double>();
}

}  // namespace

std::optional<double> beta_vae_score(const at::Tensor& codes, const at::Tensor& factors, std::int64_t seed) {
  FixedFactorGroups groups(factors, seed, "beta-vae score");
  if (!groups.differ()) return std::nullopt;
  const auto some = [&](std::int64_t count) {
    return described_groups(groups, count, codes.size(1), [&](std::int64_t k, std::int64_t number) {
      const auto [first, second] = groups.pairs(k, number);
      return (codes_of(codes, first) - codes_of(codes, second)).abs().mean(1);
    });
  };
  const auto [features, labels] = some(kGroupsLearned);
  const auto [tested_features, tested_labels] = some(kGroupsTested);
  LogisticRegression classifier({});
  classifier.fit(features, labels, factors.size(1), seed);
  return share_equal(classifier.predict(tested_features), tested_labels);
}

std::optional<double> factor_vae_score(const at::Tensor& codes, const at::Tensor& factors,
                                       std::int64_t seed) {
  FixedFactorGroups groups(factors, seed, "factor-vae score");
  if (!groups.differ()) return std::nullopt;
  const auto varying = (codes.amax(0) > codes.amin(0)).nonzero().flatten();
  if (varying.size(0) == 0) return 0;
  const auto voters = codes.index_select(1, varying);
  const auto scaled = voters / voters.std(0);
  const auto votes = [&](std::int64_t count) {
    auto [least, labels] =
        described_groups(groups, count, scaled.size(1), [&](std::int64_t k, std::int64_t number) {
          return codes_of(scaled, groups.alike(k, number)).var(1).argmin(1);
        });
    return least * factors.size(1) + labels;
  };
  const auto learned = votes(kGroupsLearned).bincount({}, voters.size(1) * factors.size(1));
  const auto answers = learned.view({voters.size(1), factors.size(1)}).argmax(1);
  const auto tested = votes(kGroupsTested);
  return share_equal(answers.index_select(0, tested.floor_divide(factors.size(1))),
                     tested.remainder(factors.size(1)));
}

}  // namespace aelab
