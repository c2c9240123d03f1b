#pragma once

#include "aelab/classifiers/logistic_regression.h"
#include "aelab/evaluation/seen_classes.h"

namespace aelab {

/// Accuracy of a classifier on the codes and, on request, on the inputs: a baseline that does not depend on
/// the model, and takes most of the time on images. It is fitted to the training split; the weight C of its
/// errors, if it has one, is chosen by the accuracy on the validation split (the smallest of equally good
/// ones); the accuracy is measured on the evaluated split, which is not used for fitting or choosing. Not
/// applicable without labels, to training or evaluated rows of one class, and to codes with NaN or infinite
/// values.
class Probe : public Metric {
 public:
  struct Config {
    static constexpr std::string_view kind = "probe";
    static constexpr std::string_view summary = "accuracy of a classifier fitted to the codes";
    static constexpr std::string_view capabilities[] = {capability::takes_missing};
    Choice<Classifier> classifier = LogisticRegression::Config{};
    std::int64_t rows = 10'000;
    std::optional<std::vector<double>> strengths = {};
    bool pixels = false;

    void fields(Fields& f);
    static std::vector<Config> examples() {
      return {{.rows = 100, .strengths = {{0.01, 1}}, .pixels = true}};
    }
  };

  explicit Probe(const Config& config) : config_(config) {}
  std::vector<Measure> measures() const override;
  bool predicts_classes() const override { return true; }
  void check(const Split& data) const override;
  void begin(const Autoencoder& model, const Split& data) override;
  void add(const Observation& observation) override;
  std::vector<std::optional<double>> values() const override;

 private:
  /// Features [rows, features] of a batch's rows.
  using Features = std::function<Tensor(const Batch& batch)>;
  /// A classifier of one kind of features, and its results.
  struct Contender {
    std::shared_ptr<Classifier> classifier = {};
    std::optional<double> validation_accuracy = {};
    std::int64_t right = 0;
  };

  Config config_;
  Contender by_code_, by_pixels_;
  std::int64_t rows_ = 0;
  SeenClasses classes_, validation_classes_;

  std::vector<double> strengths() const;
  Contender fitted(const Split& data, const Features& features) const;
};

}  // namespace aelab
