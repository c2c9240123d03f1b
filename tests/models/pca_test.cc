// PCA is scikit-learn's. The expected numbers are printed by reference_pca.py: digits' pixels / 16, the first
// 1,000 rows to fit, all 1,797 to reconstruct, ten components.

#include "aelab/models/pca.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "aelab/data/principal_components.h"
#include "tests/torch_support.h"

namespace aelab {
namespace {

constexpr double kTolerance = 1e-4;

const std::vector<double> kVariances = {0.6615635, 0.6240273, 0.5759608, 0.4368221, 0.2777362,
                                        0.2234443, 0.2023607, 0.1762487, 0.1517481, 0.1500063};
const std::vector<double> kRatios = {0.1421746, 0.1341079, 0.1237780, 0.0938761, 0.0596875,
                                     0.0480197, 0.0434887, 0.0378771, 0.0326117, 0.0322374};
const std::vector<double> kWhitened = {0.9741046, 1.0335814, 1.0149589, 0.9090477, 0.9625011,
                                       1.0161542, 0.8612109, 1.0880491, 1.0272534, 0.9899825};
const std::vector<double> kComponents[] = {
    {0,          -0.0119953, -0.1792509, -0.1731773, 0.0572277,  0.1246812,  0.0875057,  0.0159314,
     0.0000014,  -0.0922928, -0.2797492, 0.0514796,  0.0328998,  0.0271606,  0.1009803,  0.0122943,
     -0.0000496, -0.1031801, -0.0915296, 0.1549808,  -0.0293792, 0.0499478,  0.0625284,  0.0040641,
     0.0001123,  0.0110943,  0.1050987,  0.0171635,  0.0078177,  0.0921042,  0.0510151,  0.0001745,
     0,          0.0859722,  0.2436532,  0.2041415,  0.2312630,  0.0506374,  -0.0026840, 0,
     0.0012511,  0.0535794,  0.0898055,  0.2424197,  0.3607163,  -0.0569905, -0.1498210, 0.0000280,
     0.0006875,  -0.0260297, -0.2501324, 0.0289310,  0.1534663,  -0.2657470, -0.1936129, -0.0073649,
     0.0000533,  -0.0101889, -0.1767038, -0.1793435, -0.1607145, -0.2242252, -0.1033664, -0.0197844},
    {0,          -0.0078791, -0.1025626, -0.0125114, -0.1025398, -0.2334071, -0.0884949, -0.0105274,
     0.0000414,  -0.0396868, -0.0536823, 0.1280535,  -0.1101935, -0.2865774, -0.1123251, -0.0075736,
     -0.0000384, 0.0003783,  0.2156778,  0.1415824,  -0.2152551, -0.2461908, -0.0361098, -0.0013907,
     0.0000397,  0.0816222,  0.2631108,  -0.1029995, -0.3261917, -0.1864500, 0.0024432,  0.0001258,
     0,          0.1472031,  0.3044869,  0.0296403,  -0.0936545, -0.0406530, 0.0312024,  0,
     0.0015603,  0.0977970,  0.3519248,  0.1541851,  -0.0252317, 0.0517402,  0.0983399,  0.0004934,
     0.0010767,  0.0058456,  0.1510982,  0.0799296,  -0.0067222, 0.0598012,  0.1123667,  0.0078897,
     -0.0000284, -0.0065599, -0.1152084, -0.0242811, 0.1347480,  0.0945925,  0.0510836,  0.0054442},
    {0,          -0.0185476, -0.1398056, -0.0893584, 0.0668411,  0.1149640,  0.0515215,  0.0094424,
     -0.0000190, -0.0727404, -0.0223852, -0.0475601, -0.0482448, 0.1909698,  0.0974689,  0.0093962,
     -0.0001046, -0.0168046, 0.1201242,  -0.1001966, -0.2078562, 0.2524595,  0.1401475,  0.0034087,
     -0.0000561, 0.0778658,  0.1824371,  -0.1503660, -0.1542486, 0.3131505,  0.1530434,  0.0001130,
     0,          0.1017859,  0.1089643,  -0.2804259, -0.2070310, 0.2923302,  0.1481563,  0,
     0.0006444,  0.0503746,  0.0314590,  -0.2757150, -0.1504931, 0.2492053,  0.0952941,  -0.0001456,
     0.0005865,  -0.0063272, -0.0350767, -0.1723524, -0.0387863, 0.1141487,  -0.0691136, -0.0221272,
     -0.0000191, -0.0180652, -0.1441134, -0.0665950, 0.0101331,  -0.0992893, -0.1528811, -0.0501812},
};
constexpr double kSquaredError = 1.26304328;

std::shared_ptr<Pca> fitted(bool whiten) {
  const auto model = std::make_shared<Pca>(Pca::Config{.code = 10, .whiten = whiten}, Context({1, 8, 8}));
  model->phases().front().solve(open_dataset("digits").train.subset(at::arange(1000)));
  return model;
}

Tensor all_digits() { return open_dataset("digits").train.range(0, 1797).inputs; }

void expect_near(const Tensor& found, const std::vector<double>& expected) {
  const auto difference = found.detach().to(at::kDouble) - at::tensor(expected, at::kDouble);
  EXPECT_LT(difference.abs().max().item<double>(), kTolerance);
}

TEST(Pca, HasScikitLearnsComponents) {
  const auto model = fitted(false);
  expect_near(model->variances(), kVariances);
  expect_near(model->explained_variance_ratio(), kRatios);
  const auto components = model->named_parameters()["backbone.encoder_0.weight"];
  for (std::size_t i = 0; i < std::size(kComponents); ++i)
    expect_near(components[static_cast<std::int64_t>(i)], kComponents[i]);
}

TEST(Pca, IsTheSameWhereTheFirstRowsAreFarFromTheMean) {
  // Blocks' products are about the first block's mean; the last 500 of these rows lie elsewhere.
  auto random = fixed_generator();
  auto x = at::empty({3000, 4}).normal_(0, 1, random);
  x.slice(0, 2500) += 10;
  const auto wide = x.to(at::kDouble);
  const auto [values, vectors] = at::linalg_eigh(at::cov(wide.t()));
  const auto pca = principal_components(Dataset::from_tensors(x), 4);
  EXPECT_TRUE(at::allclose(pca.variances.to(at::kDouble), values.flip(0), 1e-4, 0)) << pca.variances;
  EXPECT_TRUE(at::allclose(pca.mean.to(at::kDouble), wide.mean(0), 1e-5, 1e-5));
}

// The singular values and vectors of the centerd rows, in float64, are an oracle that shares no code with
// ours.
TEST(Pca, OfFewerRowsThanFeaturesHasTheSingularVectors) {
  auto random = fixed_generator();
  for (const auto& [rows, features] :
       {std::pair<std::int64_t, std::int64_t>{12, 400}, {12, 30}, {1100, 1500}}) {
    const auto x = at::empty({rows, features}).normal_(5, 1, random) * at::linspace(.1, 3, features);
    const auto wide = x.to(at::kDouble);
    const auto [u, s, v] = at::linalg_svd(wide - wide.mean(0), /*full_matrices=*/false);
    const std::int64_t k = 6;
    const auto pca = principal_components(Dataset::from_tensors(x), k);
    const auto variances = (s.square() / (rows - 1)).slice(0, 0, k);
    EXPECT_TRUE(at::allclose(pca.variances.to(at::kDouble), variances, 1e-5, 0));
    EXPECT_NEAR(pca.total_variance, s.square().sum().item<double>() / static_cast<double>(rows - 1),
                1e-6 * pca.total_variance);
    const auto aligned = (pca.components.to(at::kDouble) * v.slice(0, 0, k)).sum(1).abs();
    EXPECT_TRUE(at::allclose(aligned, at::ones(k, at::kDouble), 0, 1e-5)) << aligned;
  }
}

TEST(Pca, IsZeroBeyondTheRank) {
  auto random = fixed_generator();
  // Five rows have four directions; a column that repeats another adds none.
  const auto few = at::empty({5, 40}).normal_(0, 1, random);
  auto repeated = at::empty({300, 6}).normal_(0, 1, random);
  repeated.select(1, 5) = repeated.select(1, 0);
  for (const auto& [x, rank] :
       {std::pair<Tensor, std::int64_t>{few, 4}, {repeated, 5}, {at::ones({9, 3}), 0}}) {
    const auto pca = principal_components(Dataset::from_tensors(x), 8);
    EXPECT_EQ(pca.rank(), rank);
    EXPECT_EQ(pca.components.size(0), std::min<std::int64_t>(8, x.size(1)));
    EXPECT_EQ(pca.components.slice(0, rank).abs().sum().item<double>(), 0);
    EXPECT_TRUE(at::allclose(pca.decode(pca.encode(x)), x, 1e-4, 1e-4)) << "the rank's directions give all";
  }
}

TEST(Pca, IsStoppedBySignals) {
  const Interruptible interruptible;
  std::raise(SIGTERM);
  EXPECT_THROW(principal_components(Dataset::from_tensors(at::zeros({3000, 16})), 2), Stopped);
}

TEST(Pca, ReconstructsAsScikitLearn) {
  const auto x = all_digits();
  for (const bool whiten : {false, true}) {
    const auto error = (fitted(whiten)->reconstruct(x) - x).square().flatten(1).sum(1).mean();
    EXPECT_NEAR(error.item<double>(), kSquaredError, kTolerance) << whiten;
  }
}

TEST(Pca, WhitensAsScikitLearn) {
  const auto model = fitted(true);
  const auto code = model->encode(all_digits());
  expect_near(code.var(0), kWhitened);
  expect_near(code.slice(0, 0, 1000).var(0), std::vector<double>(10, 1));  // the rows that it was fitted to
  expect_near(code.slice(0, 0, 1000).mean(0), std::vector<double>(10, 0));
}

}  // namespace
}  // namespace aelab
