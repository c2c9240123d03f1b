#pragma once

#include "aelab/evaluation/metric.h"

namespace aelab {

/// What noise in the input does to reconstruction and code: one row of the matrix "trained with this noise,
/// measured with that", whatever the model was trained with (Vincent et al. 2010). Noise is drawn by a row's
/// place in the evaluated part, so every model sees the same. A schedule as a level counts with its first
/// value. Errors are not applicable to models whose decoder is stale, changes to codes that are all zero.
class Robustness : public Metric {
 public:
  struct Config {
    static constexpr std::string_view kind = "robustness";
    static constexpr std::string_view summary = "reconstructions and codes of noisy inputs";
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

  Tensor corrupted(const Corruption& corruption, const Tensor& x) const;
};

}  // namespace aelab
