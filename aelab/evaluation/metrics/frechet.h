#pragma once

#include "aelab/evaluation/decoded_samples.h"
#include "aelab/evaluation/metric.h"

namespace aelab {

/// The Frechet distance between samples and evaluated rows, in the features of a trained model that is named:
/// its codes, which of the variant `supervised` are the features of a classifier's last layer. Beside it the
/// floor, the distance of training rows from the evaluated rows, and the distance of reconstructions; all of
/// the same numbers of rows, as the distance depends on these. Not the FID, whose features are those of an
/// Inception network.
///
/// Not applicable to models whose decoder no longer belongs to the encoder, where no codes can be drawn, and
/// to fewer than two rows.
class Frechet : public Metric {
 public:
  struct Config {
    static constexpr std::string_view kind = "frechet";
    static constexpr std::string_view summary =
        "Frechet distance between samples and rows in the features of a named model";
    static constexpr std::string_view also_known_as[] = {"frechet-distance", "frechet-inception-distance",
                                                         "fd", "fid"};
    std::string features = "";
    SamplesConfig samples = {};
    std::int64_t rows = 10'000;
    std::int64_t seed = 0;

    void fields(Fields& f);
    static std::vector<Config> examples() { return {{.features = "runs/classifier/1", .rows = 30}}; }
  };

  explicit Frechet(const Config& config) : config_(config) {}
  std::vector<Measure> measures() const override;
  bool needs_reconstruction() const override { return true; }
  std::string features() const override { return config_.features; }
  void use(std::shared_ptr<const Features> features) override { features_ = std::move(features); }
  void begin(const Autoencoder& model, const Split& data) override;
  void add(const Observation& observation) override;
  std::vector<std::optional<double>> values() const override;
  std::vector<std::string> cautions() const override;

 private:
  Config config_;
  std::shared_ptr<const Features> features_;
  bool applies_ = true;  // the model reconstructs the rows
  Dataset train_;
  DecodedSamples samples_;
  std::vector<Tensor> targets_, reconstructions_;  // of the first rows, on the CPU
  std::vector<Tensor> labels_;                     // theirs
  std::int64_t rows_ = 0;
  mutable std::string remark_;  // of values()

  Tensor training_rows(std::int64_t count) const;
};

}  // namespace aelab
