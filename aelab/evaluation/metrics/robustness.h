#pragma once

#include "aelab/evaluation/metric.h"

namespace aelab {

/// Effects of input noise on reconstruction and code: one row of the matrix of training against test
/// corruptions (Vincent et al. 2010). Noise is drawn by a row's place in the evaluated split, so that every
/// model sees the same noise. A level that is a schedule is taken at its first value. Errors do not apply to
/// models whose decoder no longer belongs to the encoder, relative changes not to codes that are all zero.
class Robustness : public Metric {
 public:
  struct Config {
    static constexpr std::string_view kind = "robustness";
    static constexpr std::string_view summary = "reconstruction errors and code changes for corrupted inputs";
    std::vector<Choice<Corruption>> corruptions = usual();

    void fields(Fields& f);
    static std::vector<Config> examples() { return {{}}; }
    /// masking .25 and .5, gaussian .25 and .5, salt-and-pepper .1 and .25
    static std::vector<Choice<Corruption>> usual();
  };

  explicit Robustness(const Config& config);
  std::vector<Measure> measures() const override;
  void begin(const Autoencoder& model, const Split& data) override;
  void add(const Observation& observation) override;
  std::vector<std::optional<double>> values() const override;

 private:
  struct Level {
    std::string name;  ///< "masking-0.25"
    std::shared_ptr<Corruption> corruption;
    double squared_error = 0, change = 0;  // sums over samples
  };

  const Autoencoder* model_ = nullptr;  // outlives this
  std::vector<Level> levels_;
  std::int64_t rows_ = 0;
  std::int64_t coded_ = 0;  // rows whose clean code is not zero
};

}  // namespace aelab
