#include <ATen/Context.h>

#include <array>

#include "aelab/training/trainer.h"

namespace aelab {

std::span<const std::string_view> names(Device) {
  static constexpr std::array<std::string_view, 3> kNames = {"auto", "cpu", "cuda"};
  return kNames;
}

void TrainerConfig::fields(Fields& f) {
  f("epochs", epochs, "number of epochs of each phase", at_least(1))
      .also_known_as({"n_epochs", "num_epochs", "max_epochs", "epoch", "iterations", "max_iter", "n_iter"});
  f("budget", budget, "total over all phases, instead of \"epochs\"").also_known_as({"limit"});
  f("batch_size", batch_size, "batch size", at_least(1))
      .also_known_as({"bs", "batch", "minibatch", "minibatch_size"});
  f("accumulate", accumulate,
    "number of batches whose gradients are accumulated for one optimizer step, as if they were one batch; "
    "penalties on a batch's mean code, such as kl-sparsity, are still those of each batch",
    at_least(1))
      .also_known_as({"accumulate_grad_batches", "gradient_accumulation", "gradient_accumulation_steps"});
  f("clip_norm", clip_norm, "largest norm of all gradients together", above(0))
      .also_known_as({"gradient_clip_val", "max_grad_norm", "clipnorm", "grad_clip"});
  f("clip_value", clip_value, "largest absolute value of a gradient's elements", above(0))
      .also_known_as({"clipvalue"});
  f("optimizer", optimizer, "optimizer").also_known_as({"optimiser", "optim", "solver"});
  f("freeze", freeze,
    "parameters that are not trained: names, or beginnings of names such as backbone.encoder_0")
      .also_known_as({"frozen"});
  f("device", device, "auto: CUDA if LibTorch has it, otherwise the CPU")
      .also_known_as({"accelerator", "gpu"});
  f("read_every", read_every,
    "steps between two readings of losses from the device, at which non-finite ones end the run and "
    "checkpoints may be written; default: 1 on the CPU, 50 on other devices",
    at_least(1));
  f("threads", threads, "processor threads; default: by the work of a batch, at most all", between(1, 1024))
      .also_known_as({"num_threads", "n_jobs", "workers", "num_workers"});
  f("kernels", kernels,
    "implementations of layers and of the bernoulli likelihood; run folders record the choice of auto, and "
    "resume with it");
}

std::int64_t TrainerConfig::epoch_batches(std::int64_t rows) const {
  return (rows + batch_size - 1) / batch_size;
}

std::int64_t TrainerConfig::epoch_steps(std::int64_t rows) const {
  return (epoch_batches(rows) + accumulate - 1) / accumulate;
}

void check_device(Device device) {
  if (device == Device::cuda && !at::hasCUDA())
    throw FieldError("device", "this LibTorch has no CUDA device; use \"auto\" or \"cpu\"");
}

}  // namespace aelab
