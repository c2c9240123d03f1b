#pragma once

#include "aelab/data/feature_model.h"
#include "aelab/data/sources/synthetic.h"

namespace aelab {

/// Numbers of features for tests and first runs, and SynthSAEBench-16k.
enum class SaeBenchPreset { small, synth_sae_bench_16k };
std::span<const std::string_view> names(SaeBenchPreset);

/// Sums of the features of a FeatureModel (data/feature_model.h): rows like activations of a network that has
/// more features than dimensions, which fire rarely, together or in place of each other, and some only where
/// another one does. Rows are drawn whenever they are gathered, so that sets of any size take no memory; a
/// row is a function of the seed and its number alone. The source's seed draws both the model and its rows.
/// Dataset::truth is their truth. Data::truth has "dictionary" [features, dimensions], "bias" [dimensions]
/// and "parents" [features].
class SaeBench : public Distribution {
 public:
  struct Config {
    static constexpr std::string_view kind = "sae-bench";
    static constexpr std::string_view summary =
        "sparse sums of many features with frequencies, correlations and hierarchy, as SynthSAEBench";
    static constexpr std::string_view also_known_as[] = {"synth-sae-bench", "synth-sae-bench-16k",
                                                         "synthsaebench"};
    SaeBenchPreset preset = SaeBenchPreset::small;
    std::optional<std::int64_t> features = {}, dimensions = {};
    std::optional<double> most_probable = {}, least_probable = {}, exponent = {};
    std::optional<std::int64_t> roots = {}, children = {}, depth = {};
    std::optional<bool> exclusive = {}, compensated = {}, scaled = {};
    std::optional<double> correlation = {};
    std::optional<std::int64_t> rank = {};
    std::optional<double> first_size = {}, last_size = {}, spread = {}, spread_deviation = {};
    std::optional<std::int64_t> orthogonal_steps = {};
    std::optional<double> orthogonal_rate = {};
    std::optional<double> bias = {};

    void fields(Fields& f);
    /// The preset's rules, changed by the fields that are set.
    FeatureRules rules() const;
    static std::vector<Config> examples();
  };

  explicit SaeBench(const Config& config) : config_(config) {}
  Data open(std::int64_t rows, std::int64_t test_rows, std::int64_t seed) const override;

 private:
  Config config_;
};

}  // namespace aelab
