#include "aelab/classifiers/random_forest.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

#include "aelab/core/random.h"
#include "aelab/core/signals.h"

namespace aelab {
namespace {

struct TreeNode {
  std::int64_t feature = -1;  // -1: a leaf
  double threshold = 0;
  std::int64_t left = 0;  // its place in the tree; the right child follows
  std::int64_t label = 0;
};

struct Tree {
  std::vector<TreeNode> nodes = {};
  std::vector<double> importances = {};  // not normalized
};

/// The training rows, each feature's numbers side by side.
struct TreeRows {
  std::int64_t rows, features, classes;
  std::vector<double> values;           // [features, rows]
  std::vector<std::int64_t> labels;     // [rows]
  std::vector<std::int32_t> ascending;  // [features, rows]: the rows by their value
  const double* values_of(std::int64_t feature) const { return values.data() + feature * rows; }

  TreeRows(const at::Tensor& x, const at::Tensor& y, std::int64_t number_of_classes)
      : rows(x.size(0)), features(x.size(1)), classes(number_of_classes) {
    const auto columns = x.t().contiguous();
    const auto order = columns.argsort(/*stable=*/true, 1, /*descending=*/false).to(at::kInt).contiguous();
    const auto *value = columns.const_data_ptr<double>(), *end = value + columns.numel();
    const auto* place = order.const_data_ptr<std::int32_t>();
    const auto* label = y.const_data_ptr<std::int64_t>();
    values.assign(value, end);
    ascending.assign(place, place + order.numel());
    labels.assign(label, label + rows);
  }
};

/// Numbers of rows by class.
class ClassCounts {
 public:
  explicit ClassCounts(std::int64_t classes) : counts_(static_cast<std::size_t>(classes)) {}
  void add(std::int64_t label, std::int64_t times) {
    auto& count = counts_[static_cast<std::size_t>(label)];
    squares_ += times * (2 * count + times);
    count += times;
    rows_ += times;
  }
  std::int64_t rows() const { return rows_; }
  bool pure() const { return squares_ == rows_ * rows_; }
  /// Rows minus rows times Gini impurity.
  double purity() const { return static_cast<double>(squares_) / static_cast<double>(rows_); }
  std::int64_t most_frequent() const {
    return std::distance(counts_.begin(), std::max_element(counts_.begin(), counts_.end()));
  }
  void clear() {
    std::fill(counts_.begin(), counts_.end(), 0);
    rows_ = squares_ = 0;
  }

 private:
  std::vector<std::int64_t> counts_;
  std::int64_t rows_ = 0, squares_ = 0;  // the sum of squared counts
};

class TreeGrower {
 public:
  TreeGrower(const TreeRows& data, const RandomForest::Config& config, std::uint64_t seed)
      : data_(data),
        min_rows_(config.min_rows),
        max_features_(config.max_features.value_or(std::max<std::int64_t>(
            1, static_cast<std::int64_t>(std::sqrt(static_cast<double>(data.features)))))),
        random_(seed),
        times_(static_cast<std::size_t>(data.rows), config.bootstrap ? 0 : 1),
        goes_left_(static_cast<std::size_t>(data.rows)),
        drawn_(static_cast<std::size_t>(data.features)),
        all_(data.classes),
        left_(data.classes),
        right_(data.classes) {
    if (config.bootstrap)
      for (std::int64_t i = 0; i < data.rows; ++i) ++times_[below(static_cast<std::uint64_t>(data.rows))];
    std::iota(drawn_.begin(), drawn_.end(), 0);
    for (const auto row : data.ascending)
      if (times_[static_cast<std::size_t>(row)] > 0) order_.push_back(row);
    width_ = static_cast<std::int64_t>(order_.size()) / data.features;
  }

  Tree grow() {
    tree_.importances.assign(static_cast<std::size_t>(data_.features), 0);
    tree_.nodes.emplace_back();
    std::vector<Range> open = {{0, 0, width_}};
    while (!open.empty()) {
      const auto range = open.back();
      open.pop_back();
      const auto middle = split(range);
      if (middle == range.begin) continue;
      const auto left = tree_.nodes[static_cast<std::size_t>(range.node)].left;
      open.push_back({left + 1, middle, range.end});
      open.push_back({left, range.begin, middle});
    }
    return std::move(tree_);
  }

 private:
  /// A node and its rows: a range of each feature's order.
  struct Range {
    std::int64_t node, begin, end;
  };
  struct Split {
    std::int64_t feature = -1;
    double threshold = 0, purity = -1;
  };

