// What every registered metric promises.

#include <gtest/gtest.h>

#include <set>

#include "aelab/evaluation/metric.h"
#include "tests/contract/contract.h"

namespace aelab {
namespace {

using Values = std::vector<std::optional<double>>;

/// Of metrics that compare rows in features: the rows' own values.
std::shared_ptr<const Features> own_values(const std::string&) {
  const auto of = [](const Tensor& rows) { return rows.flatten(1).to(at::kDouble); };
  return std::make_shared<Features>(Features{.what = "the rows' own values", .of = of});
}

Values measured(const Choice<Metric>& example, const Autoencoder& model, const Split& data,
                std::int64_t size) {
  const at::NoGradGuard no_grad;
  const auto metric = example.make();
  if (!metric->features().empty()) metric->use(own_values(metric->features()));
  metric->begin(model, data);
  for (std::int64_t begin = 0; begin < data.test.size(); begin += size) {
    const auto [images, labels, rows, factors] =
        data.test.range(begin, std::min(begin + size, data.test.size()));
    const auto x = (images > 0.5).to(at::kFloat);  // of which every likelihood is a distribution
    const auto condition = model.condition(x, labels);
    metric->add({.target = model.target(x),
                 .code = model.encode(x, condition),
                 .reconstruction = model.reconstruct(x, condition),
                 .input = x,
                 .labels = labels,
                 .factors = factors});
  }
  return metric->values();
}

/// The same rows with two factors: their class, and whether their place is odd.
Dataset with_some_factors(const Dataset& rows) {
  const auto odd = at::arange(rows.size(), at::kLong).remainder(2);
  return rows.with_factors({{"class", kClasses}, {"odd", 2}}, at::stack({rows.labels(), odd}, 1));
}

std::shared_ptr<Autoencoder> any_model() {
  AutoencoderConfig parts;
  parts.backbone = any<Backbone>();
  return make_autoencoder(parts);
}

TEST(EveryMetric, GivesItsMeasuresForAnyModel) {
  std::set<std::string> names;
  for_each_example<Metric>([&](const Choice<Metric>& example) {
    int models = 0;
    for_each_example<Autoencoder>([&](const Choice<Autoencoder>& variant) {
      const auto data = few_digits_as(input_of(variant));
      const auto model = make_variant(variant);
      for (const auto& [measure, value] : evaluate(*model, data.test, data, {example}, nullptr, own_values)) {
        EXPECT_FALSE(measure.name.empty() || measure.definition.empty());
        EXPECT_TRUE(!value || std::isfinite(*value)) << measure.name;
        EXPECT_TRUE(models > 0 || names.insert(measure.name).second) << measure.name;
      }
      ++models;
    });
  });
}

TEST(EveryMetric, DoesNotDependOnTheBatches) {
  auto data = few_digits();
  for (auto* part : {&data.train, &data.validation, &data.test}) *part = with_some_factors(*part);
  std::set<std::string> measured_once, all;
  for_each_example<Bottleneck>([&](const Choice<Bottleneck>& bottleneck) {
    const auto condition = is_first(bottleneck) ? Condition::none : Condition::label;
    const auto model = make_autoencoder(
        {.code = 6, .backbone = any<Backbone>(), .bottleneck = bottleneck, .condition = condition},
        /*seed=*/3);
    for_each_example<Metric>([&](const Choice<Metric>& example) {
      const auto together = measured(example, *model, data, data.test.size());
      const auto pieces = measured(example, *model, data, 7);
      const auto measures = example.make()->measures();
      ASSERT_EQ(together.size(), measures.size());
      ASSERT_EQ(pieces.size(), measures.size());
      for (std::size_t i = 0; i < measures.size(); ++i) {
        const auto& name = measures[i].name;
        all.insert(name);
        ASSERT_EQ(together[i].has_value(), pieces[i].has_value()) << name;
        if (!together[i]) continue;
        measured_once.insert(name);
        EXPECT_NEAR(*pieces[i], *together[i], 1e-5 * std::max(1.0, std::abs(*together[i]))) << name;
      }
    });
  });
  for (const auto& name : all)
    if (!measured_once.contains(name)) std::printf("[ ABSENT   ] %s for all of these models\n", name.c_str());
}

TEST(EveryMetric, IsFiniteOrAbsentOnDegenerateData) {
  const auto model = any_model();
  const auto labels = at::zeros({20}, at::kLong);
  for (const auto& images :
       {at::zeros({20, 1, 8, 8}), at::full({20, 1, 8, 8}, 0.3), at::ones({20, 1, 8, 8})}) {
    const auto rows = Dataset::from_tensors(images, labels);  // one class, and no variance
    for_each_example<Metric>([&](const Choice<Metric>& example) {
      for (const auto& [measure, value] :
           evaluate(*model, rows, {rows, rows, rows}, {example}, nullptr, own_values))
        EXPECT_TRUE(!value || std::isfinite(*value)) << measure.name;
    });
  }
}

}  // namespace
}  // namespace aelab
