#include "aelab/evaluation/latent_interpolation.h"

#include <ATen/ATen.h>

#include <array>
#include <cmath>
#include <limits>

#include "aelab/data/batches.h"
#include "aelab/evaluation/codes.h"
#include "aelab/evaluation/quantile.h"

namespace aelab {

std::span<const std::string_view> names(InterpolationMethod) {
  static constexpr std::array<std::string_view, 2> kNames = {"linear", "spherical"};
  return kNames;
}

std::span<const std::string_view> names(InterpolationSpace) {
  static constexpr std::array<std::string_view, 2> kNames = {"code", "input"};
  return kNames;
}

std::span<const std::string_view> names(EndCodes) {
  static constexpr std::array<std::string_view, 2> kNames = {"mean", "sample"};
  return kNames;
}

namespace {

/// a, b [features], t [n, 1], all float64.
Tensor along_the_circle(const Tensor& a, const Tensor& b, const Tensor& t) {
  constexpr double kOpposite = 1e-6, kParallel = 1e-9;
  const double length_a = a.norm().item<double>(), length_b = b.norm().item<double>();
  if (length_a == 0 || length_b == 0)
    throw Error("spherical needs directions, and the " + std::string(length_a == 0 ? "first" : "second") +
                " end is zero; use linear");
  const auto u = a / length_a, v = b / length_b;
  const double sum = (u + v).norm().item<double>(), difference = (u - v).norm().item<double>();
  if (sum < kOpposite)
    throw Error("spherical has no shortest path between points in opposite directions; use linear");
  const double angle = 2 * std::atan2(difference, sum);  // exact near 0 and near pi, unlike acos
  const auto directions = difference < kParallel
                              ? (1 - t) * u + t * v
                              : (((1 - t) * angle).sin() * u + (t * angle).sin() * v) / std::sin(angle);
  return directions * ((1 - t) * length_a + t * length_b);
}

constexpr std::int64_t kAtOnce = 100;

Tensor encode_pieces(const Autoencoder& model, const Tensor& x, const Tensor& condition) {
  return in_pieces(x, condition, kAtOnce, [&](const auto&... piece) { return model.encode(piece...); });
}

Tensor decode_pieces(const Autoencoder& model, const Tensor& codes, const Tensor& condition = {}) {
  return in_pieces(codes, condition, kAtOnce, [&](const auto&... piece) { return model.decode(piece...); });
}

/// `mix` makes the points between ends [2 or 4, ...shape].
template <class Mix>
Interpolation along_path(const Autoencoder& model, const Tensor& ends, const PathOptions& options, Mix mix) {
  const c10::InferenceMode inference;
  const auto inputs = ends.to(model.parameters().front().device());
  const auto& ends_conditions = options.conditions;
  const auto condition =
      ends_conditions.defined() ? mix(ends_conditions, InterpolationMethod::linear) : Tensor();
  Interpolation made;
  if (options.space == InterpolationSpace::code) {
    made.codes = mix(codes_of_ends(model, inputs, options), options.method);
    made.pixels = mix(inputs, InterpolationMethod::linear);
  } else {
    made.pixels = mix(inputs, options.method);
    made.codes = encode_pieces(model, made.pixels, condition);
  }
  made.decoded = decode_pieces(model, made.codes, condition);
  return made;
}

Tensor path_positions(std::int64_t steps) { return at::linspace(0, 1, steps, at::kDouble); }

Tensor flat_rows(const Tensor& rows_of_points) { return rows_of_points.flatten(0, 1); }

}  // namespace

Tensor points_between(const Tensor& from, const Tensor& to, const Tensor& t, InterpolationMethod method) {
  const auto a = from.to(at::kDouble).flatten(), b = to.to(at::kDouble).flatten();
  const auto s = t.to(a.options()).unsqueeze(1);
  const auto points = method == InterpolationMethod::linear ? (1 - s) * a + s * b : along_the_circle(a, b, s);
  auto shape = from.sizes().vec();
  shape.insert(shape.begin(), t.size(0));
  return points.to(from.scalar_type()).reshape(shape);
}

Tensor codes_of_ends(const Autoencoder& model, const Tensor& inputs, const PathOptions& options) {
  if (options.codes == EndCodes::mean) return encode_pieces(model, inputs, options.conditions);
  const auto& [backbone, bottleneck, likelihood, silent_rows] = model.parts();
  if (!bottleneck.samples_codes())
    throw Error("this model's codes are deterministic: there are none to draw");
  const auto pre_code = backbone.encode(inputs, {.condition = options.conditions});
  Pass pass{.target = inputs, .input = inputs, .pre_code = pre_code, .code = {}, .output = {}};
  bottleneck.code(pass, {.seed = options.seed});
  return pass.code;
}

Interpolation interpolate(const Autoencoder& model, const Tensor& from, const Tensor& to,
                          const PathOptions& options) {
  const auto t = path_positions(options.steps);
  auto made =
      along_path(model, at::stack({from, to}), options, [&](const Tensor& ends, InterpolationMethod method) {
        return points_between(ends[0], ends[1], t, method);
      });
  made.t = t.unsqueeze(1);
  return made;
}

Interpolation interpolate_grid(const Autoencoder& model, const Tensor& corners, const PathOptions& options) {
  const auto t = path_positions(options.steps);
  auto made = along_path(model, corners, options, [&](const Tensor& ends, InterpolationMethod method) {
    const auto above = points_between(ends[0], ends[1], t, method),
               below = points_between(ends[2], ends[3], t, method);
    std::vector<Tensor> columns;
    for (std::int64_t i = 0; i < options.steps; ++i)
      columns.push_back(points_between(above[i], below[i], t, method));
    return flat_rows(at::stack(columns, /*dim=*/1));
  });
  const auto n = options.steps;
  made.t = flat_rows(at::stack({t.unsqueeze(0).expand({n, n}), t.unsqueeze(1).expand({n, n})}, /*dim=*/2));
  return made;
}

Interpolation decode_plane(const Autoencoder& model, const Tensor& codes, std::int64_t steps) {
  constexpr double kLow = 0.05, kHigh = 0.95;
  const auto numbers = elements(model.code_shape());
  if (numbers != 2)
    throw Error("a manifold needs a 2-dimensional latent code; this model's has " + std::to_string(numbers) +
                " dimensions");
  if (model.conditions() > 0)
    throw Error("a manifold shows one picture for each code, and this model's also depend on the class");
  const c10::InferenceMode inference;
  const auto points = codes.flatten(1).to(at::kCPU);
  const auto axis = [&](std::int64_t i) {
    const auto values = points.select(1, i);
    return at::linspace(quantile_of(values, kLow), quantile_of(values, kHigh), steps, at::kDouble);
  };
  const auto right = axis(0).unsqueeze(0).expand({steps, steps});
  const auto up = axis(1).flip(0).unsqueeze(1).expand({steps, steps});
  auto shape = model.code_shape();
  shape.insert(shape.begin(), steps * steps);
  Interpolation made;
  made.codes = at::stack({right, up}, /*dim=*/2).to(codes.options()).reshape(shape);
  made.decoded = decode_pieces(model, made.codes);
  return made;
}

Traversals traverse(const Autoencoder& model, const Tensor& code, const Tensor& codes, std::int64_t steps,
                    std::int64_t most, const Tensor& condition) {
  constexpr double kDeviations = 2;
  const c10::InferenceMode inference;
  const auto rows = codes.flatten(1);
  const auto [deviations, dimensions] = rows.std(0, /*correction=*/false).topk(std::min(most, rows.size(1)));
  const auto means = rows.mean(0).index_select(0, dimensions);
  const auto count = dimensions.size(0);
  Traversals made;
  made.dimensions = dimensions.cpu();
  made.places = means.unsqueeze(1) +
                deviations.unsqueeze(1) * at::linspace(-kDeviations, kDeviations, steps, rows.options());
  auto paths = code.flatten().repeat({count, steps, 1});
  const auto index = dimensions.view({count, 1, 1}).expand({count, steps, 1});
  paths.scatter_(2, index, made.places.unsqueeze(2));
  auto shape = codes.sizes().vec();
  shape[0] = count * steps;
  made.codes = paths.view(shape);
  made.decoded = decode_pieces(model, made.codes,
                               condition.defined() ? condition.expand({count * steps, -1}) : Tensor());
  return made;
}

Nearest nearest_rows(const Tensor& points, const Dataset& dataset) {
  constexpr std::int64_t kRows = 4096;
  const c10::InferenceMode inference;
  // cdist finds distances by a matrix product, which rounds by the length of the rows: they are moved to the
  // origin.
  const auto flat = points.to(at::kCPU).flatten(1).to(at::kDouble), origin = flat.slice(0, 0, 1);
  const auto moved = flat - origin;
  auto least = at::full({flat.size(0)}, std::numeric_limits<double>::infinity(), flat.options());
  auto row = at::zeros({flat.size(0)}, at::kLong);
  for (std::int64_t begin = 0; begin < dataset.size(); begin += kRows) {
    const auto batch = dataset.range(begin, std::min(begin + kRows, dataset.size()));
    const auto [distance, place] = at::cdist(moved, batch.inputs.flatten(1).to(at::kDouble) - origin).min(1);
    row = at::where(distance < least, place + begin, row);
    least = at::minimum(distance, least);
  }
  const auto found = dataset.gather(row).inputs.flatten(1);
  return {(flat - found).square().sum(1).sqrt(), row};
}

}  // namespace aelab
