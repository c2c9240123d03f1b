#pragma once

// A variant, a data source, a callback and a metric that aelab does not have.

#include "aelab/aelab.h"

namespace own {

/// Dense tanh layers, with an L1 penalty that pulls the code towards zero.
class Shrinking : public aelab::Autoencoder {
 public:
  struct Config {
    static constexpr std::string_view kind = "shrinking";
    static constexpr std::string_view summary = "tanh layers and an L1 penalty on the code";
    aelab::AutoencoderConfig base = {.code = 8};
    std::vector<std::int64_t> hidden = {32};
    double strength = 0.01;

    void fields(aelab::Fields& f) {
      base.fields(f);
      f("hidden", hidden, "widths of the hidden layers", aelab::at_least(1));
      f("strength", strength, "weight of the penalty", aelab::at_least(0));
    }
    static std::vector<Config> examples() { return {{.base = {.code = 6}, .hidden = {12}}}; }
  };

  static aelab::AutoencoderConfig expand(const Config& config);
  Shrinking(const Config& config, const aelab::Context& context) : Autoencoder(expand(config), context) {}
};

/// Sine waves with random phase, sampled at `points` points; labels 0, 1, 2 stand for frequencies 1, 2, 3.
class Waves : public aelab::Source {
 public:
  struct Config {
    static constexpr std::string_view kind = "waves";
    static constexpr std::string_view summary = "sine waves with three frequencies and random phase";
    std::int64_t points = 32, rows = 600, seed = 0;

    void fields(aelab::Fields& f) {
      f("points", points, "number of values per wave", aelab::at_least(2));
      f("rows", rows, "number of waves", aelab::at_least(1));
      f("seed", seed, "seed of the frequencies and phases");
    }
    static std::vector<Config> examples() { return {{.points = 16, .rows = 60}}; }
  };

  explicit Waves(const Config& config) : config_(config) {}
  aelab::Data open() const override;

 private:
  Config config_;
};

/// Ends the phase once a metric is small enough.
class StopWhenGood : public aelab::Callback {
 public:
  struct Config {
    static constexpr std::string_view kind = "stop-when-good";
    static constexpr std::string_view summary = "ends the phase once a metric falls to or below a limit";
    std::string monitor = "validation/reconstruction";
    double limit = 0;

    void fields(aelab::Fields& f) {
      f("monitor", monitor, "the metric to watch");
      f("limit", limit, "ends the phase at this value or below");
    }
    static std::vector<Config> examples() { return {{.limit = 1}}; }
  };

  explicit StopWhenGood(const Config& config) : config_(config) {}
  Order order() const override { return Order::monitor; }
  std::string monitored() const override { return config_.monitor; }
  void epoch_end(aelab::Training& training) override;

 private:
  Config config_;
};

/// The squared distance between a reconstruction and its mirror image, averaged over samples.
class Symmetry : public aelab::Metric {
 public:
  struct Config {
    static constexpr std::string_view kind = "symmetry";
    static constexpr std::string_view summary = "distance between the reconstruction and its mirror image";
    void fields(aelab::Fields&) {}
    static std::vector<Config> examples() { return {{}}; }
  };

  explicit Symmetry(const Config&) {}
  std::vector<aelab::Measure> measures() const override;
  bool needs_reconstruction() const override { return true; }
  void add(const aelab::Observation& observation) override;
  std::vector<std::optional<double>> values() const override;

 private:
  double sum_ = 0;
  std::int64_t rows_ = 0;
};

/// Makes all of these known to aelab. Call it once, before a config is read.
void register_types();

}  // namespace own
