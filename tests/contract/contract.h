#pragma once

// Every suite of this folder runs over what is registered, from the registries' own examples: a new kind is
// tested the moment it is listed. No kind is named here but the bottleneck that takes priors and posteriors.

#include <nlohmann/json.hpp>

#include "aelab/core/config.h"
#include "aelab/nn/gaussian_bottleneck.h"
#include "tests/torch_support.h"

namespace aelab {

/// Calls `test` with every example of every kind. Fails if there is none.
template <class Product, class Test>
void for_each_example(Test test) {
  const auto& kinds = Product::registry();
  EXPECT_FALSE(kinds.all().empty()) << "no " << kinds.noun() << " to test";
  for (std::size_t k = 0; k < kinds.all().size(); ++k) {
    const auto name = kinds.all()[k].name;
    const auto examples = kinds.all()[k].examples();
    EXPECT_FALSE(examples.empty()) << kinds.noun() << " " << name << " has no example to test";
    for (std::size_t i = 0; i < examples.size(); ++i) {
      Choice<Product> choice;
      choice.set(examples[i]->clone());
      std::printf("[ EXAMPLE  ] %s %s, example %zu\n", kinds.noun().c_str(), name.c_str(), i);
      SCOPED_TRACE(kinds.noun() + " " + name + ", example " + std::to_string(i) + ": " +
                   write_config(choice).dump());
      test(choice);
    }
  }
}

/// What `make` makes, or nothing if it is refused with a FieldError, which says what part of the model it is
/// about and is printed. It fails where that is not to be expected from what the parts declare. Suites count
/// what they tried.
template <class Make>
auto made_or_refused(bool expected, Make make) -> decltype(make()) {
  try {
    return make();
  } catch (const FieldError& error) {
    EXPECT_TRUE(expected) << "refused without a declared reason: " << error.what();
    std::printf("[ REFUSED  ] %s\n", error.what());
    return nullptr;
  }
}

inline const Shape kImage = {1, 8, 8};
constexpr std::int64_t kClasses = 10;
constexpr double kGradientTolerance = 1e-5;  // relative to max(1, |gradient|)

/// The shape of the inputs that a kind's examples are for.
template <class Product>
const Shape& input_of(const Choice<Product>& example) {
  return example.kinds().at(example.kind()).example_input;
}

/// The shape of the inputs of a model of these parts: of those that its likelihood's example is for, if these
/// are others than images, and otherwise its backbone's.
inline Shape input_of(const AutoencoderConfig& parts) {
  const auto& backbone = input_of(*parts.backbone);
  if (!parts.likelihood || input_of(*parts.likelihood) == Shape{1, 8, 8}) return backbone;
  return input_of(*parts.likelihood);
}

/// The shape of what a backbone's decoder gives for its example's inputs.
inline Shape target_of(const Backbone& backbone, const Choice<Backbone>& example) {
  const auto target = backbone.target_shape();
  return target.empty() ? input_of(example) : target;
}

/// A step that gives the decoder of what it reads besides the codes of rows.
inline Step step_of(const Backbone& backbone, const Tensor& x) {
  return {.condition = backbone.skip_input(x)};
}

/// A backbone for small inputs: with a code of 6, or of the shape that follows from its layers.
inline std::shared_ptr<Backbone> make_backbone(const Choice<Backbone>& choice, std::int64_t seed = 0) {
  return choice.make(BackboneContext{.input = input_of(choice), .default_code = 6, .seed = seed});
}

/// An autoencoder of the given parts, with a code of 6 where the backbone needs one.
inline std::shared_ptr<Autoencoder> make_autoencoder(AutoencoderConfig parts, std::int64_t seed = 0) {
  parts.default_code = 6;
  return std::make_shared<Autoencoder>(parts, Context(input_of(parts), seed, kClasses));
}

/// A variant for the inputs of its examples, with labels.
inline std::shared_ptr<Autoencoder> make_variant(const Choice<Autoencoder>& example, std::int64_t seed = 3) {
  return example.make(Context(input_of(example), seed, kClasses));
}

/// Some of the digits as rows of this shape: their pixels one after the other, as often as it takes.
inline Split few_digits_as(const Shape& shape, std::int64_t rows = 160) {
  const auto digits = few_digits(rows);
  if (digits.train.shape() == shape) return digits;
  const auto reshaped = [&](const Dataset& data) {
    const auto all = data.range(0, data.size());
    const auto pixels = all.inputs.flatten(1);
    const auto size = elements(shape);
    const auto times = (size + pixels.size(1) - 1) / pixels.size(1);
    auto sizes = shape;
    sizes.insert(sizes.begin(), data.size());
    return Dataset::from_tensors(pixels.repeat({1, times}).narrow(1, 0, size).reshape(sizes), all.labels);
  };
  return {reshaped(digits.train), reshaped(digits.validation), reshaped(digits.test)};
}

/// The first example of the first kind.
template <class Product>
Choice<Product> any() {
  Choice<Product> choice;
  choice.set(Product::registry().all().front().examples().front()->clone());
  return choice;
}

/// Whether it is the first example of its kind, and whether that is the first kind.
template <class Product>
bool is_first_of_kind(const Choice<Product>& example) {
  Choice<Product> first;
  first.set(example.kinds().at(example.kind()).examples().front()->clone());
  return write_config(first) == write_config(example);
}
template <class Product>
bool is_first(const Choice<Product>& example) {
  return example.kind() == example.kinds().all().front().name && is_first_of_kind(example);
}

/// Whether two examples are tried together: every kind with every kind, and every example with the first of
/// the other part. All pairs would take minutes.
template <class A, class B>
bool are_tried_together(const Choice<A>& a, const Choice<B>& b) {
  return is_first(a) || is_first(b) || (is_first_of_kind(a) && is_first_of_kind(b));
}

/// Values in the support, at most 1 wide where it is wider.
inline Tensor values_within(const Bounds& support, at::IntArrayRef shape, std::int64_t seed = 0) {
  const double low = std::max(support.least, -0.5), high = std::min(support.most, low + 1);
  auto random = fixed_generator(seed);
  return at::empty(shape, at::kDouble).uniform_(low, high, random);
}

inline Tensor normal(at::IntArrayRef shape, std::int64_t seed = 0) {
  auto random = fixed_generator(seed);
  return at::empty(shape, at::kDouble).normal_(0, 1, random);
}

inline at::DimVector batch_of(std::int64_t rows, const Shape& shape) {
  at::DimVector sizes = {rows};
  sizes.append(shape.begin(), shape.end());
  return sizes;
}

/// A step in the middle of training.
inline Step some_step() {
  return {.at = {.epoch = 2, .batch = 3},
          .seed = 5,
          .training = true,
          .in_phase = 7,
          .phase_steps = 20,
          .scope = {}};
}

/// The first example that `fits`; a failure if there is none.
template <class Product, class Fits>
Choice<Product> first_that(Fits fits) {
  for (const auto& kind : Product::registry().all())
    for (const auto& config : kind.examples()) {
      Choice<Product> choice;
      choice.set(config->clone());
      if (fits(choice)) return choice;
    }
  ADD_FAILURE() << "no " << Product::registry().noun() << " fits";
  return {};
}

/// The first variant that is trained by steps, of those that a callback works on.
template <class Works>
Choice<Autoencoder> first_trained(Works works) {
  return first_that<Autoencoder>([&](const Choice<Autoencoder>& example) {
    const auto model = make_variant(example);
    const auto phases = model->phases();
    return std::ranges::none_of(phases, [](const Phase& phase) { return bool(phase.solve); }) &&
           works(*model);
  });
}
inline Choice<Autoencoder> trained_with(const Choice<Callback>& callback) {
  return first_trained(
      [&](Autoencoder& model) { return Problems().attempt([&] { callback.make()->check_model(model); }); });
}

// --- Parts that go with each other ---

/// Whether the bottleneck has what the bound needs of one.
inline bool suits(const Bound& bound, const Bottleneck& bottleneck) {
  const bool draws = bound.samples(some_step()) > 1 || bound.samples(Step{}) > 1;
  const bool weighs = bound.divergence() != Divergence::expected;
  const auto terms = bottleneck.terms();
  const bool of_rows = std::ranges::none_of(
      terms, [](const TermOutline& term) { return term.additivity == Additivity::batch; });
  const bool pathwise = bound.divergence() == Divergence::pathwise;
  return (!draws || bottleneck.samples_codes()) && (!weighs || (bottleneck.has_density() && of_rows)) &&
         (!pathwise || bottleneck.has_pathwise_density());
}

/// The parts of a model that has this one: with the first backbone, and with the first bottleneck that a
/// bound or a penalty can be with.
inline AutoencoderConfig parts_with(const Choice<Backbone>& example) { return {.backbone = example}; }
inline AutoencoderConfig parts_with(const Choice<Corruption>& example) {
  return {.backbone = any<Backbone>(), .corruption = example};
}
inline AutoencoderConfig parts_with(const Choice<Bottleneck>& example) {
  return {.backbone = any<Backbone>(), .bottleneck = example};
}
inline AutoencoderConfig parts_with(const Choice<Prior>& example) {
  return parts_with(Choice<Bottleneck>(GaussianBottleneck::Config{.prior = example}));
}
inline AutoencoderConfig parts_with(const Choice<Posterior>& example) {
  return parts_with(Choice<Bottleneck>(GaussianBottleneck::Config{.posterior = example}));
}
inline AutoencoderConfig parts_with(const Choice<Likelihood>& example) {
  return {.backbone = any<Backbone>(), .likelihood = example};
}
inline AutoencoderConfig parts_with(const Choice<Bound>& example) {
  const auto bound = example.make();
  auto parts = parts_with(first_that<Bottleneck>(
      [&](const Choice<Bottleneck>& bottleneck) { return suits(*bound, *bottleneck.make()); }));
  parts.bound = example;
  return parts;
}
inline AutoencoderConfig parts_with(const Choice<Penalty>& example) {
  const auto with = [&](const Choice<Bottleneck>& bottleneck) {
    auto parts = parts_with(bottleneck);
    parts.penalties = {{example}};
    return parts;
  };
  return with(first_that<Bottleneck>([&](const Choice<Bottleneck>& bottleneck) {
    return Problems().attempt([&] { make_autoencoder(with(bottleneck)); });
  }));
}

/// Calls `test` with parts_with() every example of these products.
template <class... Products, class Test>
void for_each_model_with(Test test) {
  (for_each_example<Products>([&](const Choice<Products>& example) { test(parts_with(example)); }), ...);
}

/// Of everything that a model is made of.
template <class Test>
void for_each_model_with_a_part(Test test) {
  for_each_model_with<Backbone, Corruption, Bottleneck, Prior, Posterior, Likelihood, Bound, Penalty>(test);
}

}  // namespace aelab
