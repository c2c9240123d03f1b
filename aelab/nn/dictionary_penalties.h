#pragma once

#include "aelab/nn/parts.h"

namespace aelab {

/// Throws a FieldError of the backbone, for the penalty `kind`, unless its decoder is linear in the code.
void require_dictionary(const Parts& parts, std::string_view kind);

/// Lists the weight of a penalty of dictionaries, and the number of rows after which an element is dead.
void term_weight_field(Fields& f, Schedule& weight);
void dead_after_field(Fields& f, std::int64_t& dead_after);

/// sum_j (|code_j| |d_j|)^power, where d_j is the vector of the dictionary that code_j is a factor of: no
/// code is cheaper for longer vectors (Conerly et al. 2024). Of vectors of several blocks, |d_j| is the sum
/// of the blocks' norms (Lindsey et al. 2024, "Sparse crosscoders"), so that a latent may be of some of them.
/// Powers that fall from 1 to less approach the number of elements (Karvonen et al. 2024, p-annealing). Of
/// gated codes, the positive part of the gate takes the code's place (Rajamanoharan et al. 2024, "Improving
/// dictionary learning").
class WeightedL1Penalty : public Penalty {
 public:
  struct Config {
    static constexpr std::string_view kind = "weighted-l1";
    static constexpr std::string_view summary =
        "the sum of the code's absolute values times the norms of their vectors, to a power";
    static constexpr std::string_view also_known_as[] = {"decoder-weighted-l1", "p-annealing"};
    static constexpr std::string_view capabilities[] = {capability::needs_dictionary};
    Schedule weight = 1e-3;
    Schedule power = 1.0;

    void fields(Fields& f);
    static std::vector<Config> examples() { return {{.weight = 0.01}, {.weight = 0.01, .power = 0.5}}; }
  };

  explicit WeightedL1Penalty(const Config& config) : config_(config) {}
  void check(const Parts& parts) const override;
  Tensor value(const Pass& pass, const Parts& parts, const Step& step) const override;
  const Schedule& weight() const override { return config_.weight; }
  bool sparsifies() const override { return true; }

 private:
  Config config_;
};

/// What the error of the reconstruction by dead elements is divided by.
enum class ErrorUnit {
  one,       ///< nothing
  variance,  ///< the variance of the residual over the batch, summed over features
  energy,    ///< each row's squared residual
};
std::span<const std::string_view> names(ErrorUnit);

/// AuxK (Gao et al. 2024, appendix A.2): the elements that have been zero in so many training rows, which no
/// gradient reaches, learn to reconstruct what the others leave: |e - z D|^2, where e is the residual, target
/// - mean, without a gradient, and z are each row's k largest pre-codes of dead elements. 0 while none is
/// dead. Rows are counted in all batches, whatever their size. With levels, it is the sum over nested first
/// elements of the code: what those up to a level leave is for its own dead elements, those from the level
/// before on.
class AuxKPenalty : public Penalty {
 public:
  struct Config {
    static constexpr std::string_view kind = "aux-k";
    static constexpr std::string_view summary =
        "dead elements of the code reconstruct the residual of the others, to revive them";
    static constexpr std::string_view also_known_as[] = {"auxk", "aux_k"};
    static constexpr std::string_view capabilities[] = {capability::needs_dictionary};
    Schedule weight = 1.0 / 32;
    std::optional<std::int64_t> k = {};
    std::int64_t dead_after = 10'000'000;
    ErrorUnit unit = ErrorUnit::variance;
    bool rectified = true;
    bool by_share = false;
    bool trains_bias = false;
    std::vector<std::int64_t> levels = {};

    void fields(Fields& f);
    static std::vector<Config> examples() {
      return {{.k = 2, .dead_after = 20},
              {.dead_after = 20, .unit = ErrorUnit::one, .rectified = false, .by_share = true},
              {.k = 3, .dead_after = 20, .unit = ErrorUnit::energy},
              {.k = 2, .dead_after = 20, .by_share = true, .levels = {1, 4}}};
    }
  };

  explicit AuxKPenalty(const Config& config) : config_(config) {}
  /// Throws a FieldError if the code is narrower than a level.
  void build(const Shape& code) override;
  void check(const Parts& parts) const override;
  Tensor value(const Pass& pass, const Parts& parts, const Step& step) const override;
  const Schedule& weight() const override { return config_.weight; }
  std::optional<std::int64_t> dead_after() const override { return config_.dead_after; }
  Additivity additivity() const override {
    return config_.unit == ErrorUnit::variance ? Additivity::batch : Additivity::rows;
  }

 private:
  Config config_;

  /// The error of the reconstruction of a residual [batch, features] by these dead elements, at most k a row,
  /// [batch] or []; undefined if none is dead, where that is known.
  Tensor error(const Pass& pass, const Parts& parts, const Tensor& dead, const Tensor& residual,
               const Step& step) const;
  /// The reconstruction of the residual; undefined in the same case.
  Tensor by_dead(const Pass& pass, const Parts& parts, const Tensor& dead, std::int64_t k,
                 const Step& step) const;
};

/// The reconstruction terms of the first elements of the code alone, one for each width, of which codes whose
/// elements are in an order of importance have (Bussmann et al. 2025, "Matryoshka sparse autoencoders"): the
/// sum of the likelihood's costs with the other elements set to zero. The whole code has its own term, that
/// of the model. Of codes with channels, the first channels.
class MatryoshkaPenalty : public Penalty {
 public:
  struct Config {
    static constexpr std::string_view kind = "matryoshka";
    static constexpr std::string_view summary = "reconstruction by the first elements of the code alone";
    static constexpr std::string_view also_known_as[] = {"nested", "nested-dropout"};
    Schedule weight = 1.0;
    std::vector<std::int64_t> widths = {1};

    void fields(Fields& f);
    static std::vector<Config> examples() { return {{}, {.weight = 0.5, .widths = {0, 1}}}; }
  };

  explicit MatryoshkaPenalty(const Config& config) : config_(config) {}
  /// States what the field "widths" must be: at least one number, each larger than the one before.
  static void require_nested(Fields& f, const std::vector<std::int64_t>& widths);
  /// Throws a FieldError if the code is narrower than a width.
  void build(const Shape& code) override;
  Tensor value(const Pass& pass, const Parts& parts, const Step& step) const override;
  const Schedule& weight() const override { return config_.weight; }
  Bounds range() const override { return {}; }

 private:
  Config config_;
};

}  // namespace aelab
