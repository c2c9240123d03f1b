#pragma once

#include <array>
#include <mutex>

#include "aelab/data/transform.h"
#include "aelab/nn/capability.h"

namespace aelab {

/// Maps values linearly, by default those of the training split to [0, 1]: the columns of a table each by
/// their own range, as scikit-learn's MinMaxScaler does, and pictures by the range of all values.
class ScaleTransform : public Transform {
 public:
  struct Config {
    static constexpr std::string_view kind = "scale";
    static constexpr std::string_view summary = "values mapped linearly to a range, by default [0, 1]";
    static constexpr std::string_view also_known_as[] = {"minmax",  "min-max",         "min-max-scaler",
                                                         "rescale", "normalize-range", "to-tensor"};
    std::optional<std::vector<double>> from = {};
    std::vector<double> to = {0, 1};
    std::optional<bool> by_feature = {};  ///< unset: true for rows [features], false for all others
    bool clip = false;

    void fields(Fields& f);
    static std::vector<Config> examples();
  };

  explicit ScaleTransform(const Config& config) : config_(config) {}
  Bounds values(const Bounds& input) const override;
  void fit(const Dataset& train) override;
  Tensor apply(Tensor x, const Draws& draws) const override;
  bool invertible() const override { return true; }
  Tensor invert(const Tensor& y, const Shape& input) const override;
  bool keeps_features() const override { return true; }
  std::vector<std::pair<std::string, Tensor*>> fitted() override;

 private:
  Config config_;
  Tensor least_, most_;  // [...shape] by feature, else []
};

enum class Over { feature, all, row, channel };
std::span<const std::string_view> names(Over);

/// Mean 0 and standard deviation 1. Missing cells, NaN, stay as they are, and have no part in either.
class StandardizeTransform : public Transform {
 public:
  struct Config {
    static constexpr std::string_view kind = "standardize";
    static constexpr std::string_view summary = "mean 0 and standard deviation 1";
    static constexpr std::string_view also_known_as[] = {"normalize", "normalise", "standardise",
                                                         "z-score",   "standard",  "standard-scaler"};
    /// Unset: over channels for rows [channels, length], and over features for all others.
    std::optional<Over> over = {};

    void fields(Fields& f);
    static constexpr std::string_view capabilities[] = {capability::takes_missing};
    static std::vector<Config> examples() {
      return {{}, {.over = Over::all}, {.over = Over::row}, {.over = Over::channel}};
    }
  };

  explicit StandardizeTransform(const Config& config) : over_(config.over) {}
  void fit(const Dataset& train) override;
  Tensor apply(Tensor x, const Draws& draws) const override;
  bool invertible() const override { return over_ != Over::row; }
  Tensor invert(const Tensor& y, const Shape& input) const override;
  bool keeps_features() const override { return true; }
  std::vector<std::pair<std::string, Tensor*>> fitted() override;

 private:
  std::optional<Over> over_;
  Tensor mean_, deviation_;  // [...shape] by feature, [channels, 1, ...], [] over all, undefined by row
};

enum class Binarization { threshold, fixed, dynamic };
std::span<const std::string_view> names(Binarization);

/// Values 0 and 1, of which a Bernoulli distribution is a likelihood. By a threshold, or by a draw in which a
/// value of the input, in [0, 1], is the probability of a 1: drawn once ("static"; Salakhutdinov & Murray
/// 2008), or in training anew in each pass over the rows ("dynamic"; Burda, Grosse & Salakhutdinov 2016).
/// Draws that are made once are functions of this config's `seed` and of a row's place in the stored set:
/// runs of any seed have the same data, and the validation and test rows are the same in each epoch,
/// whichever of the two is chosen.
class BinarizeTransform : public Transform {
 public:
  struct Config {
    static constexpr std::string_view kind = "binarize";
    static constexpr std::string_view summary = "values 0 and 1, by a threshold or by random draws";
    static constexpr std::string_view also_known_as[] = {"threshold", "binary", "binarizer", "bernoulli",
                                                         "stochastic"};
    Binarization how = Binarization::threshold;
    std::optional<double> threshold = {};  ///< unset: 0.5
    std::int64_t seed = 0;

    void fields(Fields& f);
    static std::vector<Config> examples();
  };

  explicit BinarizeTransform(const Config& config) : config_(config) {}
  Bounds values(const Bounds&) const override { return between(0, 1); }
  /// Throws an Error if values are to be probabilities and lie outside [0, 1].
  void fit(const Dataset& train) override;
  bool keeps_features() const override { return true; }
  /// Where values are probabilities, those beyond [0, 1] count as the nearer end. NaN stays NaN.
  Tensor apply(Tensor x, const Draws& draws) const override;

