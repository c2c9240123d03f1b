// What every registered kind's config promises.

#include <gtest/gtest.h>

#include <set>

#include "aelab/classifiers/classifier.h"
#include "aelab/data/sources/synthetic.h"
#include "aelab/evaluation/metric.h"
#include "tests/contract/contract.h"

namespace aelab {
namespace {

using nlohmann::json;

template <class Product>
class EveryConfig : public testing::Test {};

using Products =
    testing::Types<Autoencoder, Backbone, Corruption, Bottleneck, Likelihood, Bound, Penalty, Optimizer,
                   ScheduleKind, Callback, Source, Transform, Distribution, Metric, Classifier>;
TYPED_TEST_SUITE(EveryConfig, Products);

template <class Product>
void survives_json(const Choice<Product>& example) {
  const auto written = write_config(example);
  Choice<Product> read;
  read_config(json::parse(written.dump()), read, "example");
  EXPECT_EQ(write_config(read), written);
  EXPECT_EQ(read.kind(), example.kind());
}

template <class Product>
void schema_knows_every_key(const Choice<Product>& example) {
  const auto written = write_config(example);
  if (!written.is_object()) return;  // a number for an object
  const auto properties = kind_schema(*example.kinds().find(example.kind()))["properties"];
  for (const auto& [key, value] : written.items())
    if (key != example.kinds().tag()) {
      ASSERT_TRUE(properties.contains(key)) << key;
      EXPECT_FALSE(properties[key]["description"].template get<std::string>().empty()) << key;
    }
}

template <class Product>
void refuses_strangers(const Choice<Product>& example) {
  auto written = write_config(example);
  if (!written.is_object()) return;
  written["no_such_key"] = 1;
  Choice<Product> read;
  EXPECT_SAYS(message_of<Error>([&] { read_config(written, read, "example"); }), "no_such_key: unknown key");
}

TYPED_TEST(EveryConfig, SurvivesJsonAndStandsInTheSchema) {
  for_each_example<TypeParam>([](const Choice<TypeParam>& example) {
    survives_json(example);
    schema_knows_every_key(example);
    refuses_strangers(example);
  });
  std::set<std::string> summaries;
  for (const auto& kind : TypeParam::registry().all())
    EXPECT_TRUE(!kind.summary.empty() && summaries.insert(kind.summary).second) << kind.name;
}

}  // namespace
}  // namespace aelab
