#pragma once

#include "aelab/evaluation/metric.h"

namespace aelab {

/// Agreement of k-means clusters of the evaluated codes with the classes; k-means does not see the labels.
/// Not applicable without labels, to rows of one class only, to codes with NaN or infinite values, and unless
/// there are more rows than clusters and more than classes: partitions into single rows agree always.
class Clustering : public Metric {
 public:
  struct Config {
    static constexpr std::string_view kind = "clustering";
    static constexpr std::string_view summary = "agreement of k-means on the codes with the classes";
    static constexpr std::string_view capabilities[] = {capability::takes_missing};
    static constexpr std::string_view also_known_as[] = {"k-means", "nmi", "ari", "silhouette"};
    std::optional<std::int64_t> clusters = {};
    std::int64_t restarts = 10;

    void fields(Fields& f);
    static std::vector<Config> examples() { return {{.restarts = 3}}; }
  };

  explicit Clustering(const Config& config) : config_(config) {}
  std::vector<Measure> measures() const override;
  void check(const Split& data) const override;
  void add(const Observation& observation) override;
  std::vector<std::optional<double>> values() const override;

 private:
  Config config_;
  std::vector<Tensor> codes_, labels_;  // of the batches, on the CPU
};

}  // namespace aelab
