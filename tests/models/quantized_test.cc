// Variants with codes from finite sets, and Gaussian ones with flows.

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "aelab/models/fsq.h"
#include "aelab/models/iwae.h"
#include "aelab/models/vae.h"
#include "aelab/models/vq_vae.h"
#include "aelab/nn/convolutional_backbone.h"
#include "aelab/nn/dense_backbone.h"
#include "aelab/nn/flow_prior.h"
#include "aelab/nn/likelihoods.h"
#include "aelab/nn/posteriors.h"
#include "aelab/nn/priors.h"
#include "tests/torch_support.h"

namespace aelab {
namespace {

Pass passed(const Autoencoder& model, Terms& terms, std::int64_t rows = 6) {
  auto random = fixed_generator(2);
  at::DimVector shape = {rows};
  shape.append(model.input_shape().begin(), model.input_shape().end());
  const Batch batch{
      .inputs = at::empty(shape).uniform_(0, 1, random), .labels = {}, .rows = at::arange(rows)};
  Pass pass;
  terms = model.loss(batch, Step{.seed = 4, .training = true, .rows = batch.rows}, pass);
  return pass;
}

TEST(VqVae, TakesTablesAndImagesWithoutFurtherWords) {
  for (const Shape& input : {Shape{37}, Shape{1, 28, 28}, Shape{3, 8, 8}}) {
    const VqVae model({}, Context(input));
    EXPECT_EQ(model.code_shape(), Shape{64});
    Terms terms;
    const auto pass = passed(model, terms);
    EXPECT_EQ(pass.extras.at("indices").sizes(), (at::IntArrayRef{6, 16}));
    // Its objective is the reconstruction and the commitment, in units of a row.
    const auto distance = (pass.pre_code - pass.code).square().sum(1).mean();
    const auto reconstruction = model.parts().likelihood.negative_log(pass.output, pass.target).mean();
    EXPECT_NEAR(terms.total().item<double>(), (reconstruction + 0.25 * distance).item<double>(), 1e-3);
  }
  const VqVae of_maps({.base = {.backbone = ConvolutionalBackbone::Config{}}, .quantizer = {.codes = 9}},
                      Context(Shape{1, 28, 28}));
  Terms terms;
  EXPECT_EQ(passed(of_maps, terms).extras.at("indices").sizes(), (at::IntArrayRef{6, 16}));  // 8x4x4
}

TEST(Fsq, TakesTablesAndImagesWithoutFurtherWords) {
  for (const Shape& input : {Shape{37}, Shape{1, 28, 28}}) {
    const Fsq model({}, Context(input));
    EXPECT_EQ(model.code_shape(), Shape{64});
    Terms terms;
    const auto pass = passed(model, terms);
    EXPECT_EQ(pass.extras.at("indices").sizes(), (at::IntArrayRef{6, 16}));
    ASSERT_EQ(terms.all().size(), 1U);  // no auxiliary loss
    EXPECT_EQ(terms.all().front().name, kReconstruction);
  }
  EXPECT_SAYS(message_of<FieldError>([] { Fsq({.base = {.code = 6}}, Context(Shape{37})); }),
              "levels: vectors of 4 values do not make up the 6 features of the code");
}

Choice<Posterior> small_flow() {
  return InverseAutoregressivePosterior::Config{.flow = {.layers = 2, .hidden = {6}}};
}

TEST(Vae, HasTheDivergenceOfAFlowAsItsTerm) {
  Vae model({.base = {.code = 3},
             .latent = {.prior = FlowPrior::Config{.flow = {.layers = 2, .hidden = {6}}},
                        .posterior = small_flow()}},
            Context(Shape{5}, /*model_seed=*/1));
  shake(model);
  Terms terms;
  const auto pass = passed(model, terms);
  const auto& bottleneck = model.parts().bottleneck;
  const auto expected = bottleneck.log_density(pass.code, pass.pre_code) - bottleneck.log_prior(pass.code);
  EXPECT_EQ(pass.pre_code.size(1), 9);
  EXPECT_TRUE(at::allclose(terms.all()[1].rows, expected, 1e-4, 1e-4));
}

TEST(Vae, RefusesWhatFlowsDoNotHave) {
  const auto refusal = [](Vae::Config config) {
    config.base.code = 3;
    return message_of<FieldError>([&] { Vae(config, Context(Shape{5})); });
  };
  EXPECT_SAYS(refusal({.latent = {.free_bits = 1, .posterior = small_flow()}}),
              "free_bits: needs the KL divergence of each dimension in closed form");
  EXPECT_SAYS(refusal({.latent = {.free_bits = 1, .prior = FlowPrior::Config{}}}),
              "free_bits: needs the KL divergence of each dimension in closed form");
  EXPECT_SAYS(refusal({.latent = {.prior = VampPrior::Config{}, .posterior = small_flow()}}),
              "prior: vamp needs an encoder of Gaussian codes: choose the posterior \"diagonal\"");
  EXPECT_SAYS(message_of<FieldError>([] {
                Iwae({.base = {.code = 3}, .doubly_reparameterized = true, .posterior = small_flow()},
                     Context(Shape{5}));
              }),
              "posterior: inverse-autoregressive has a density whose gradient by the codes alone is not at "
              "hand");
}

}  // namespace
}  // namespace aelab
