#pragma once

#include "aelab/evaluation/seen_classes.h"

namespace aelab {

/// The accuracy of the model's own classifier. Not applicable without labels, to rows of one class, and to
/// models without a classifier.
class Classification : public Metric {
 public:
  struct Config {
    static constexpr std::string_view kind = "classification";
    static constexpr std::string_view summary = "accuracy of the model's own classifier";
    static constexpr std::string_view capabilities[] = {capability::takes_missing};
    static constexpr std::string_view also_known_as[] = {"accuracy-score", "knn", "linear-probe", "f1"};
    void fields(Fields&) {}
    static std::vector<Config> examples() { return {{}}; }
  };

  explicit Classification(const Config&) {}
  std::vector<Measure> measures() const override;
  bool predicts_classes() const override { return true; }
  void add(const Observation& observation) override;
  std::vector<std::optional<double>> values() const override;

 private:
  std::int64_t rows_ = 0, right_ = 0;
  SeenClasses classes_;
};

}  // namespace aelab
