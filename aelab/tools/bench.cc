#include "aelab/tools/bench.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <nlohmann/json.hpp>

#include "aelab/core/config.h"
#include "aelab/core/json.h"
#include "aelab/core/random.h"
#include "aelab/nn/compute.h"
#include "aelab/nn/convolution.h"
#include "aelab/nn/cross_entropy.h"
#include "aelab/nn/layers.h"
#include "aelab/nn/work.h"
#include "aelab/runs/made.h"

namespace aelab {
namespace {

using BenchClock = std::chrono::steady_clock;

double milliseconds_since(BenchClock::time_point begin) {
  return std::chrono::duration<double, std::milli>(BenchClock::now() - begin).count();
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// The least time of `call` in milliseconds, in at least three calls and for about 50 ms.
template <class Call>
double least_time(Call call) {
  call();
  double least = 1e300;
  const auto begin = BenchClock::now();
  for (int i = 0; i < 3 || milliseconds_since(begin) < 50; ++i) {
    const auto start = BenchClock::now();
    call();
    least = std::min(least, milliseconds_since(start));
  }
  return least;
}

/// Times every step as a whole: batch, loss, gradients, callbacks, optimizer.
class Stopwatch : public Callback {
 public:
  void phase_begin(Training&) override { begin(); }
  void step_end(Training&) override {
    times.push_back(milliseconds_since(begun_));
    work = multiply_adds() - work_before_;
    begin();
  }
  void boundary(Training&, Boundary boundary) override {
    if (boundary == Boundary::epoch) begin();  // validation and all else that ends an epoch is no step
  }

  std::vector<double> times;
  std::int64_t work = 0;  ///< multiply-adds of the last step

 private:
  BenchClock::time_point begun_;
  std::int64_t work_before_ = 0;

  void begin() {
    begun_ = BenchClock::now();
    work_before_ = multiply_adds();
  }
};

Stopwatch time_steps(const Workload& workload, double seconds) {
  auto training = workload.training;
  training.epochs = 1'000'000;
  training.budget = Budget{.seconds = seconds};
  const auto watch = std::make_shared<Stopwatch>();
  Trainer trainer(training);
  trainer.watch(watch);
  trainer.fit(*workload.model, workload.data);
  return *watch;
}

Stopwatch time_closed_form(const Workload& workload, const Phase& phase, double seconds) {
  const at::NoGradGuard no_grad;
  Stopwatch watch;
  const auto begin = BenchClock::now();
  while (watch.times.size() < 4 || milliseconds_since(begin) < 1e3 * seconds) {
    const auto start = BenchClock::now();
    const auto before = multiply_adds();
    phase.solve(workload.data.train);
    watch.times.push_back(milliseconds_since(start));
    watch.work = multiply_adds() - before;
  }
  return watch;
}

/// The least number of bytes that a step moves for its parameters: each is read and written, its gradient
/// written and read, and its optimizer state read and written. That of Adam; others move less.
double optimizer_bytes(const Autoencoder& model) {
  return static_cast<double>(parameter_count(model)) * sizeof(float) * (2 + 2 + 4);
}

Dataset random_images(std::int64_t rows) {
  auto random = random_generator(0, "bench");
  return Dataset::from_tensors(at::empty({rows, 1, 28, 28}).uniform_(0, 1, random));
}

/// As many numbers as a hidden layer of a small language model has.
Dataset random_activations(std::int64_t rows) {
  auto random = random_generator(0, "bench");
  return Dataset::from_tensors(at::empty({rows, 768}).normal_(0, 1, random));
}

/// The standard workloads: networks of the size that studies on MNIST use, and a dictionary of activations.
struct Standard {
  std::string_view name, model;
  std::int64_t batch_size = 128;
  Dataset (*rows)(std::int64_t) = random_images;
};

constexpr std::string_view kMlp = R"({"variant": "dense", "code": 32, "hidden": [256]})";
constexpr std::string_view kLecture = R"({"variant": "convolutional"})";
constexpr std::string_view kContractive =
    R"({"variant": "contractive", "code": 256, "backbone": {"kind": "dense", "tied": false}})";
constexpr std::string_view kContractivePlain =
    R"({"variant": "dense", "code": 256, "bottleneck": {"kind": "deterministic", "activation": "sigmoid"}})";

constexpr std::string_view kVae =
    R"({"variant": "vae", "code": 20, "backbone": {"kind": "dense", "hidden": [400]}})";

constexpr Standard kStandard[] = {
    {"mlp-128", kMlp, 128},
    {"mlp-1024", kMlp, 1024},
    {"mlp-gaussian-noise-1024",
     R"({"variant": "denoising", "code": 32, "corruption": {"kind": "gaussian", "level": 0.3},
         "bottleneck": "deterministic", "backbone": {"kind": "dense", "hidden": [256]}})",
     1024},
    {"mlp-masking-1024",
     R"({"variant": "denoising", "code": 32, "corruption": {"kind": "masking", "level": 0.3},
         "bottleneck": "deterministic", "backbone": {"kind": "dense", "hidden": [256]}})",
     1024},
    {"mlp-sparse-1024",
     R"({"variant": "sparse", "code": 32, "backbone": {"kind": "dense", "hidden": [256]}})", 1024},
    {"convolutional-128", kLecture, 128},
    {"convolutional-1024", kLecture, 1024},
    {"one-layer-128", kContractivePlain, 128},
    {"one-layer-1024", kContractivePlain, 1024},
    {"contractive-128", kContractive, 128},
    {"contractive-1024", kContractive, 1024},
    {"deep-contractive-128",
     R"({"variant": "contractive", "code": 16, "backbone": {"kind": "dense", "hidden": [256, 64], "activation": "sigmoid", "tied": false}})",
     128},
    {"vae-128", kVae, 128},
    {"vae-1024", kVae, 1024},
    {"iwae-128",
     R"({"variant": "iwae", "samples": 5, "code": 20, "backbone": {"kind": "dense", "hidden": [400]}})", 128},
    {"convolutional-vae-128", R"({"variant": "vae", "backbone": {"kind": "convolutional"}})", 128},
    {"vq-vae-128",
     R"({"variant": "vq-vae", "codes": 512, "dimension": 4, "update": "gradient", "code": 64,
         "backbone": {"kind": "dense", "hidden": [400]}})",
     128},
    {"top-k-16384-1024", R"({"variant": "top-k", "code": 16384, "k": 32})", 1024, random_activations},
    {"pca-60000", R"({"variant": "pca", "code": 32})", 60000},
};

