#pragma once

#include "aelab/evaluation/anomaly_score.h"
#include "aelab/evaluation/metric.h"
#include "aelab/evaluation/ranking.h"

namespace aelab {

/// How well scores tell evaluated rows of other classes from those of the normal ones, whatever the
/// threshold: each score is fitted to the training rows. Which classes are normal is said by the data section
/// of the run file, or by `normal`. Intervals are those of the evaluated rows alone, by bootstrap; they do
/// not contain how much models of other seeds differ.
///
/// A score that does not apply to a model has no values, nor have rows that are all normal, or all strange.
class AnomalyDetection : public Metric {
 public:
  struct Config {
    static constexpr std::string_view kind = "anomaly";
    static constexpr std::string_view summary =
        "ROC-AUC, average precision, precision at n, partial AUC and F1 of anomaly scores";
    static constexpr std::string_view also_known_as[] = {
        "auc", "auroc", "roc-auc", "roc_auc", "average-precision", "anomaly-detection", "outlier", "ood"};
    static constexpr std::string_view capabilities[] = {capability::takes_missing};
    std::vector<Choice<AnomalyScore>> scores = {};  ///< reconstruction alone when empty
    AnyJson normal = {};
    double false_positive_rate = 0.1;
    std::int64_t resamples = 1000;
    std::int64_t seed = 0;

    void fields(Fields& f);
    static std::vector<Config> examples();
    /// The scores that are measured.
    std::vector<Choice<AnomalyScore>> measured() const;
    /// The normal classes of these data, in ascending order. Throws an Error if neither this config nor the
    /// data say which they are, or if the data have no such class.
    std::vector<std::int64_t> normal_of(const Split& data) const;
  };

  explicit AnomalyDetection(const Config& config);
  std::vector<Measure> measures() const override;
  void check(const Split& data) const override;
  void begin(const Autoencoder& model, const Split& data) override;
  void add(const Observation& observation) override;
  std::vector<std::optional<double>> values() const override;
  std::vector<std::string> cautions() const override;

 private:
  struct Scored {
    std::string name;
    std::shared_ptr<AnomalyScore> score;
    bool applies = true;
    std::string reason = {};  ///< why it does not
    std::vector<Tensor> scores = {};
  };

  Config config_;
  const Autoencoder* model_ = nullptr;  // outlives this
  std::vector<std::int64_t> normal_;
  std::vector<Scored> scored_;
  std::vector<Tensor> strange_;  // [batch] bool
};

/// Names of several scores in one list, in their order: their kinds, and numbers after kinds that occur
/// again: "density", "density-2".
std::vector<std::string> names_of_scores(const std::vector<Choice<AnomalyScore>>& scores);
/// A ranking of such scores, [n] float64, and [n] bool.
Ranking ranking_of(const Tensor& scores, const Tensor& strange, double false_positive_rate);

}  // namespace aelab