  const TreeRows& data_;
  std::int64_t min_rows_, max_features_, width_ = 0;
  std::mt19937_64 random_;
  std::vector<std::int64_t> times_;  // [rows], how often each was drawn
  std::vector<char> goes_left_;      // [rows]
  std::vector<std::int32_t> order_;  // [features, width]: the drawn rows by their value, within each node
  std::vector<std::int32_t> moved_;  // rows that go right, while a range is divided
  std::vector<std::int64_t> drawn_;  // the features, in random order
  ClassCounts all_, left_, right_;
  Tree tree_;

  std::uint64_t below(std::uint64_t limit) { return random_() % limit; }  // the bias is below limit / 2^64
  std::int32_t* order_of(std::int64_t feature) { return order_.data() + feature * width_; }
  std::int64_t label_of(std::int32_t row) const { return data_.labels[static_cast<std::size_t>(row)]; }
  std::int64_t times_of(std::int32_t row) const { return times_[static_cast<std::size_t>(row)]; }

  /// Makes the node a leaf and returns the range's begin, or gives it children and returns where the right
  /// one's rows begin.
  std::int64_t split(const Range& range) {
    all_.clear();
    for (auto i = range.begin; i < range.end; ++i) {
      const auto row = order_of(0)[i];
      all_.add(label_of(row), times_of(row));
    }
    tree_.nodes[static_cast<std::size_t>(range.node)].label = all_.most_frequent();
    if (all_.pure() || all_.rows() < 2 * min_rows_) return range.begin;
    const auto best = best_split(range);
    if (best.feature < 0) return range.begin;
    tree_.importances[static_cast<std::size_t>(best.feature)] += best.purity - all_.purity();
    auto& node = tree_.nodes[static_cast<std::size_t>(range.node)];
    node.feature = best.feature;
    node.threshold = best.threshold;
    node.left = static_cast<std::int64_t>(tree_.nodes.size());
    tree_.nodes.resize(tree_.nodes.size() + 2);
    return divide(range, best);
  }

  Split best_split(const Range& range) {
    Split best;
    std::int64_t tried = 0;
    for (std::size_t i = 0; i < drawn_.size() && tried < max_features_; ++i) {
      std::swap(drawn_[i], drawn_[i + below(drawn_.size() - i)]);
      const auto feature = drawn_[i];
      const auto* value = data_.values_of(feature);
      const auto* order = order_of(feature);
      if (value[order[range.begin]] == value[order[range.end - 1]]) continue;  // it does not vary here
      ++tried;
      try_feature(range, feature, best);
    }
    return best;
  }

  void try_feature(const Range& range, std::int64_t feature, Split& best) {
    const auto* value = data_.values_of(feature);
    const auto* order = order_of(feature);
    left_.clear();
    right_ = all_;
    for (auto i = range.begin; i + 1 < range.end; ++i) {
      const auto row = order[i];
      left_.add(label_of(row), times_of(row));
      right_.add(label_of(row), -times_of(row));
      const double here = value[row], next = value[order[i + 1]];
      if (here == next || left_.rows() < min_rows_ || right_.rows() < min_rows_) continue;
      const double purity = left_.purity() + right_.purity();
      if (purity <= best.purity) continue;
      const double middle = here + (next - here) / 2;
      best = {feature, middle < next ? middle : here, purity};
    }
  }

