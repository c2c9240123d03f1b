#include "aelab/training/callbacks/stop_on_nan.h"

#include <ATen/ATen.h>

#include <cmath>

#include "aelab/core/text.h"

namespace aelab {
namespace {

[[noreturn]] void stop(const Training& training, const std::string& what, double value) {
  const auto& progress = training.progress;
  throw Diverged(what + " became " + (std::isnan(value) ? "nan" : shortest(value)) + " in phase \"" +
                 training.phase().name + "\", epoch " + std::to_string(progress.epoch + 1) + ", batch " +
                 std::to_string(progress.batch + 1) + " (step " + std::to_string(progress.step + 1) +
                 "). The state before is saved; try a smaller learning rate");
}

/// In the processor's memory a value is at hand; elsewhere the host waits for it.
double on_host(const Tensor& value) {
  if (value.is_cpu() && value.scalar_type() == at::kFloat) return *value.const_data_ptr<float>();
  return value.item<double>();
}

std::string term_name(const Training& training, const Update& update, const std::string& term) {
  return "the loss term \"" + training.phase().prefix(update) + term + "\"";
}

std::string gradient_name(const std::string& parameter) { return "the gradient of \"" + parameter + "\""; }

}  // namespace

void StopOnNan::phase_begin(Training& training) { training.found_inf = Tensor(); }

void StopOnNan::losses(Training& training, const Update& update, const Terms& terms) {
  if (training.read_every == 1) {
    for (const auto& term : terms.all()) {
      const double value = on_host(term.value) * term.weight;
      if (!std::isfinite(value)) stop(training, term_name(training, update, term.name), value);
    }
    return;
  }
  std::vector<std::string> names;
  std::vector<Tensor> values;
  for (const auto& term : terms.all()) {
    names.push_back(term_name(training, update, term.name));
    values.push_back(term.value.detach() * term.weight);
  }
  if (!values.empty()) put_aside(training, std::move(names), at::stack(values));
}

void StopOnNan::gradients(Training& training, const Update& update, const std::vector<Tensor>& gradients) {
  if (gradients.empty()) return;
  const auto lengths = at::stack(at::_foreach_norm(gradients));
  std::vector<std::string> names;
  if (training.read_every > 1) {
    for (const auto& item : update.parameters) names.push_back(gradient_name(item.first));
    return put_aside(training, std::move(names), lengths);
  }
  if (std::isfinite(on_host(lengths.sum()))) return;
  for (std::size_t i = 0; i < gradients.size(); ++i)
    if (const auto length = on_host(lengths[static_cast<std::int64_t>(i)]); !std::isfinite(length))
      stop(training, gradient_name(update.parameters[i].first), length);
}

void StopOnNan::put_aside(Training& training, std::vector<std::string> names, Tensor values) {
  const auto bad = at::isfinite(values).all().logical_not().to(at::kFloat);
  training.found_inf = training.found_inf.defined() ? at::maximum(training.found_inf, bad) : bad;
  unread_.push_back({std::move(names), std::move(values), training.progress, training.averages});
}

void StopOnNan::read(Training& training) {
  const auto unread = std::exchange(unread_, {});
  if (unread.empty() || on_host(training.found_inf) == 0) return;
  training.found_inf = Tensor();
  for (const auto& [names, values, progress, averages] : unread) {
    for (std::size_t i = 0; i < names.size(); ++i) {
      const auto value = on_host(values[static_cast<std::int64_t>(i)]);
      if (std::isfinite(value)) continue;
      training.progress = progress;
      training.averages = averages;
      stop(training, names[i], value);
    }
  }
}

}  // namespace aelab
