#pragma once

#include "aelab/data/source.h"

namespace aelab {

/// Rows drawn from a distribution.
struct Drawn {
  Tensor inputs;                        ///< [rows, ...]
  Tensor labels = {};                   ///< [rows], or undefined
  std::map<std::string, Tensor> truth;  ///< the ground truth; see Data::truth
};

/// A distribution with known ground truth.
class Distribution {
 public:
  static Registry<Distribution>& registry();
  virtual ~Distribution() = default;
  /// `rows` for training and `test_rows` for the test: by default those of draw(), which rest in memory.
  virtual Data open(std::int64_t rows, std::int64_t test_rows, std::int64_t seed) const;

 protected:
  virtual Drawn draw(std::int64_t rows, at::Generator random) const;
};

/// Rows drawn from a distribution with known ground truth: Data::truth.
class Synthetic : public Source {
 public:
  struct Config {
    static constexpr std::string_view kind = "synthetic";
    static constexpr std::string_view summary = "rows drawn from a distribution with known ground truth";
    Choice<Distribution> of = {};
    std::int64_t rows = 1000, test_rows = 0, seed = 0;

    void fields(Fields& f);
    static std::vector<Config> examples();
  };

  explicit Synthetic(const Config& config) : config_(config) {}
  Data open() const override;

 private:
  Config config_;
};

/// Sums of a few atoms out of a dictionary of unit vectors with normal directions, each atom equally likely.
/// Truth: "dictionary" [atoms, features], "codes" [rows, atoms]: the atoms' weights, uniform in [0.5, 1.5],
/// with random signs where asked for.
class SparseDictionary : public Distribution {
 public:
  struct Config {
    static constexpr std::string_view kind = "sparse-dictionary";
    static constexpr std::string_view summary = "sums of a few atoms out of a dictionary";
    std::int64_t features = 64, atoms = 128, active = 4;
    bool is_signed = false;
    double noise = 0;

    void fields(Fields& f);
    static std::vector<Config> examples() { return {{.features = 10, .atoms = 16, .active = 2}}; }
  };

  explicit SparseDictionary(const Config& config) : config_(config) {}

 protected:
  Drawn draw(std::int64_t rows, at::Generator random) const override;

 private:
  Config config_;
};

enum class Surface { swiss_roll, s_curve, sphere, torus, helix };
std::span<const std::string_view> names(Surface);

/// Points of a curved surface (the helix: a curve), turned into a space of more dimensions. Swiss roll and
/// S curve as scikit-learn makes them, the swiss roll at a tenth of the size; the sphere's radius is 1, the
/// torus' radii are 1 and 0.4. Truth: "position" [rows, 2 or 1], the coordinates on the surface; "embedding"
/// [3, features].
class Manifold : public Distribution {
 public:
  struct Config {
    static constexpr std::string_view kind = "manifold";
    static constexpr std::string_view summary = "points of a swiss roll, S curve, sphere, torus or helix";
    Surface surface = Surface::swiss_roll;
    std::int64_t features = 3;
    double noise = 0;

    void fields(Fields& f);
    static std::vector<Config> examples() {
      return {{}, {.surface = Surface::torus, .features = 10, .noise = 0.01}};
    }
  };

  explicit Manifold(const Config& config) : config_(config) {}

 protected:
  Drawn draw(std::int64_t rows, at::Generator random) const override;

 private:
  Config config_;
};

/// Bits, each 0 or 1 with the same chance; the label says whether the number of ones is odd. Truth: "bits"
/// [rows, bits], without the noise.
class Xor : public Distribution {
 public:
  struct Config {
    static constexpr std::string_view kind = "xor";
    static constexpr std::string_view summary = "random bits, labeled by their exclusive or";
    std::int64_t bits = 2;
    double noise = 0;

    void fields(Fields& f);
    static std::vector<Config> examples() { return {{}, {.bits = 5, .noise = 0.1}}; }
  };

  explicit Xor(const Config& config) : config_(config) {}

 protected:
  Drawn draw(std::int64_t rows, at::Generator random) const override;

 private:
  Config config_;
};

}  // namespace aelab