  std::int64_t divide(const Range& range, const Split& split) {
    const auto* value = data_.values_of(split.feature);
    for (auto i = range.begin; i < range.end; ++i) {
      const auto row = order_of(0)[i];
      goes_left_[static_cast<std::size_t>(row)] = value[row] <= split.threshold;
    }
    std::int64_t middle = range.begin;
    for (std::int64_t feature = 0; feature < data_.features; ++feature) {
      auto* order = order_of(feature);
      moved_.clear();
      middle = range.begin;
      for (auto i = range.begin; i < range.end; ++i)
        if (goes_left_[static_cast<std::size_t>(order[i])])
          order[middle++] = order[i];
        else
          moved_.push_back(order[i]);
      std::copy(moved_.begin(), moved_.end(), order + middle);
    }
    return middle;
  }
};

/// The mean over trees of their importances, each tree's summing to 1.
at::Tensor importances_over(const std::vector<Tree>& trees) {
  auto sum = at::zeros({static_cast<std::int64_t>(trees.front().importances.size())}, at::kDouble);
  for (const auto& tree : trees) {
    const auto own = at::tensor(tree.importances, at::kDouble);
    if (const double whole = own.sum().item<double>(); whole > 0) sum += own / whole;
  }
  const double whole = sum.sum().item<double>();
  return whole > 0 ? sum / whole : sum;
}

}  // namespace

void RandomForest::Config::fields(Fields& f) {
  f("trees", trees, "number of trees", between(1, 1e5)).also_known_as({"n_estimators"});
  f("min_rows", min_rows, "least number of rows at a leaf", at_least(1)).also_known_as({"min_samples_leaf"});
  f("max_features", max_features,
    "number of features that are tried at each node; the square root of their number if omitted",
    at_least(1));
  f("bootstrap", bootstrap, "grow each tree on rows that are drawn with replacement, as many as there are");
}

void RandomForest::fit(const at::Tensor& features, const at::Tensor& labels, std::int64_t classes,
                       std::int64_t seed) {
  check_training_rows(Config::kind, features, labels, classes);
  scale_ = FeatureScale(features, /*standardize=*/false);
  const TreeRows rows(scale_(features), labels.cpu().contiguous(), classes);
  std::vector<Tree> trees(static_cast<std::size_t>(config_.trees));
  at::parallel_for(0, config_.trees, 1, [&](std::int64_t begin, std::int64_t end) {
    for (auto i = begin; i < end; ++i) {
      StopSignals::check();
      trees[static_cast<std::size_t>(i)] =
          TreeGrower(rows, config_, random_seed(seed, "tree " + std::to_string(i))).grow();
    }
  });
  std::vector<std::int64_t> feature, left, label, roots;
  std::vector<double> threshold;
  for (const auto& tree : trees) {
    const auto root = static_cast<std::int64_t>(feature.size());
    roots.push_back(root);
    for (const auto& node : tree.nodes) {
      feature.push_back(node.feature);
      threshold.push_back(node.threshold);
      left.push_back(root + node.left);
      label.push_back(node.label);
    }
  }
  feature_ = at::tensor(feature, at::kLong);
  threshold_ = at::tensor(threshold, at::kDouble);
  left_ = at::tensor(left, at::kLong);
  class_ = at::tensor(label, at::kLong);
  roots_ = at::tensor(roots, at::kLong);
  importances_ = importances_over(trees);
}

at::Tensor RandomForest::predict(const at::Tensor& features) const {
  const auto x = scale_(features);
  const auto* value = x.const_data_ptr<double>();
  const auto* feature = feature_.const_data_ptr<std::int64_t>();
  const auto* threshold = threshold_.const_data_ptr<double>();
  const auto* left = left_.const_data_ptr<std::int64_t>();
  const auto* label = class_.const_data_ptr<std::int64_t>();
  const std::span roots(roots_.const_data_ptr<std::int64_t>(), static_cast<std::size_t>(roots_.numel()));
  const auto classes = class_.max().item<std::int64_t>() + 1;
  auto predicted = at::empty({x.size(0)}, at::kLong);
  auto* to = predicted.mutable_data_ptr<std::int64_t>();
  at::parallel_for(0, x.size(0), 64, [&](std::int64_t begin, std::int64_t end) {
    std::vector<std::int64_t> votes(static_cast<std::size_t>(classes));
    for (auto i = begin; i < end; ++i) {
      const auto* row = value + i * x.size(1);
      std::fill(votes.begin(), votes.end(), 0);
      for (auto node : roots) {
        while (feature[node] >= 0) node = left[node] + (row[feature[node]] <= threshold[node] ? 0 : 1);
        ++votes[static_cast<std::size_t>(label[node])];
      }
      to[i] = std::distance(votes.begin(), std::max_element(votes.begin(), votes.end()));
    }
  });
  return predicted;
}

Classifier::State RandomForest::state() const {
  State state;
  scale_.save(state);
  for (const auto& [name, tensor] : {std::pair("feature", &feature_),
                                     {"threshold", &threshold_},
                                     {"left", &left_},
                                     {"class", &class_},
                                     {"roots", &roots_},
                                     {"importances", &importances_}})
    state.emplace_back(name, *tensor);
  return state;
}

void RandomForest::load(const State& state) {
  scale_.load(state);
  for (const auto& [name, tensor] : {std::pair("feature", &feature_),
                                     {"threshold", &threshold_},
                                     {"left", &left_},
                                     {"class", &class_},
                                     {"roots", &roots_},
                                     {"importances", &importances_}})
    *tensor = saved(state, name);
}

}  // namespace aelab
