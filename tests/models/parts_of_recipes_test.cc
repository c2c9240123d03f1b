// What recipes say of penalties and parameters that do not suit the parts that they choose themselves.

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "aelab/models/adversarial.h"
#include "aelab/models/vae.h"
#include "aelab/models/vq_vae.h"
#include "aelab/nn/bottlenecks.h"
#include "aelab/nn/likelihoods.h"
#include "aelab/nn/penalties.h"
#include "tests/torch_support.h"

namespace aelab {
namespace {

/// A backbone that does not say which weights are the encoder's.
class UnnamedNetworks : public Backbone {
 public:
  UnnamedNetworks()
      : first_(register_parameter("first", at::ones({3, 5}))),
        second_(register_parameter("second", at::ones({5, 3}))) {}
  Tensor encode(const Tensor& x, const Step&) const override { return at::linear(x, first_); }
  Tensor decode(const Tensor& code, const Step&) const override { return at::linear(code, second_); }
  Shape code_shape() const override { return {3}; }
  std::vector<LayerOutline> layers() const override { return {}; }

 private:
  Tensor first_, second_;
};

TEST(WeightDecay, IsRefusedWhereNothingWouldDecay) {
  const UnnamedNetworks backbone;
  const auto bottleneck = Choice<Bottleneck>(DeterministicBottleneck::Config{}).make();
  const auto likelihood = Choice<Likelihood>(GaussianLikelihood::Config{}).make();
  const Parts parts{backbone, *bottleneck, *likelihood};
  const auto refusal = [&](Networks networks) {
    return message_of<FieldError>([&] { WeightDecayPenalty({.networks = networks}).check(parts); });
  };
  EXPECT_SAYS(refusal(Networks::decoder),
              "networks: the backbone does not say which weights are the decoder's");
  WeightDecayPenalty({.networks = Networks::both}).check(parts);
  Pass pass;
  pass.code = at::zeros({1, 3});
  EXPECT_EQ((WeightDecayPenalty({.networks = Networks::both}).value(pass, parts, {})).item<double>(), 15);
}

TEST(GenerativeVariants, SayWhichPenaltyDoesNotSuitTheirOwnParts) {
  VqVae::Config config;
  config.base.code = 4;
  config.base.penalties = {{ContractivePenalty::Config{}}};
  EXPECT_SAYS(message_of<FieldError>([&] { VqVae(config, Context(Shape{5})); }),
              "penalties[0]: its codes have no Jacobian");
}

TEST(Adversarial, CountsTheDiscriminatorsParametersApart) {
  const auto model = std::make_shared<Adversarial>(Adversarial::Config{}, Context(Shape{5}));
  std::int64_t discriminator = 0;
  for (const auto& item : model->named_parameters())
    if (item.key().starts_with("discriminator")) discriminator += item.value().numel();
  ASSERT_GT(discriminator, 0);
  EXPECT_EQ(own_parameter_count(*model), parameter_count(*model) - discriminator);
  const auto plain = std::make_shared<Vae>(Vae::Config{}, Context(Shape{5}));
  EXPECT_EQ(own_parameter_count(*plain), parameter_count(*plain));
}

}  // namespace
}  // namespace aelab