 private:
  Config config_;
};

/// Rows of any shape as rows [features].
class FlattenTransform : public Transform {
 public:
  struct Config {
    static constexpr std::string_view kind = "flatten";
    static constexpr std::string_view summary = "each row as one vector of features";
    static constexpr std::string_view also_known_as[] = {"reshape", "view"};
    static constexpr std::string_view capabilities[] = {capability::takes_missing};
    void fields(Fields&) {}
    static std::vector<Config> examples() { return {{}}; }
  };

  explicit FlattenTransform(const Config&) {}
  Shape shape(const Shape& input) const override { return {elements(input)}; }
  Bounds values(const Bounds& input) const override { return input; }
  Tensor apply(Tensor x, const Draws& draws) const override;
  bool invertible() const override { return true; }
  Tensor invert(const Tensor& y, const Shape& input) const override;
  bool keeps_features() const override { return true; }
};

/// A part of each picture: its center or, where asked for and in training alone, at a random place.
class CropTransform : public Transform {
 public:
  struct Config {
    static constexpr std::string_view kind = "crop";
    static constexpr std::string_view summary =
        "the center of each image, or a random part of it in training";
    static constexpr std::string_view also_known_as[] = {"center-crop", "random-crop", "random-resized-crop"};
    std::int64_t height = 0, width = 0, padding = 0;
    bool random = false;

    void fields(Fields& f);
    static std::vector<Config> examples() {
      return {{.height = 6, .width = 5}, {.height = 8, .width = 8, .padding = 2, .random = true}};
    }
  };

  explicit CropTransform(const Config& config) : config_(config) {}
  Shape shape(const Shape& input) const override;
  Bounds values(const Bounds& input) const override;
  Tensor apply(Tensor x, const Draws& draws) const override;

 private:
  Config config_;
};

enum class FlipAxis { horizontal, vertical };
std::span<const std::string_view> names(FlipAxis);

/// Mirrors some of the pictures in training, as augmentation.
class FlipTransform : public Transform {
 public:
  struct Config {
    static constexpr std::string_view kind = "flip";
    static constexpr std::string_view summary = "random flips of images (training only)";
    static constexpr std::string_view also_known_as[] = {"random-flip", "mirror", "random-horizontal-flip",
                                                         "horizontal-flip", "random-vertical-flip"};
    FlipAxis axis = FlipAxis::horizontal;
    double chance = 0.5;

    void fields(Fields& f);
    static std::vector<Config> examples() { return {{}, {.axis = FlipAxis::vertical, .chance = 1}}; }
  };

  explicit FlipTransform(const Config& config) : config_(config) {}
  Shape shape(const Shape& input) const override;
  Bounds values(const Bounds& input) const override { return input; }
  Tensor apply(Tensor x, const Draws& draws) const override;
  bool invertible() const override { return true; }  // outside training nothing is mirrored
  Tensor invert(const Tensor& y, const Shape&) const override { return y; }
  bool keeps_features() const override { return true; }

 private:
  Config config_;
};

enum class Whitening { pca, zca };
std::span<const std::string_view> names(Whitening);

/// Uncorrelated features of variance 1, by the principal components of the training split. PCA gives the
/// coordinates along the components, [components]; ZCA rotates them back (Bell, Sejnowski 1997), so that
/// pictures stay pictures. The inverse is the Moore-Penrose one: where fewer components are kept than there
/// are features, it gives the input's projection onto them.
class WhitenTransform : public Transform {
 public:
  struct Config {
    static constexpr std::string_view kind = "whiten";
    static constexpr std::string_view summary = "uncorrelated features of variance 1, by PCA or ZCA";
    static constexpr std::string_view also_known_as[] = {"zca", "pca-whitening", "zca-whitening",
                                                         "decorrelate"};
    Whitening method = Whitening::zca;
    std::optional<std::int64_t> components = {};
    double epsilon = 1e-5;

    void fields(Fields& f);
    static std::vector<Config> examples() { return {{}, {.method = Whitening::pca, .components = 10}}; }
  };

  explicit WhitenTransform(const Config& config) : config_(config) {}
  Shape shape(const Shape& input) const override;
  void fit(const Dataset& train) override;
  Tensor apply(Tensor x, const Draws& draws) const override;
  bool invertible() const override { return true; }
  Tensor invert(const Tensor& y, const Shape& input) const override;
  std::vector<std::pair<std::string, Tensor*>> fitted() override;

 private:
  Config config_;
  Tensor mean_;    // [features]
  Tensor matrix_;  // [features, out]
  mutable std::once_flag inverted_;
  mutable Tensor inverse_;  // [out, features], made when it is asked for
};

}  // namespace aelab
