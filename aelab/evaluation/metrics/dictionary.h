#pragma once

#include "aelab/evaluation/feature_matches.h"
#include "aelab/evaluation/metric.h"

namespace aelab {

/// A code as the coefficients of a dictionary, whose entries are the directions that code dimensions, here
/// called latents, add to a reconstruction. A latent is active where its value is not 0. Where the features
/// that the rows were made of are known (Dataset::truth), also how latents and features correspond; a
/// latent's feature is the one of largest absolute cosine. Where rows consist of several blocks of features,
/// also how well the worst block is reconstructed, and of how many blocks latents are. Where training chooses
/// a code's latents among all rows of a batch, and use does not, also the codes that training would choose
/// among the rows that are measured together. The definitions are those of SAELens 6 (synthetic/evals.py)
/// where it has them.
///
/// Not applicable to codes from finite sets and to decoders that are not affine, which have no directions;
/// the correspondence also where the truth has another number of dimensions, and the largest cosine to fewer
/// than two latents.
class DictionaryQuality : public Metric {
 public:
  /// Latents that are active in a smaller share of rows are rare, in a larger one dense.
  static constexpr double kRare = 1e-3, kDense = 0.1;

  struct Config {
    static constexpr std::string_view kind = "dictionary";
    static constexpr std::string_view summary =
        "sparsity, use and directions of the latents of a dictionary; their match with known features";
    static constexpr std::string_view also_known_as[] = {"sae", "mcc", "sae-bench", "l0"};
    void fields(Fields&) {}
    static std::vector<Config> examples() { return {{}}; }
  };

  explicit DictionaryQuality(const Config&) {}
  std::vector<Measure> measures() const override;
  bool needs_reconstruction() const override { return true; }
  void begin(const Autoencoder& model, const Split& data) override;
  void add(const Observation& observation) override;
  std::vector<std::optional<double>> values() const override;
  /// Also where codes have more or less than a wanted number of active elements ("target_l0"), by a tenth.
  std::vector<std::string> cautions() const override;

 private:
  std::string unfit_;                      // why it is not applicable; "" if it is
  Tensor directions_;                      // [latents, features] float, of norm 1 or 0
  const Autoencoder* by_batch_ = nullptr;  // outlives this; none unless training chooses by batch
  std::optional<double> largest_cosine_, target_l0_;
  std::optional<FeatureMatches> matches_;
  std::int64_t rows_ = 0;
  Tensor active_;                     // [latents] int64, rows in which each one is
  std::vector<std::int64_t> blocks_;  // of features; none: one
  std::optional<double> relative_norm_;
  Tensor errors_;                  // [features] in float64: squared, summed over rows
  Tensor batch_errors_;            // of the codes that training would choose
  std::int64_t batch_active_ = 0;  // elements of these that are active
  Tensor origin_, sum_, squares_;  // [features] in float64: the first row; of the inputs minus it
  double cosines_ = 0, norm_ratios_ = 0;
  std::int64_t with_cosine_ = 0, with_norm_ = 0;

  void add_reconstructions(const Tensor& x, const Tensor& y);
  void add_choice_of_batch(const Observation& observation);
  /// The explained variance of these features; nothing without errors.
  std::optional<double> explained(const Tensor& errors, std::int64_t begin, std::int64_t width) const;
  std::optional<double> least_explained_block() const;
  std::vector<std::optional<double>> values_of_rows() const;
};

}  // namespace aelab
