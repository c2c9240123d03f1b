#pragma once

#include "aelab/classifiers/features.h"

namespace aelab {

/// Vote of decision trees, each grown on another bootstrap sample of the training rows (Breiman 2001, "Random
/// forests"). A node is split at the feature and threshold that reduce the Gini impurity most, among
/// `max_features` features that vary there, drawn anew at each node; of equally good features the one that
/// was drawn first; a threshold is halfway between two values. A node is not split further when its rows are
/// of one class, when no feature varies, or where a side would have fewer than `min_rows` rows (a row that
/// was drawn twice counts twice). A leaf votes for its most frequent class; of classes with equally many rows
/// or votes the smallest wins.
///
/// Its state: the scale, which changes nothing; the trees' nodes one after the other, "feature" [nodes], -1
/// at a leaf, "threshold" [nodes] float64, up to which values go left, "left" [nodes], the left child, which
/// the right one follows, and "class" [nodes], that of a leaf; "roots" [trees]; "importances" [features]
/// float64.
class RandomForest : public Classifier {
 public:
  struct Config {
    static constexpr std::string_view kind = "random-forest";
    static constexpr std::string_view summary = "vote of decision trees, each grown on a bootstrap sample";
    static constexpr std::string_view also_known_as[] = {"decision-tree", "extra-trees", "gradient-boosting"};
    std::int64_t trees = 100, min_rows = 1;
    std::optional<std::int64_t> max_features = {};
    bool bootstrap = true;

    void fields(Fields& f);
    static std::vector<Config> examples() {
      return {{.trees = 30}, {.trees = 10, .min_rows = 2, .max_features = 20, .bootstrap = false}};
    }
  };

  explicit RandomForest(const Config& config) : config_(config) {}
  void fit(const at::Tensor& features, const at::Tensor& labels, std::int64_t classes,
           std::int64_t seed) override;
  at::Tensor predict(const at::Tensor& features) const override;
  State state() const override;
  void load(const State& state) override;

  /// How much each feature reduces the Gini impurity, [features] float64: summed over a tree's nodes,
  /// weighted by their rows, divided by the tree's sum and averaged over the trees that have any split. They
  /// sum to 1, or are all 0 where no tree has a split.
  const at::Tensor& importances() const { return importances_; }

 private:
  Config config_;
  FeatureScale scale_;
  at::Tensor feature_, threshold_, left_, class_, roots_, importances_;
};

}  // namespace aelab
