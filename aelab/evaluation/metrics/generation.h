#pragma once

#include "aelab/classifiers/rbf_svm.h"
#include "aelab/evaluation/decoded_samples.h"
#include "aelab/evaluation/metric.h"

namespace aelab {

/// How decoded samples compare with as many evaluated rows, by distances between the rows themselves:
/// coverage of one by the other, two-sample tests, and whether samples are nearer to training rows than new
/// rows are. Not applicable to models whose decoder no longer belongs to the encoder, where no codes can be
/// drawn, which a caution says, and to fewer rows than neighbors.
class Generation : public Metric {
 public:
  struct Config {
    static constexpr std::string_view kind = "generation";
    static constexpr std::string_view summary =
        "precision, recall, density, coverage and a test of decoded samples";
    static constexpr std::string_view also_known_as[] = {
        "prdc", "precision-recall", "coverage", "sample-quality", "mmd-test", "c2st", "two-sample-test"};
    SamplesConfig samples = {};
    std::int64_t rows = 2000;
    std::int64_t neighbors = 5;
    std::int64_t permutations = 499;
    Choice<Classifier> classifier = RbfSvm::Config{};
    std::int64_t seed = 0;

    void fields(Fields& f);
    static std::vector<Config> examples() { return {{.rows = 30, .neighbors = 3, .permutations = 19}}; }
  };

  explicit Generation(const Config& config) : config_(config) {}
  std::vector<Measure> measures() const override;
  bool needs_reconstruction() const override { return true; }
  void begin(const Autoencoder& model, const Split& data) override;
  void add(const Observation& observation) override;
  std::vector<std::optional<double>> values() const override;
  std::vector<std::string> cautions() const override;

 private:
  Config config_;
  Dataset train_;
  DecodedSamples samples_;
  std::vector<Tensor> targets_, labels_;  // of the first rows, the former on the CPU
  std::int64_t rows_ = 0;
};

}  // namespace aelab
