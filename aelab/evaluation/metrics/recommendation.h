#pragma once

#include "aelab/evaluation/metric.h"

namespace aelab {

/// How well a model that reads some items of a row, such as what a user liked, finds others: by ranking all
/// items that it did not read by their reconstruction, equal ones by their numbers. An item is in a row where
/// its value is greater than 0.
///
/// Recall@k is the number of held-out items among the first k, over the number of held-out items; NDCG@k the
/// sum of 1 / log2(rank + 1) over those found at the ranks 1 to k, over its largest possible value, with
/// min(k, held-out items) at the first ranks: the definitions of RecBole (recbole/evaluator/metrics.py,
/// version 1.2.1). Both are means over rows with held-out items.
///
/// Which items are held out is said by the data (Dataset::held_out); where they do not, a share of each row's
/// items, at least one and not all, is hidden from the encoder, as a function of the row and the seed (strong
/// generalization; Liang et al. 2018). Beside it stand the values of ranking by popularity: by the number of
/// training rows that have an item.
class Recommendation : public Metric {
 public:
  struct Config {
    static constexpr std::string_view kind = "recommendation";
    static constexpr std::string_view summary =
        "recall@k and NDCG@k of held-out items, beside those of popularity";
    static constexpr std::string_view also_known_as[] = {"recall", "ndcg", "recall@k", "ndcg@k",
                                                         "top-k-items"};
    std::vector<std::int64_t> k = {10, 20, 50};
    double held_out = 0.2;
    std::int64_t seed = 0;

    void fields(Fields& f);
    static std::vector<Config> examples() { return {{.k = {3, 10}, .held_out = 0.3}}; }
  };

  explicit Recommendation(const Config& config);
  std::vector<Measure> measures() const override;
  bool needs_reconstruction() const override { return true; }
  void begin(const Autoencoder& model, const Split& data) override;
  void add(const Observation& observation) override;
  std::vector<std::optional<double>> values() const override;
  std::vector<std::string> cautions() const override;

 private:
  /// Sums over rows of each k's values and, for errors, of their squares.
  struct Sums {
    std::vector<double> recall, ndcg, recall_squares, ndcg_squares;
  };

  Config config_;
  const Autoencoder* model_ = nullptr;  // outlives this
  Tensor popularity_;                   // [items] float
  bool applies_ = true, chose_items_ = false;
  Sums of_model_, of_popularity_;
  std::int64_t rows_ = 0, ranked_ = 0;

  /// Rows whose items are only those that the encoder may read, and what is to be found.
  struct Task {
    Tensor visible, target;  // [batch, items]: as they are, and bool
  };
  Task task_of(const Observation& observation) const;
  Task hidden(const Observation& observation) const;
  void add_up(const Tensor& scores, const Tensor& visible, const Tensor& target, Sums& sums) const;
};

/// The recall and the NDCG of a ranking of items at each of the ranks `k`, given whether the items at the
/// first ranks are among `wanted` ones, at least 1.
struct RankedItems {
  std::vector<double> recall, ndcg;
};
RankedItems quality_of_ranking(const std::vector<bool>& found, std::int64_t wanted,
                               const std::vector<std::int64_t>& k);

}  // namespace aelab