Choice<Autoencoder> model_of(std::string_view text) {
  Choice<Autoencoder> model;
  read_config(parse_json(text, "workload"), model, "workload");
  return model;
}

}  // namespace

std::vector<std::string> standard_workloads() {
  std::vector<std::string> names;
  for (const auto& standard : kStandard) names.emplace_back(standard.name);
  return names;
}

Workload standard_workload(const std::string& name) {
  constexpr std::int64_t kRows = 8192;
  const auto& standard = *std::find_if(std::begin(kStandard), std::end(kStandard),
                                       [&](const auto& candidate) { return candidate.name == name; });
  const auto data = standard.rows(std::max(kRows, standard.batch_size));
  return {.name = name,
          .model = model_of(standard.model).make(Context(data.shape(), 0)),
          .data = {.train = data, .validation = {}, .test = {}},
          .training = {.batch_size = standard.batch_size}};
}

Workload workload_of(const RunConfig& config, const std::string& origin) {
  Problems problems;
  auto made = make(config, problems);
  problems.raise(origin);
  return {.name = config.name,
          .model = std::move(made.model),
          .data = std::move(made.data),
          .training = config.training};
}

Ceilings measure_ceilings() {
  constexpr std::int64_t kSide = 2048, kNumbers = 1 << 25;  // 128 MiB
  const at::NoGradGuard no_grad;
  const auto a = at::rand({kSide, kSide}), b = at::rand({kSide, kSide});
  const auto from = at::rand({kNumbers});
  auto to = at::empty_like(from);
  const double product = least_time([&] { aelab::linear(a, b, Tensor()); });
  const double copy = least_time([&] { to.copy_(from); });
  return {.matrix_product_gflops = 2.0 * kSide * kSide * kSide / product / 1e6,
          .memory_gb_per_s = 2.0 * kNumbers * sizeof(float) / copy / 1e6};
}

