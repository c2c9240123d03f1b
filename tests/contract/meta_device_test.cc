// Everything registered takes a training step and is validated on LibTorch's meta device, whose tensors have
// shapes and no values: what reads a value in a step, or computes on the CPU what belongs on the model's
// device, throws there. Two things pass that a GPU refuses: products of a meta tensor with one of the CPU,
// and copies between the two.

#include <gtest/gtest.h>
#include <torch/library.h>

#include "aelab/data/batches.h"
#include "aelab/training/callbacks/stop_on_nan.h"
#include "aelab/training/callbacks/weight_average.h"
#include "aelab/training/updates.h"
#include "tests/contract/contract.h"

namespace aelab {
namespace {

// --- Shapes of operators that LibTorch gives shapes in Python only ---

Tensor convolution_shape(const Tensor& x, const Tensor& weight, const std::optional<Tensor>&,
                         at::IntArrayRef stride, at::IntArrayRef padding, at::IntArrayRef dilation,
                         bool transposed, at::IntArrayRef output_padding, std::int64_t groups) {
  at::DimVector shape = {x.size(0), transposed ? weight.size(1) * groups : weight.size(0)};
  for (std::size_t i = 0; i < stride.size(); ++i) {
    const auto d = static_cast<std::int64_t>(i) + 2;
    const auto reach = dilation[i] * (weight.size(d) - 1), size = x.size(d);
    shape.push_back(transposed ? (size - 1) * stride[i] - 2 * padding[i] + reach + output_padding[i] + 1
                               : (size + 2 * padding[i] - reach - 1) / stride[i] + 1);
  }
  return at::empty(shape, x.options());
}

std::tuple<Tensor, Tensor, Tensor> convolution_gradient_shapes(const Tensor& gradient, const Tensor& x,
                                                               const Tensor& weight, at::IntArrayRef,
                                                               at::IntArrayRef, at::IntArrayRef, bool,
                                                               at::IntArrayRef, std::int64_t,
                                                               std::array<bool, 3>) {
  return {at::empty_like(x), at::empty_like(weight), at::empty({gradient.size(1)}, gradient.options())};
}

std::tuple<Tensor, Tensor, Tensor> batch_norm_shapes(const Tensor& x, const std::optional<Tensor>&,
                                                     const std::optional<Tensor>&,
                                                     const std::optional<Tensor>&,
                                                     const std::optional<Tensor>&, bool, double, double) {
  return {at::empty_like(x), at::empty({x.size(1)}, x.options()), at::empty({x.size(1)}, x.options())};
}

std::tuple<Tensor, Tensor, Tensor> batch_norm_gradient_shapes(
    const Tensor&, const Tensor& x, const std::optional<Tensor>&, const std::optional<Tensor>&,
    const std::optional<Tensor>&, const std::optional<Tensor>&, const std::optional<Tensor>&, bool, double,
    std::array<bool, 3>) {
  return batch_norm_shapes(x, {}, {}, {}, {}, true, 0, 0);
}

std::tuple<Tensor, Tensor, Tensor> group_norm_gradient_shapes(const Tensor&, const Tensor& x, const Tensor&,
                                                              const Tensor&, const std::optional<Tensor>&,
                                                              std::int64_t, std::int64_t channels,
                                                              std::int64_t, std::int64_t,
                                                              std::array<bool, 3>) {
  return {at::empty_like(x), at::empty({channels}, x.options()), at::empty({channels}, x.options())};
}

Tensor where_shape(const Tensor& condition, const Tensor& x, const Tensor& y) {
  const auto type = x.dim() == 0 && y.dim() > 0 ? y.scalar_type() : at::result_type(x, y);
  return (condition.to(type) + x + y).to(type);
}

Tensor rows_shape(const Tensor& x, std::int64_t dim, const Tensor& index) {
  auto shape = at::DimVector(x.sizes());
  shape[static_cast<std::size_t>(dim)] = index.numel();
  return at::empty(shape, x.options());
}

Tensor embedding_gradient_shape(const Tensor& gradient, const Tensor&, std::int64_t count, std::int64_t,
                                bool) {
  return at::empty({count, gradient.size(-1)}, gradient.options());
}

std::tuple<Tensor, Tensor> moments_shape(const Tensor& x, at::OptionalIntArrayRef dims,
                                         const std::optional<at::Scalar>&, bool keepdim) {
  return {x.sum(dims, keepdim), x.sum(dims, keepdim)};
}

Tensor& resized(Tensor& out, at::IntArrayRef shape) {
  out.resize_(shape);
  return out;
}

void adam_shapes(at::TensorList, at::TensorList, at::TensorList, at::TensorList, at::TensorList,
                 at::TensorList, double, double, double, double, double, bool, bool,
                 const std::optional<Tensor>&, const std::optional<Tensor>&) {}

void sgd_shapes(at::TensorList, at::TensorList, at::TensorList, double, double, double, double, bool, bool,
                bool, const std::optional<Tensor>&, const std::optional<Tensor>&) {}

TORCH_LIBRARY_IMPL(aten, Meta, library) {
  library.impl("relu", [](const Tensor& x) { return at::empty_like(x); });
  library.impl("flip", [](const Tensor& x, at::IntArrayRef) { return at::empty_like(x); });
  library.impl("abs.out", [](const Tensor& x, Tensor& out) -> Tensor& { return resized(out, x.sizes()); });
  library.impl("logical_and.out", [](const Tensor& x, const Tensor& y, Tensor& out) -> Tensor& {
    return resized(out, at::infer_size(x.sizes(), y.sizes()));
  });
  library.impl("logical_not.out",
               [](const Tensor& x, Tensor& out) -> Tensor& { return resized(out, x.sizes()); });
  library.impl("var_mean.correction", moments_shape);
  library.impl("where.self", where_shape);
  library.impl("index_select", rows_shape);
  library.impl("embedding_dense_backward", embedding_gradient_shape);
  library.impl("convolution_overrideable", convolution_shape);
  library.impl("convolution_backward_overrideable", convolution_gradient_shapes);
  library.impl("native_batch_norm", batch_norm_shapes);
  library.impl("native_batch_norm_backward", batch_norm_gradient_shapes);
  library.impl("native_group_norm_backward", group_norm_gradient_shapes);
  library.impl("_fused_adam_", adam_shapes);
  library.impl("_fused_sgd_", sgd_shapes);
}

// --- The suite ---

/// Module::to() refuses the meta device. The tensors stay the same objects, so that optimizers and
/// layers that hold them follow.
void move_to_meta(const torch::nn::Module& module) {
  for (const auto& [name, tensor] : state_of(module))
    tensor.unsafeGetTensorImpl()->shallow_copy_from(
        at::empty_like(tensor.detach(), at::kMeta).getIntrusivePtr());
}

/// One step and one validation of every phase that takes steps.
void train_on_meta(Autoencoder& model, const TrainerConfig& config = {}) {
  move_to_meta(model);
  const auto data = few_digits_as(model.input_shape(), 64);
  Training training(model, data, {});
  training.epoch_batches = training.epoch_steps = 2;
  training.limits = phase_limits({}, 1, training.phases);
  training.callbacks = {std::make_shared<WeightAverage>(WeightAverage::Config{}),
                        std::make_shared<StopOnNan>(StopOnNan::Config{})};
  Updates updates(config, training, /*seed=*/4, at::kMeta);
  const Batches batches(data.train, 32);
  for (std::size_t i = 0; i < training.phases.size(); ++i) {
    training.progress = {.phase = static_cast<std::int64_t>(i)};
    if (training.phase().solve) continue;
    SCOPED_TRACE("phase " + training.phase().name);
    updates.begin_phase();
    each_callback(training, &Callback::phase_begin);
    model.train();
    updates.step({batches[0].to(at::kMeta), batches[1].to(at::kMeta)});
    each_callback(training, &Callback::step_end);
    EXPECT_TRUE(training.optimizers.front()->reads() || training.found_inf.is_meta());
    model.eval();
    updates.averages_of(data.validation);
  }
}

/// What it throws there, on one line.
std::string message_on_meta(Autoencoder& model, const TrainerConfig& config = {}) {
  const auto message = message_of<std::exception>([&] { train_on_meta(model, config); });
  return message.substr(0, message.find('\n'));
}

TEST(MetaDevice, EveryVariantIsTrainedAndValidated) {
  for_each_example<Autoencoder>([](const Choice<Autoencoder>& example) {
    EXPECT_EQ(message_on_meta(*make_variant(example)), "nothing was thrown");
  });
}

TEST(MetaDevice, EveryPartIsTrainedAndValidated) {
  for_each_model_with_a_part([](const AutoencoderConfig& parts) {
    EXPECT_EQ(message_on_meta(*make_autoencoder(parts)), "nothing was thrown");
  });
}

TEST(MetaDevice, EveryOptimizerStepsUnlessItReads) {
  for_each_example<Optimizer>([](const Choice<Optimizer>& example) {
    const auto model = make_autoencoder({.backbone = any<Backbone>()});
    const bool reads = example.make(parameters_of(*model))->reads();
    EXPECT_EQ(message_on_meta(*model, {.optimizer = example}) == "nothing was thrown", !reads);
  });
}

/// A model with an objective that does something besides.
class Besides : public Autoencoder {
 public:
  explicit Besides(std::function<void(const Tensor& code)> work)
      : Autoencoder({.default_code = 6, .backbone = any<Backbone>()}, Context(kImage)),
        work_(std::move(work)) {}
  std::vector<Phase> phases() override {
    auto phase = Autoencoder::phases().front();
    phase.updates.front().objective = [this](const Batch& batch, const Step& step, Pass& pass) {
      auto terms = loss(batch, step, pass);
      work_(pass.code);
      return terms;
    };
    return {phase};
  }

 private:
  std::function<void(const Tensor& code)> work_;
};

TEST(MetaDevice, RefusesWhatReadsValuesOrComputesOnTheCpu) {
  const auto fails = [](std::function<void(const Tensor&)> work) {
    Besides model(std::move(work));
    return message_on_meta(model) != "nothing was thrown";
  };
  EXPECT_FALSE(fails([](const Tensor& code) { (void)(code + at::rand_like(code)); }));
  EXPECT_TRUE(fails([](const Tensor& code) { (void)code.sum().item<double>(); }));
  EXPECT_TRUE(fails([](const Tensor& code) { (void)code.cpu(); }));
  EXPECT_TRUE(fails([](const Tensor& code) { (void)(code + at::rand(code.sizes())); }));
}

}  // namespace
}  // namespace aelab
