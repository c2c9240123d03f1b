#include "aelab/data/sources/sae_bench.h"

#include <array>

#include "aelab/data/feature_rows.h"

namespace aelab {

std::span<const std::string_view> names(SaeBenchPreset) {
  static constexpr std::array<std::string_view, 2> kNames = {"small", "synth-sae-bench-16k"};
  return kNames;
}

namespace {

FeatureRules rules_of(SaeBenchPreset preset) {
  FeatureRules rules{.features = 16'384,
                     .dimensions = 768,
                     .most_probable = 0.4,
                     .least_probable = 5e-4,
                     .exponent = 0.5,
                     .roots = 128,
                     .children = 4,
                     .depth = 3,
                     .exclusive = true,
                     .compensated = true,
                     .scaled = true,
                     .correlation = 0.1,
                     .rank = 25,
                     .first_size = 5,
                     .last_size = 4,
                     .spread = 0.5,
                     .spread_deviation = 0.5,
                     .orthogonal_steps = 100,
                     .orthogonal_rate = 3e-4,
                     .bias = 0.5};
  if (preset == SaeBenchPreset::synth_sae_bench_16k) return rules;
  rules.features = 256;
  rules.dimensions = 64;
  rules.least_probable = 5e-3;
  rules.roots = 8;
  rules.depth = 2;
  rules.rank = 7;
  rules.orthogonal_rate = 3e-3;
  return rules;
}

}  // namespace

void SaeBench::Config::fields(Fields& f) {
  f("preset", preset,
    "defaults of the other fields: \"synth-sae-bench-16k\" is the published benchmark of 16,384 "
    "features in 768 dimensions, \"small\" has 256 in 64");
  f("features", features, "number of features", between(1, 1e6)).also_known_as({"num_features", "atoms"});
  f("dimensions", dimensions, "numbers in a row", between(1, 1e5)).also_known_as({"hidden_dim", "d_in"});
  f("most_probable", most_probable, "probability of firing of the most frequent feature", between(0, 1))
      .also_known_as({"max_prob"});
  f("least_probable", least_probable, "that of the rarest one", between(0, 1)).also_known_as({"min_prob"});
  f("exponent", exponent,
    "the probabilities of features 1, 2, ... are i^-exponent, mapped to these two numbers", above(0));
  f("roots", roots, "number of trees of the hierarchy; 0: no hierarchy", at_least(0))
      .also_known_as({"total_root_nodes"});
  f("children", children, "number of children of each parent", at_least(1))
      .also_known_as({"branching_factor"});
  f("depth", depth, "levels of children below the roots", at_least(0)).also_known_as({"max_depth"});
  f("exclusive", exclusive, "of siblings that fire together, only one stays");
  f("compensated", compensated,
    "children fire more often, so that after the rules of the hierarchy they are about as frequent as their "
    "probabilities say")
      .also_known_as({"compensate_probabilities"});
  f("scaled", scaled, "the size of a child is proportional to that of its parent")
      .also_known_as({"scale_children_by_parent"});
  f("correlation", correlation, "standard deviation of the numbers of the correlations' factors", at_least(0))
      .also_known_as({"correlation_scale"});
  f("rank", rank, "number of common factors that correlate the features", between(1, 1000));
  f("first_size", first_size, "mean size of the most frequent feature where it fires", above(0));
  f("last_size", last_size, "that of the rarest one; between them it changes linearly", above(0));
  f("spread", spread, "mean of a normal number whose absolute value is the standard deviation of a size",
    at_least(0));
  f("spread_deviation", spread_deviation, "standard deviation of that number", at_least(0));
  f("orthogonal_steps", orthogonal_steps, "steps of Adam that make the directions more nearly orthogonal",
    between(0, 1e5));
  f("orthogonal_rate", orthogonal_rate, "their learning rate", above(0));
  f("bias", bias, "norm of the vector that is added to all rows", at_least(0));
  const auto all = rules();
  f.require(all.least_probable <= all.most_probable, "least_probable", "must be at most \"most_probable\"");
  f.require(all.roots <= all.features, "roots", "must be at most \"features\"");
}

FeatureRules SaeBench::Config::rules() const {
  auto rules = rules_of(preset);
  const auto change = [](auto& value, const auto& field) { value = field.value_or(value); };
  change(rules.features, features);
  change(rules.dimensions, dimensions);
  change(rules.most_probable, most_probable);
  change(rules.least_probable, least_probable);
  change(rules.exponent, exponent);
  change(rules.roots, roots);
  change(rules.children, children);
  change(rules.depth, depth);
  change(rules.exclusive, exclusive);
  change(rules.compensated, compensated);
  change(rules.scaled, scaled);
  change(rules.correlation, correlation);
  change(rules.rank, rank);
  change(rules.first_size, first_size);
  change(rules.last_size, last_size);
  change(rules.spread, spread);
  change(rules.spread_deviation, spread_deviation);
  change(rules.orthogonal_steps, orthogonal_steps);
  change(rules.orthogonal_rate, orthogonal_rate);
  change(rules.bias, bias);
  return rules;
}

std::vector<SaeBench::Config> SaeBench::Config::examples() {
  return {{.features = 40, .dimensions = 12, .roots = 3},
          {.features = 30, .dimensions = 10, .roots = 0, .correlation = 0, .bias = 0}};
}

Data SaeBench::open(std::int64_t rows, std::int64_t test_rows, std::int64_t seed) const {
  constexpr std::int64_t kFirstTestRow = std::int64_t{1} << 40;  // whatever the number of training rows
  const auto sampler =
      std::make_shared<const FeatureSampler>(FeatureModel::drawn(config_.rules(), seed), seed);
  const auto& model = sampler->model();
  Data data{.name = std::string(Config::kind), .train = feature_rows(sampler, 0, rows)};
  if (test_rows) data.test = feature_rows(sampler, kFirstTestRow, test_rows);
  data.truth = {{"dictionary", model.dictionary}, {"bias", model.bias}, {"parents", model.parents}};
  return data;
}

}  // namespace aelab
