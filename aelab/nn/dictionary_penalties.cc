#include "aelab/nn/dictionary_penalties.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <functional>

#include "aelab/nn/gated_bottleneck.h"
#include "aelab/nn/largest.h"
#include "aelab/nn/sparse_codes.h"

namespace aelab {

void term_weight_field(Fields& f, Schedule& weight) {
  schedule_field(f, "weight", weight, "weight of the penalty in the objective", at_least(0))
      .also_known_as(
          {"lambda", "alpha", "auxk_alpha", "l1_coefficient", "aux_loss_coefficient", "coefficient"});
}

void dead_after_field(Fields& f, std::int64_t& dead_after) {
  f("dead_after", dead_after, "training rows without use after which an element is dead", between(1, 1e15))
      .also_known_as({"dead_feature_threshold", "dead_feature_window", "dead_steps_threshold"});
}

namespace {

void require_increasing(Fields& f, const std::string& field, const std::vector<std::int64_t>& widths) {
  f.require(std::adjacent_find(widths.begin(), widths.end(), std::greater_equal<>()) == widths.end(), field,
            "must be increasing");
}

void require_within(const std::string& field, const std::vector<std::int64_t>& widths, const Shape& code) {
  if (!widths.empty() && widths.back() > code.front())
    throw FieldError(
        field, std::to_string(widths.back()) + " is more than the code has, " + std::to_string(code.front()));
}

/// The output for the first `width` elements of the code alone; of codes with channels, the first channels.
Tensor decode_first(const Pass& pass, const Backbone& backbone, std::int64_t width, const Step& step) {
  if (const auto& active = pass.active; active.defined()) {
    const auto each = active.width / pass.code.size(1);  // elements of a channel
    auto first = active;
    first.values = at::where(active.places.select(0, 1) < width * each, active.values, 0);
    return backbone.decode_active(first, step);
  }
  auto kept = std::vector<std::int64_t>(static_cast<std::size_t>(pass.code.dim()), 1);
  kept[1] = pass.code.size(1);
  const auto mask = (at::arange(kept[1], pass.code.options()) < width).view(kept);
  return backbone.decode(at::where(mask, pass.code, 0), step);
}

}  // namespace

void require_dictionary(const Parts& parts, std::string_view kind) {
  if (!parts.backbone.dictionary().vectors.defined())
    throw FieldError("../backbone",
                     std::string(kind) +
                         " needs a decoder that is linear in the code: choose \"dictionary\", or "
                         "\"dense\" without hidden layers");
}

void WeightedL1Penalty::Config::fields(Fields& f) {
  term_weight_field(f, weight);
  schedule_field(f, "power", power, "power of each product of a code's element and its vector's norm",
                 above(0))
      .also_known_as({"p", "lp_norm", "sparsity_norm"});
}

void WeightedL1Penalty::check(const Parts& parts) const { require_dictionary(parts, Config::kind); }

Tensor WeightedL1Penalty::value(const Pass& pass, const Parts& parts, const Step& step) const {
  const auto gate = pass.extras.find(kGate);
  const auto code = gate == pass.extras.end() ? pass.code.abs() : gate->second.relu();
  const auto weighted = code.flatten(1) * parts.backbone.vector_norms();
  const double power = step.value(config_.power);
  if (power == 1) return weighted.sum(1);
  const auto positive = weighted > 0;  // the others have no derivative
  return at::where(positive, at::where(positive, weighted, 1).pow(power), 0).sum(1);
}

std::span<const std::string_view> names(ErrorUnit) {
  static constexpr std::array<std::string_view, 3> kNames = {"one", "variance", "energy"};
  return kNames;
}

void AuxKPenalty::Config::fields(Fields& f) {
  term_weight_field(f, weight);
  f("k", k, "dead elements that reconstruct a row; default: half the number of features", between(1, kWidest))
      .also_known_as({"k_aux", "auxk", "top_k_aux"});
  dead_after_field(f, dead_after);
  f("unit", unit,
    "what the error is divided by: one: nothing; variance: that of the residual over the batch; energy: each "
    "row's squared residual")
      .also_known_as({"normalize"});
  f("rectified", rectified, "of the dead elements' pre-codes only positive ones are used");
  f("by_share", by_share, "times the number of dead elements over k, if that is less than 1");
  f("trains_bias", trains_bias, "its gradient reaches the decoder's bias, too");
  f("levels", levels,
    "numbers of first elements that have dead ones and a residual of their own, such as those of nested "
    "reconstructions; the whole code is not listed",
    between(1, kWidest))
      .also_known_as({"use_matryoshka_aux_loss"});
  require_increasing(f, "levels", levels);
}

void AuxKPenalty::build(const Shape& code) { require_within("levels", config_.levels, code); }

void AuxKPenalty::check(const Parts& parts) const { require_dictionary(parts, Config::kind); }

Tensor AuxKPenalty::by_dead(const Pass& pass, const Parts& parts, const Tensor& dead, std::int64_t k,
                            const Step& step) const {
  // Bottlenecks that need more of the encoder have what becomes the code first.
  auto pre_code = pass.pre_code.flatten(1);
  const bool is_whole = pre_code.size(1) == dead.size(0);
  if (!is_whole) pre_code = pre_code.narrow(1, 0, dead.size(0));
  auto active = largest_among(pre_code, k, dead);
  if (active.places.size(1) == 0) return {};
  auto values = values_at(pre_code, active, is_whole && parts.backbone.takes_sparse_gradients());
  if (config_.rectified) values = values.relu();
  active.values = at::where(dead.gather(0, active.places.select(0, 1)), values, 0);
  auto alone = step;
  if (parts.backbone.has_skip()) alone.condition = Tensor();
  const auto decoded = parts.backbone.decode_active(active, alone).flatten(1);
  const auto bias = parts.backbone.dictionary().bias;
  if (!bias.defined()) return decoded;
  return decoded - (config_.trains_bias ? bias.detach() : bias);
}

Tensor AuxKPenalty::error(const Pass& pass, const Parts& parts, const Tensor& dead, const Tensor& residual,
                          const Step& step) const {
  const auto features = residual.size(1);
  const auto most = config_.k.value_or(std::max<std::int64_t>(1, features / 2));
  const auto decoded = by_dead(pass, parts, dead, std::min(most, dead.size(0)), step);
  if (!decoded.defined()) return {};
  // Likelihoods with more outputs than features begin with those of the mean.
  auto error = (decoded.narrow(1, 0, features) - residual).square().sum(1);
  const auto divided = [](const Tensor& x, const Tensor& unit) { return x / at::where(unit > 0, unit, 1); };
  if (config_.unit == ErrorUnit::variance)
    error = divided(error.mean(), (residual - residual.mean(0)).square().sum(1).mean());
  if (config_.unit == ErrorUnit::energy) error = divided(error, residual.square().sum(1));
  const auto count = dead.sum().to(error.scalar_type());
  if (config_.by_share) error = error * (count / most).clamp_max(1);
  return at::where(count > 0, error, 0);
}

Tensor AuxKPenalty::value(const Pass& pass, const Parts& parts, const Step& step) const {
  const auto dead = parts.silent_rows >= config_.dead_after;
  const auto target = pass.target.flatten(1);
  const auto residual = [&](const Tensor& output) {
    return (target - parts.likelihood.mean(output).flatten(1)).detach();
  };
  Tensor sum;
  const auto add = [&](const Tensor& error) {
    if (error.defined()) sum = sum.defined() ? sum + error : error;
  };
  std::int64_t before = 0;
  const auto element = at::arange(dead.size(0), dead.options().dtype(at::kLong));
  for (const auto width : config_.levels) {
    const auto of_level = dead & (element >= before) & (element < width);
    const auto output = [&] {
      const at::NoGradGuard no_grad;
      return decode_first(pass, parts.backbone, width, step);
    }();
    add(error(pass, parts, of_level, residual(output), step));
    before = width;
  }
  const auto of_rest = before > 0 ? dead & (element >= before) : dead;
  add(error(pass, parts, of_rest, residual(pass.output), step));
  return sum.defined() ? sum : at::zeros({}, target.options());
}

void MatryoshkaPenalty::Config::fields(Fields& f) {
  term_weight_field(f, weight);
  f("widths", widths, "numbers of first elements that reconstruct alone; the whole code is not listed",
    between(0, kWidest))
      .also_known_as({"matryoshka_widths", "group_sizes", "widths_list"});
  require_nested(f, widths);
}

void MatryoshkaPenalty::require_nested(Fields& f, const std::vector<std::int64_t>& widths) {
  f.require(!widths.empty(), "widths", "must be at least one");
  require_increasing(f, "widths", widths);
}

void MatryoshkaPenalty::build(const Shape& code) { require_within("widths", config_.widths, code); }

Tensor MatryoshkaPenalty::value(const Pass& pass, const Parts& parts, const Step& step) const {
  Tensor sum;
  for (const auto width : config_.widths) {
    const auto cost = parts.likelihood.negative_log(decode_first(pass, parts.backbone, width, step),
                                                    repeated(pass.target, pass.samples));
    sum = sum.defined() ? sum + cost : cost;
  }
  return sum;
}

}  // namespace aelab
