#include "aelab/evaluation/seen_classes.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "aelab/evaluation/metrics/classification.h"
#include "aelab/evaluation/metrics/clustering.h"
#include "aelab/evaluation/metrics/probe.h"

namespace aelab {
namespace {

Dataset of_classes(const std::vector<std::int64_t>& labels) {
  const auto rows = static_cast<std::int64_t>(labels.size());
  return Dataset::from_tensors(at::zeros({rows, 2}), at::tensor(labels, at::kLong));
}

TEST(SeenClasses, NamesThoseThatTrainingRowsLack) {
  const std::vector<Choice<Metric>> probe = {Probe::Config{}};
  EXPECT_EQ(unseen_classes(probe, of_classes({7, 0, 3, 3}), of_classes({1, 0, 1})),
            "\"probe\" predicts the classes of the training rows (0, 1), not 3, 7");
  EXPECT_EQ(unseen_classes(probe, of_classes({2, 1}), of_classes({0, 1}), {"cat", "dog", "eel"}),
            "\"probe\" predicts the classes of the training rows (cat, dog), not eel");
  EXPECT_EQ(unseen_classes({Classification::Config{}, Clustering::Config{}, Probe::Config{}}, of_classes({2}),
                           of_classes({0})),
            "\"classification\" and \"probe\" predict the classes of the training rows (0), not 2");
}

TEST(SeenClasses, SaysNothingWhereAllAreKnownOrNoneIsPredicted) {
  const std::vector<Choice<Metric>> probe = {Probe::Config{}};
  EXPECT_EQ(unseen_classes(probe, of_classes({0, 0}), of_classes({0, 1})), "");
  EXPECT_EQ(unseen_classes({Clustering::Config{}}, of_classes({3}), of_classes({0, 1})), "");
  const auto bare = Dataset::from_tensors(at::zeros({3, 2}));
  EXPECT_EQ(unseen_classes(probe, bare, of_classes({0, 1})), "");
  EXPECT_EQ(unseen_classes(probe, of_classes({0, 1}), bare), "");
}

TEST(SeenClasses, ListsTwentyOfMany) {
  std::vector<std::int64_t> many;
  for (std::int64_t i = 0; i < 25; ++i) many.push_back(i + 1);
  const auto said = unseen_classes({Probe::Config{}}, of_classes(many), of_classes({0}));
  EXPECT_NE(said.find("19, 20 and 5 more"), std::string::npos) << said;
}

}  // namespace
}  // namespace aelab
