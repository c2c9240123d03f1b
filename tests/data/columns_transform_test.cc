// The columns of a table as features: scales by hand, categories, missing cells, and back.

#include "aelab/data/columns_transform.h"

#include <gtest/gtest.h>

#include <cmath>

#include "aelab/core/error.h"
#include "aelab/data/inversion.h"
#include "aelab/data/split.h"
#include "tests/support.h"
#include "tests/torch_support.h"

namespace aelab {
namespace {

const float kMissing = NAN;

ColumnTypes some_types() {
  return {{.name = "x", .missing = true},
          {.name = "city", .kind = ColumnKind::categorical, .categories = {"Bonn", "Kiel", "Ulm"}},
          {.name = "w", .kind = ColumnKind::flag},
          {.name = "n", .kind = ColumnKind::count}};
}

Dataset some_table() {
  return Dataset::from_tensors(at::tensor({1.F, 0.F, 1.F, 4.F,            //
                                           2.F, 2.F, 0.F, kMissing,       //
                                           kMissing, 0.F, kMissing, 0.F,  //
                                           6.F, kMissing, 1.F, 9.F})
                                   .view({4, 4}))
      .with_types(some_types());
}

std::shared_ptr<Transform> fitted_columns(const ColumnsTransform::Config& config, const Dataset& data) {
  auto transform = std::make_shared<ColumnsTransform>(config);
  transform->take_types(data.types());
  transform->fit(data);
  return transform;
}

Tensor rows_of(const Dataset& data) { return data.range(0, data.size()).inputs; }

TEST(Columns, BecomeFeatures) {
  const auto data = some_table();
  const auto transform = fitted_columns({}, data);
  EXPECT_EQ(transform->shape({4}), Shape{7});
  EXPECT_EQ(transform->features(), (FeatureGroups{{FeatureKind::numeric, 1},
                                                  {FeatureKind::categorical, 4},
                                                  {FeatureKind::flag, 1},
                                                  {FeatureKind::count, 1}}));
  const auto features = transform->apply(rows_of(data), {});
  const double deviation = std::sqrt((4. + 1 + 9) / 3);  // of 1, 2, 6, whose mean is 3
  EXPECT_NEAR(features[0][0].item<double>(), -2 / deviation, 1e-6);
  EXPECT_NEAR(features[3][0].item<double>(), 3 / deviation, 1e-6);
  EXPECT_TRUE(at::equal(features[0].narrow(0, 1, 4), at::tensor({1.F, 0.F, 0.F, 0.F})));
  EXPECT_TRUE(at::equal(features[1].narrow(0, 1, 4), at::tensor({0.F, 0.F, 1.F, 0.F})));
  EXPECT_TRUE(at::equal(features[0].narrow(0, 5, 2), at::tensor({1.F, 4.F})));
  EXPECT_TRUE(features[3].narrow(0, 1, 4).isnan().all().item<bool>());
  EXPECT_TRUE(features[2][0].isnan().item<bool>() && features[2][5].isnan().item<bool>());
  EXPECT_EQ(features.isnan().sum().item<std::int64_t>(), 3 + 4);
}

TEST(Columns, OfCategoriesThatTrainingLacksAreUnseen) {
  const auto transform = fitted_columns({}, some_table());  // without a row of Kiel
  const auto other = transform->apply(
      at::tensor({1.F, 1.F, 0.F, 0.F, 1.F, 3.F, 0.F, 0.F, 1.F, 7.F, 0.F, 0.F}).view({3, 4}), {});
  for (int row = 0; row < 3; ++row)
    EXPECT_TRUE(at::equal(other[row].narrow(0, 1, 4), at::tensor({0.F, 0.F, 0.F, 1.F}))) << row;
}

TEST(Columns, ComeBack) {
  const auto data = some_table();
  for (const auto scale :
       {ColumnScale::standard, ColumnScale::robust, ColumnScale::quantile, ColumnScale::none}) {
    const auto transform = fitted_columns({.scale = scale}, data);
    const auto rows = rows_of(data);
    const auto back = transform->invert(transform->apply(rows.clone(), {}), {4});
    EXPECT_TRUE(at::allclose(back, rows, 1e-4, 1e-4, /*equal_nan=*/true)) << name_of(scale) << back;
  }
}

TEST(Columns, AreScaledAsTheySay) {
  auto random = fixed_generator(1);
  const auto x = at::empty({4001, 2}).exponential_(1, random);
  const auto data = Dataset::from_tensors(x);
  const auto robust = fitted_columns({.scale = ColumnScale::robust}, data)->apply(x.clone(), {});
  const auto quartiles = at::quantile(robust, at::tensor({0.25F, 0.5F, 0.75F}), 0);
  EXPECT_TRUE(at::allclose(quartiles[1], at::zeros({2}), 0, 1e-5));
  EXPECT_TRUE(at::allclose(quartiles[2] - quartiles[0], at::ones({2}), 1e-5, 0));
  const auto normal = fitted_columns({.scale = ColumnScale::quantile}, data)->apply(x.clone(), {});
  for (const double p : {0.02, 0.16, 0.5, 0.84, 0.98})  // quantiles of a normal distribution
    EXPECT_NEAR(at::quantile(normal, p, 0)[1].item<double>(),
                at::special_ndtri(at::scalar_tensor(p)).item<double>(), 0.02)
        << p;
  const auto own = fitted_columns({.by_column = {{.column = "1", .scale = ColumnScale::none}}}, data)
                       ->apply(x.clone(), {});
  EXPECT_TRUE(at::equal(own.select(1, 1), x.select(1, 1)));
  EXPECT_NEAR(own.select(1, 0).mean().item<double>(), 0, 1e-5);
}

TEST(Columns, WithoutAChangeAreShiftedAlone) {
  const auto data = Dataset::from_tensors(at::full({5, 1}, 7.F));
  for (const auto scale : {ColumnScale::standard, ColumnScale::robust})
    EXPECT_TRUE(at::equal(fitted_columns({.scale = scale}, data)->apply(at::full({2, 1}, 8.F), {}),
                          at::ones({2, 1})));
}

TEST(Columns, AreEncodedByASplitOfATable) {
  Data data{.name = "t", .train = some_table(), .test = some_table()};
  const auto split = data.split({.validation = 0}, 1);
  ASSERT_EQ(split.transforms.size(), 1U);
  EXPECT_EQ(split.train.shape(), Shape{7});
  EXPECT_EQ(width_of(split.features), 7);
  EXPECT_TRUE(split.train.has_missing());
  EXPECT_TRUE(split.train.types().empty());
  EXPECT_EQ(data.completed({}).transforms.front().kind(), "columns");
  const Inversion inversion(split.transforms, data.shape());
  EXPECT_EQ(inversion.kept(), 0U);
  const auto said = message_of<FieldError>([&] {
    (void)data.split({.validation = 0, .transforms = {Choice<Transform>::named("standardize")}}, 1);
  });
  EXPECT_SAYS(said, "transforms[0]: \"standardize\" is for numbers");
  const auto wrong = message_of<FieldError>([&] {
    (void)data.split(
        {.validation = 0, .transforms = {ColumnsTransform::Config{.by_column = {{.column = "y"}}}}}, 1);
  });
  EXPECT_SAYS(wrong, "transforms[0].by_column[0].column: there is no column \"y\"");
}

TEST(MissingCells, AreKnownToTheirSets) {
  const auto data = some_table();
  EXPECT_TRUE(data.has_missing());
  EXPECT_EQ(first_not_finite(data), "");
  const auto [least, most] = value_range(data);
  EXPECT_EQ(least, 0);
  EXPECT_EQ(most, 9);
  const auto plain = Dataset::from_tensors(rows_of(data));
  EXPECT_FALSE(plain.has_missing());
  EXPECT_EQ(first_not_finite(plain), "row 1, value 3");
  auto rows = rows_of(data);
  rows[3][0] = INFINITY;
  EXPECT_EQ(first_not_finite(Dataset::from_tensors(rows).with_types(some_types())), "row 3, value 0");
  EXPECT_SAYS(message_of<Error>([&] {
                (void)Dataset::from_tensors(at::zeros({2, 3})).with_types(some_types());
              }),
              "with_types: the types are of 4 features");
}

}  // namespace
}  // namespace aelab
