#pragma once

#include "aelab/nn/parts.h"

namespace aelab {

enum class MmdKernel { inverse_multiquadratic, rbf };
std::span<const std::string_view> names(MmdKernel);

/// k(x, y), summed over the scales s: C / (C + |x - y|^2) or exp(-|x - y|^2 / C), where C = 2 d deviation^2 s
/// for d dimensions: 2 d deviation^2 is the mean of |x - y|^2 under N(0, deviation^2 I). x [n, d], y [m, d]
/// -> [n, m].
Tensor mmd_kernel(MmdKernel kind, const Tensor& x, const Tensor& y, double deviation,
                  const std::vector<double>& scales);

/// The squared maximum mean discrepancy between two samples by the unbiased estimate (Gretton et al. 2012,
/// equation 3), []: it may be negative. 0 if a sample has a single row. x [n, d], y [m, d].
Tensor squared_mmd(MmdKernel kind, const Tensor& x, const Tensor& y, double deviation,
                   const std::vector<double>& scales);

/// The squared maximum mean discrepancy between the batch's codes and as many drawn from N(0, deviation^2 I)
/// (Tolstikhin et al. 2018, algorithm 2; Zhao, Song & Ermon 2019).
class MmdPenalty : public Penalty {
 public:
  struct Config {
    static constexpr std::string_view kind = "mmd";
    static constexpr std::string_view summary =
        "the maximum mean discrepancy between the codes and a normal distribution";
    static constexpr std::string_view also_known_as[] = {"maximum-mean-discrepancy", "wae-mmd"};
    Schedule weight = 10.0;
    MmdKernel kernel = MmdKernel::inverse_multiquadratic;
    std::vector<double> scales = {.1, .2, .5, 1, 2, 5, 10};
    double deviation = 1;

    void fields(Fields& f);
    /// All fields but the weight, for variants whose own fields set that.
    void fields_beside_weight(Fields& f);
    static std::vector<Config> examples() {
      return {{}, {.weight = 2, .kernel = MmdKernel::rbf, .scales = {1}, .deviation = 2}};
    }
  };

  explicit MmdPenalty(const Config& config) : config_(config) {}
  Tensor value(const Pass& pass, const Parts& parts, const Step& step) const override;
  const Schedule& weight() const override { return config_.weight; }
  Additivity additivity() const override { return Additivity::batch; }
  Bounds range() const override { return {}; }

 private:
  Config config_;
};

}  // namespace aelab
