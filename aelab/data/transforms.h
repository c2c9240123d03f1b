#pragma once

#include <array>

#include "aelab/data/transform.h"

namespace aelab {

/// Maps values linearly, by default those of the training part to [0, 1].
class ScaleTransform : public Transform {
 public:
  struct Config {
    static constexpr std::string_view kind = "scale";
    static constexpr std::string_view summary = "values mapped linearly to a range";
    std::optional<std::vector<double>> from = {};
    std::vector<double> to = {0, 1};
    bool by_feature = false;
    bool clip = false;

    void fields(Fields& f);
    static std::vector<Config> examples();
  };

  explicit ScaleTransform(const Config& config) : config_(config) {}
  void fit(const Dataset& train) override;
  Tensor apply(Tensor x, const Randomness& random) const override;
  std::vector<std::pair<std::string, Tensor*>> fitted() override;

 private:
  Config config_;
  Tensor least_, most_;  // [...shape] by feature, else []
};

enum class Over { feature, all, row };
std::span<const std::string_view> names(Over);

/// Mean 0 and deviation 1.
class StandardizeTransform : public Transform {
 public:
  struct Config {
    static constexpr std::string_view kind = "standardize";
    static constexpr std::string_view summary = "mean 0 and deviation 1, by the training part or by row";
    Over over = Over::feature;

    void fields(Fields& f);
    static std::vector<Config> examples() { return {{}, {.over = Over::all}, {.over = Over::row}}; }
  };

  explicit StandardizeTransform(const Config& config) : over_(config.over) {}
  void fit(const Dataset& train) override;
  Tensor apply(Tensor x, const Randomness& random) const override;
  std::vector<std::pair<std::string, Tensor*>> fitted() override;

 private:
  Over over_;
  Tensor mean_, deviation_;  // [...shape] by feature, [] over all, undefined by row
};

/// 1 where a value is above the threshold, else 0.
class BinarizeTransform : public Transform {
 public:
  struct Config {
    static constexpr std::string_view kind = "binarize";
    static constexpr std::string_view summary = "1 above a threshold, 0 elsewhere";
    double threshold = 0.5;

    void fields(Fields& f) { f("threshold", threshold, "values above it become 1"); }
    static std::vector<Config> examples() { return {{}, {.threshold = 0.2}}; }
  };

  explicit BinarizeTransform(const Config& config) : threshold_(config.threshold) {}
  Tensor apply(Tensor x, const Randomness& random) const override;

 private:
  double threshold_;
};

/// One list of numbers a row.
class FlattenTransform : public Transform {
 public:
  struct Config {
    static constexpr std::string_view kind = "flatten";
    static constexpr std::string_view summary = "each row one list of numbers";
    void fields(Fields&) {}
    static std::vector<Config> examples() { return {{}}; }
  };

  explicit FlattenTransform(const Config&) {}
  Shape shape(const Shape& input) const override { return {elements(input)}; }
  Tensor apply(Tensor x, const Randomness& random) const override;
};

/// A part of each picture: its middle or, where asked for and in training alone, anywhere in it.
class CropTransform : public Transform {
 public:
  struct Config {
    static constexpr std::string_view kind = "crop";
    static constexpr std::string_view summary =
        "the middle of each picture; in training anywhere, if asked for";
    std::int64_t height = 0, width = 0, padding = 0;
    bool random = false;

    void fields(Fields& f);
    static std::vector<Config> examples() {
      return {{.height = 6, .width = 5}, {.height = 8, .width = 8, .padding = 2, .random = true}};
    }
  };

  explicit CropTransform(const Config& config) : config_(config) {}
  Shape shape(const Shape& input) const override;
  Tensor apply(Tensor x, const Randomness& random) const override;

 private:
  Config config_;
};

enum class FlipAxis { horizontal, vertical };
std::span<const std::string_view> names(FlipAxis);

/// Mirrors some of the pictures that are trained on.
class FlipTransform : public Transform {
 public:
  struct Config {
    static constexpr std::string_view kind = "flip";
    static constexpr std::string_view summary = "pictures mirrored at random, in training alone";
    FlipAxis axis = FlipAxis::horizontal;
    double chance = 0.5;

    void fields(Fields& f);
    static std::vector<Config> examples() { return {{}, {.axis = FlipAxis::vertical, .chance = 1}}; }
  };

  explicit FlipTransform(const Config& config) : config_(config) {}
  Shape shape(const Shape& input) const override;
  Tensor apply(Tensor x, const Randomness& random) const override;

 private:
  Config config_;
};

enum class Whitening { pca, zca };
std::span<const std::string_view> names(Whitening);

/// Features without covariance and of variance 1, by the principal components of the training part. PCA gives
/// the components' coordinates, [components]; ZCA turns them back (Bell, Sejnowski 1997), so that pictures
/// stay pictures.
class WhitenTransform : public Transform {
 public:
  struct Config {
    static constexpr std::string_view kind = "whiten";
    static constexpr std::string_view summary =
        "features without covariance, by PCA or ZCA of the training part";
    Whitening method = Whitening::zca;
    std::optional<std::int64_t> components = {};
    double epsilon = 1e-5;

    void fields(Fields& f);
    static std::vector<Config> examples() { return {{}, {.method = Whitening::pca, .components = 10}}; }
  };

  explicit WhitenTransform(const Config& config) : config_(config) {}
  Shape shape(const Shape& input) const override;
  void fit(const Dataset& train) override;
  Tensor apply(Tensor x, const Randomness& random) const override;
  std::vector<std::pair<std::string, Tensor*>> fitted() override;

 private:
  Config config_;
  Tensor mean_;    // [features]
  Tensor matrix_;  // [features, out]
};

}  // namespace aelab
