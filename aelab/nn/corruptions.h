#pragma once

#include "aelab/nn/feature_groups.h"
#include "aelab/nn/parts.h"

namespace aelab {

class NoCorruption : public Corruption {
 public:
  struct Config {
    static constexpr std::string_view kind = "none";
    static constexpr std::string_view summary = "no corruption: the encoder sees the clean input";
    void fields(Fields&) {}
    static std::vector<Config> examples() { return {{}}; }
  };

  explicit NoCorruption(const Config&) {}
  Tensor corrupt(const Tensor& x, const Step&) const override { return x; }
  bool changes_input() const override { return false; }
};

/// Sets each feature to zero with probability `level` (Vincent et al. 2010, section 3.3).
class Masking : public Corruption {
 public:
  struct Config {
    static constexpr std::string_view kind = "masking";
    static constexpr std::string_view summary = "masking noise: features are set to zero at random";
    static constexpr std::string_view also_known_as[] = {"mask", "dropout", "zero", "zeros"};
    Schedule level = 0.25;

    void fields(Fields& f);
    static std::vector<Config> examples() {
      return {{}, {.level = LinearSchedule::Config{.from = 0, .to = 0.5}}};
    }
  };

  explicit Masking(const Config& config) : level_(config.level) {}
  Tensor corrupt(const Tensor& x, const Step& step) const override;

 private:
  Schedule level_;
};

/// Sets whole columns of a table to zero, each with probability `level`: all features of a category together.
/// Zero is what the encoder reads in place of missing cells, so that a model learns to fill these.
class ColumnMasking : public Corruption {
 public:
  struct Config {
    static constexpr std::string_view kind = "column-masking";
    static constexpr std::string_view summary =
        "masking noise for tables: whole columns are masked at random";
    static constexpr std::string_view also_known_as[] = {"imputation", "masked-columns", "swap-noise"};
    FeatureGroups features = {};  ///< empty: those of the data, or each feature is a column
    Schedule level = 0.25;

    void fields(Fields& f);
    static std::vector<Config> examples() {
      return {{}, {.features = {{FeatureKind::categorical, 40}, {FeatureKind::numeric, 24}}, .level = 0.5}};
    }
  };

  explicit ColumnMasking(const Config& config) : config_(config) {}
  Tensor corrupt(const Tensor& x, const Step& step) const override;

 private:
  Config config_;
};

/// x + level N(0, 1) (Vincent et al. 2010, section 3.3).
class GaussianNoise : public Corruption {
 public:
  struct Config {
    static constexpr std::string_view kind = "gaussian";
    static constexpr std::string_view summary = "additive Gaussian noise";
    static constexpr std::string_view also_known_as[] = {"noise", "gaussian-noise", "normal", "additive"};
    Schedule level = 0.5;
    bool clip = false;

    void fields(Fields& f);
    static std::vector<Config> examples() { return {{.level = 0.3}, {.clip = true}}; }
  };

  explicit GaussianNoise(const Config& config) : config_(config) {}
  Tensor corrupt(const Tensor& x, const Step& step) const override;

 private:
  Config config_;
};

/// Sets each feature with probability `level` to 0 or 1, both equally likely (Vincent et al. 2010,
/// section 3.3).
class SaltAndPepper : public Corruption {
 public:
  struct Config {
    static constexpr std::string_view kind = "salt-and-pepper";
    static constexpr std::string_view summary = "salt-and-pepper noise: features are set to 0 or 1 at random";
    static constexpr std::string_view also_known_as[] = {"impulse", "s&p"};
    Schedule level = 0.25;

    void fields(Fields& f);
    static std::vector<Config> examples() { return {{}}; }
  };

  explicit SaltAndPepper(const Config& config) : level_(config.level) {}
  Tensor corrupt(const Tensor& x, const Step& step) const override;

 private:
  Schedule level_;
};

}  // namespace aelab
