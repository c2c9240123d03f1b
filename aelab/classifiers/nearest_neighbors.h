#pragma once

#include "aelab/classifiers/features.h"

namespace aelab {

/// The class of most of the k nearest training rows by Euclidean distance (all rows, where there are fewer);
/// of classes with equally many, that of the nearest row. Distances are exact, in float64, computed in
/// blocks, so that predicting takes memory for one block beside the training rows.
///
/// Its state: the scale, "rows" [rows, features] float32, scaled, and "labels" [rows] int64.
class NearestNeighbors : public Classifier {
 public:
  struct Config {
    static constexpr std::string_view kind = "nearest-neighbors";
    static constexpr std::string_view summary = "vote of the nearest training rows";
    std::int64_t k = 5;
    bool standardize = false;

    void fields(Fields& f);
    static std::vector<Config> examples() { return {{.k = 3}, {.k = 1, .standardize = true}}; }
  };

  explicit NearestNeighbors(const Config& config) : config_(config) {}
  void fit(const at::Tensor& features, const at::Tensor& labels, std::int64_t classes,
           std::int64_t seed) override;
  at::Tensor predict(const at::Tensor& features) const override;
  State state() const override;
  void load(const State& state) override;

 private:
  Config config_;
  FeatureScale scale_;
  at::Tensor rows_, labels_;
};

}  // namespace aelab
