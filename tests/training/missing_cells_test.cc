// Models of tables with categories and missing cells: results do not depend on what fills the cells, and what
// a model cannot take is refused.

#include <gtest/gtest.h>

#include <cmath>

#include "aelab/core/error.h"
#include "aelab/data/columns_transform.h"
#include "aelab/models/dense.h"
#include "aelab/models/pca.h"
#include "aelab/nn/corruptions.h"
#include "aelab/nn/likelihoods.h"
#include "aelab/nn/mixed_likelihood.h"
#include "tests/torch_support.h"

namespace aelab {
namespace {

/// A number, a category and a flag that depend on each other; every fifth cell is missing.
Data survey(std::int64_t rows = 200, bool missing = true) {
  auto random = fixed_generator(2);
  const auto x = at::empty({rows}).normal_(0, 1, random);
  const auto category = (x > 0.3).to(at::kFloat) + (x > 1).to(at::kFloat), flag = (x < -0.5).to(at::kFloat);
  const auto other = 100 + 20 * x + 2 * at::empty({rows}).normal_(0, 1, random);
  auto table = at::stack({x, category, flag, other}, 1);
  if (missing) table.masked_fill_(at::empty({rows, 4}).uniform_(0, 1, random) < 0.2, NAN);
  const ColumnTypes types = {{.name = "x", .missing = missing},
                             {.name = "c", .kind = ColumnKind::categorical, .categories = {"a", "b", "c"}},
                             {.name = "f", .kind = ColumnKind::flag},
                             {.name = "y"}};
  return {.name = "survey", .train = Dataset::from_tensors(table).with_types(types)};
}

std::shared_ptr<Autoencoder> dense_for(const Split& split,
                                       Choice<Corruption> corruption = NoCorruption::Config{}) {
  return std::make_shared<Dense>(
      Dense::Config{.base = {.code = 2, .corruption = std::move(corruption)}, .backbone = {.hidden = {16}}},
      Context(split, 1));
}

TEST(TablesWithMissingCells, ChooseTheMixedLikelihoodOfTheirFeatures) {
  const auto split = survey().split({}, 1);
  const auto model = dense_for(split);
  const auto* mixed = model->config().likelihood->get_if<MixedLikelihood::Config>();
  ASSERT_TRUE(mixed);
  EXPECT_EQ(mixed->features, split.features);
  EXPECT_TRUE(model->takes_missing());
  EXPECT_EQ(model->input_shape(), Shape{1 + 4 + 1 + 1});
}

TEST(TablesWithMissingCells, AreTrainedWithoutANaN) {
  const auto split = survey().split({}, 1);
  for (const auto& corruption :
       {Choice<Corruption>(NoCorruption::Config{}), Choice<Corruption>(ColumnMasking::Config{})}) {
    const auto model = dense_for(split, corruption);
    const auto history = Trainer({.epochs = 20, .batch_size = 32}, {}, 1).fit(*model, split);
    const auto& epochs = history.epochs;
    const auto loss = [&](std::size_t i) { return find(epochs[i].metrics, "train/loss").value(); };
    EXPECT_LT(loss(epochs.size() - 1), loss(0));
    for (const auto& parameter : model->parameters()) EXPECT_TRUE(parameter.isfinite().all().item<bool>());
  }
}

TEST(TablesWithMissingCells, GiveWhatTheKnownCellsAloneGive) {
  const auto split = survey().split({}, 1);
  const auto model = dense_for(split);
  model->to(at::kDouble);
  const auto rows = split.train.range(0, 20).inputs.to(at::kDouble);
  const auto missing = rows.isnan();
  ASSERT_TRUE(missing.any().item<bool>());
  const auto loss_of = [&](const Tensor& inputs) {
    Pass pass;
    return model->loss({.inputs = inputs, .labels = {}, .rows = at::arange(20)}, Step{.training = true}, pass)
        .total();
  };
  const auto gradients = [&](const Tensor& loss) {
    return torch::autograd::grad({loss}, model->parameters(), {}, std::nullopt, false, true);
  };
  const auto loss = loss_of(rows);
  const auto own = gradients(loss);
  // By hand: zeros are encoded, and the cost of a row is that of its known cells.
  const auto parts = model->parts();
  const auto output = parts.backbone.decode(
      parts.bottleneck.read(parts.backbone.encode(rows.masked_fill(missing, 0), {}), {}), {});
  auto by_hand = at::zeros({}, at::kDouble);
  const auto log_softmax = at::log_softmax(output.narrow(1, 1, 4), 1);
  for (std::int64_t i = 0; i < 20; ++i)
    for (const std::int64_t j : {0, 1, 5, 6}) {
      if (missing[i][j].item<bool>()) continue;
      if (j == 1)
        by_hand = by_hand - log_softmax[i][rows[i].narrow(0, 1, 4).argmax().item<std::int64_t>()];
      else if (j == 5)
        by_hand = by_hand + at::binary_cross_entropy_with_logits(output[i][5], rows[i][5]);
      else
        by_hand = by_hand + 0.5 * (output[i][j] - rows[i][j]).square() + 0.5 * std::log(2 * M_PI);
    }
  EXPECT_NEAR(loss.item<double>(), by_hand.item<double>() / 20, 1e-9);
  const auto expected = gradients(by_hand / 20);
  for (std::size_t i = 0; i < own.size(); ++i) {
    ASSERT_EQ(own[i].defined(), expected[i].defined());
    EXPECT_TRUE(!own[i].defined() || at::allclose(own[i], expected[i], 1e-9, 1e-12));
  }
}

TEST(TablesWithMissingCells, DoNotDependOnWhatIsInTheFileInTheirPlace) {
  // The same table with other categories, dates and numbers in its missing cells is the same to the model.
  const auto split = survey().split({}, 1);
  const auto model = dense_for(split);
  const auto rows = split.train.range(0, 50).inputs;
  const at::NoGradGuard no_grad;
  auto encoded = model->encode(rows);
  EXPECT_TRUE(encoded.isfinite().all().item<bool>());
  EXPECT_TRUE(same_bits(encoded, model->encode(rows.nan_to_num(0))));  // 0 is what the encoder reads
  EXPECT_TRUE(model->reconstruct(rows).isfinite().all().item<bool>());
}

TEST(TablesWithMissingCells, AreRefusedByOtherLikelihoods) {
  const auto split = survey().split({}, 1);
  const auto refused = [&](Autoencoder& model) {
    Problems problems;
    (void)Trainer({.epochs = 1}, {}, 1).check(model, split, false, problems);
    return problems.empty() ? std::string() : problems.all().front();
  };
  Dense gaussian(Dense::Config{.base = {.code = 2, .likelihood = GaussianLikelihood::Config{}}},
                 Context(split, 1));
  EXPECT_SAYS(refused(gaussian),
              "model: cannot take missing cells, which these data have, with the likelihood \"gaussian\"");
  Pca pca(Pca::Config{.code = 2}, Context(split, 1));
  EXPECT_SAYS(refused(pca), "cannot take missing cells");
  EXPECT_EQ(refused(*dense_for(split)), "");
  const auto whole = survey(200, false).split({}, 1);  // categories alone
  Problems problems;
  Dense squared(Dense::Config{.base = {.code = 2, .likelihood = GaussianLikelihood::Config{}}},
                Context(whole, 1));
  (void)Trainer({.epochs = 1}, {}, 1).check(squared, whole, false, problems);
  EXPECT_TRUE(problems.empty());
}

TEST(TablesWithMissingCells, AreImputedBetterThanByTheMean) {
  const auto known = survey(600, false);
  auto rows = known.train.range(0, 600).inputs;
  auto random = fixed_generator(5);
  const auto hidden = at::empty({600}).uniform_(0, 1, random) < 0.2;
  auto lacking = rows.clone();
  lacking.select(1, 3).masked_fill_(hidden, NAN);
  const Data data{.name = "lacking", .train = Dataset::from_tensors(lacking).with_types(known.types())};
  const auto split = data.split({}, 1);
  const auto model = dense_for(split, ColumnMasking::Config{.level = 0.2});
  (void)Trainer({.epochs = 60, .batch_size = 32, .optimizer = Adam::Config{.learning_rate = 0.01}}, {}, 1)
      .fit(*model, split);
  const at::NoGradGuard no_grad;
  const auto encoded = split.transforms.front()->apply(lacking.clone(), {});
  const auto back = split.transforms.front()->invert(model->reconstruct(encoded), {4});
  const auto error = (back - rows).select(1, 3).masked_select(hidden).square().mean().item<double>();
  const auto spread =
      (rows.select(1, 3) - rows.select(1, 3).mean()).masked_select(hidden).square().mean().item<double>();
  EXPECT_LT(error, 0.3 * spread);
}

}  // namespace
}  // namespace aelab
