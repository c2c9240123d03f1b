#pragma once

#include "aelab/evaluation/sampler.h"

namespace aelab {

/// The model's own prior, for models that have one; nothing is fitted.
class PriorSampler : public Sampler {
 public:
  struct Config {
    static constexpr std::string_view kind = "prior";
    static constexpr std::string_view summary = "the model's own prior";
    static constexpr std::string_view also_known_as[] = {"standard-normal"};
    void fields(Fields&) {}
    static std::vector<Config> examples() { return {{}}; }
  };

  explicit PriorSampler(const Config&) {}
  std::string unsuited(const Autoencoder& model) const override;
  Tensor log_density(const Tensor& codes) const override;
  Tensor draw(std::int64_t count, std::int64_t seed) const override;
  NamedTensors state() const override { return {}; }
  void load(const Autoencoder& model, const NamedTensors&) override { fit(model, {}, 0); }

 protected:
  void fit_codes(const Autoencoder& model, const Tensor&, std::int64_t) override { model_ = &model; }

 private:
  const Autoencoder* model_ = nullptr;
};

}  // namespace aelab