StepTime measure_step(const Workload& workload, const Ceilings& ceilings, double seconds) {
  constexpr std::size_t kWarmUp = 3;
  const auto phase = workload.model->phases().front();
  auto watch = phase.solve ? time_closed_form(workload, phase, seconds) : time_steps(workload, seconds);
  auto& times = watch.times;
  times.erase(times.begin(),
              times.begin() + static_cast<std::ptrdiff_t>(std::min(kWarmUp, times.size() - 1)));
  const auto rows = phase.solve ? workload.data.train.size()
                                : std::min(workload.training.batch_size * workload.training.accumulate,
                                           workload.data.train.size());
  const double middle = median(times);
  const double products = 2e-6 * static_cast<double>(watch.work) / ceilings.matrix_product_gflops;
  const double optimizer = 1e-6 * optimizer_bytes(*workload.model) / ceilings.memory_gb_per_s;
  return {.median_ms = middle,
          .min_ms = *std::min_element(times.begin(), times.end()),
          .limit_ms = products + (phase.solve ? 0 : optimizer),
          .samples_per_second = 1e3 * static_cast<double>(rows) / middle};
}

namespace {

/// Times work, forward and backward, by the rule's kernel at a seam and by the others that can be had there.
template <class Kernel, class Work>
void compare_kernels(std::vector<Calibration>& found, const std::string& layer, Kernel Kernels::*seam,
                     std::initializer_list<Kernel> all, Work work) {
  const auto rule = nearest({});
  for (const auto kernel : all) {
    auto other = rule;
    other.*seam = kernel;
    if (other == rule || nearest(other) != other) continue;
    const auto time_by = [&](const Kernels& kernels) {
      const Compute compute({}, kernels);
      return least_time(work);
    };
    found.push_back({.layer = layer,
                     .chosen = std::string(name_of(rule.*seam)),
                     .other = std::string(name_of(kernel)),
                     .chosen_ms = time_by(rule),
                     .other_ms = time_by(other)});
  }
}

}  // namespace

std::vector<Calibration> calibrate() {
  std::vector<Calibration> found;
  const auto random = [](at::IntArrayRef shape) { return at::rand(shape).requires_grad_(); };
  for (const auto& [rows, in, out] : {std::array{128, 256, 32},
                                      {1024, 256, 32},
                                      {128, 784, 256},
                                      {1024, 784, 256},
                                      {64, 3072, 1024},
                                      {2048, 2048, 2048}}) {
    const auto x = random({rows, in}), weight = random({out, in});
    const auto gradient = at::rand({rows, out});
    compare_kernels(found, fmt::format("dense {}x{}x{}", rows, in, out), &Kernels::linear,
                    {LinearKernel::libtorch, LinearKernel::onednn}, [&] {
                      torch::autograd::grad({linear(x, weight, Tensor())}, {x, weight}, {gradient});
                    });
  }
  static constexpr auto kDirect = {DirectKernel::libtorch, DirectKernel::direct};
  for (const std::int64_t rows : {128, 1024}) {
    const auto images = at::rand({rows, 1, 28, 28}), weight = random({16, 1, 3, 3}),
               next = random({8, 16, 3, 3}), bias = random({16}), next_bias = random({8});
    const std::vector<ImageLayer> layers = {
        {.weight = weight, .bias = bias, .padding = 1, .activation = Activation::relu},
        {.kind = ImageLayer::Kind::pooling},
        {.weight = next, .bias = next_bias, .padding = 1}};
    compare_kernels(found, fmt::format("convolutions {}x1x28x28", rows), &Kernels::convolution, kDirect, [&] {
      torch::autograd::grad({convolve(layers, images).sum()}, {weight, bias, next, next_bias});
    });
    const auto logits = random({rows, 784}), targets = at::rand({rows, 784});
    compare_kernels(found, fmt::format("cross-entropy {}x784", rows), &Kernels::cross_entropy, kDirect, [&] {
      torch::autograd::grad({cross_entropy_of_logits(logits, targets).sum()}, {logits});
    });
  }
  return found;
}

}  // namespace aelab
