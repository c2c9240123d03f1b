#include "aelab/data/columns_transform.h"

#include <ATen/ATen.h>

#include <cmath>
#include <limits>

#include "aelab/core/error.h"

namespace aelab {

std::span<const std::string_view> names(ColumnScale) {
  static constexpr std::array<std::string_view, 4> kNames = {"standard", "robust", "quantile", "none"};
  return kNames;
}

namespace {

constexpr std::int64_t kQuantiles = 1000;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// All rows, [rows, columns] float64.
Tensor whole_table(const Dataset& given) {
  constexpr std::int64_t kRows = 4096;
  const auto dataset = given.in_storage_order();
  std::vector<Tensor> chunks;
  for (std::int64_t begin = 0; begin < dataset.size(); begin += kRows)
    chunks.push_back(dataset.range(begin, std::min(begin + kRows, dataset.size())).inputs);
  return at::cat(chunks);
}

Tensor quantile_at(const Tensor& sorted, const Tensor& probabilities) {
  const auto place = probabilities * static_cast<double>(sorted.size(0) - 1);
  const auto below = place.floor(), above = place.ceil();
  const auto low = sorted.index_select(0, below.to(at::kLong)),
             high = sorted.index_select(0, above.to(at::kLong));
  return low + (high - low) * (place - below);
}

/// Piecewise linear through the points (xs, ys), xs ascending; beyond them the nearest end.
Tensor interpolated(const Tensor& x, const Tensor& xs, const Tensor& ys) {
  const auto right =
      at::searchsorted(xs, x.contiguous(), /*out_int32=*/false, /*right=*/true).clamp(1, xs.size(0) - 1);
  const auto x0 = xs.index_select(0, right - 1), x1 = xs.index_select(0, right);
  const auto y0 = ys.index_select(0, right - 1), y1 = ys.index_select(0, right);
  const auto part = at::where(x1 > x0, (x - x0) / (x1 - x0), at::ones_like(x)).clamp(0, 1);
  return y0 + (y1 - y0) * part;
}

Tensor probabilities() { return at::linspace(0, 1, kQuantiles, at::kDouble); }

/// To a standard normal distribution: where several quantiles are one value, by the middle of their
/// probabilities.
Tensor to_normal(const Tensor& x, const Tensor& own) {
  constexpr double kEnd = 1e-7;  // so that the ends are finite: at 5.2 deviations
  const auto quantiles = own.to(at::kDouble), p = probabilities(),
             wide = x.to(at::kDouble).nan_to_num(0, 1e300, -1e300);
  const auto up = interpolated(wide, quantiles, p);
  const auto down = -interpolated(-wide, -quantiles.flip(0), -p.flip(0));
  const auto probability = (0.5 * (up + down)).clamp(kEnd, 1 - kEnd);
  return at::special_ndtri(probability).masked_fill(x.isnan(), kNaN).to(x.scalar_type());
}

Tensor from_normal(const Tensor& y, const Tensor& quantiles) {
  const auto probability = at::special_ndtr(y.to(at::kDouble).nan_to_num(0, 9, -9));
  return interpolated(probability, probabilities(), quantiles.to(at::kDouble))
      .masked_fill(y.isnan(), kNaN)
      .to(y.scalar_type());
}

bool is_scaled(const ColumnType* type) {
  return !type || type->kind == ColumnKind::numeric || type->kind == ColumnKind::date;
}

bool is_category(const ColumnType* type) { return type && type->kind == ColumnKind::categorical; }

}  // namespace

std::int64_t encoded_width(const ColumnType& type) {
  return type.kind == ColumnKind::categorical ? type.unseen() + 1 : type.width();
}

void ColumnsTransform::OneColumn::fields(Fields& f) {
  f("column", column, "column, by its name or its number from 0");
  f("scale", scale, "how its numbers are scaled");
}

void ColumnsTransform::Config::fields(Fields& f) {
  f("scale", scale,
    "standard: by mean and standard deviation; robust: by median and quartiles; quantile: to a normal "
    "distribution; none")
      .also_known_as({"scaler", "scaling", "normalization"});
  f("by_column", by_column, "columns that are scaled otherwise");
}

std::vector<ColumnsTransform::Config> ColumnsTransform::Config::examples() {
  return {{},
          {.scale = ColumnScale::robust, .by_column = {{.column = "3", .scale = ColumnScale::none}}},
          {.scale = ColumnScale::quantile}};
}

std::vector<const ColumnType*> ColumnsTransform::columns_of_row(std::int64_t width) const {
  std::vector<const ColumnType*> columns;
  for (const auto& type : types_)
    columns.insert(columns.end(), static_cast<std::size_t>(type.width()), &type);
  if (types_.empty()) columns.assign(static_cast<std::size_t>(width), nullptr);
  return columns;
}

FeatureGroups ColumnsTransform::features() const {
  FeatureGroups groups;
  for (const auto* type : columns_of_row(0)) {
    if (is_category(type))
      append(groups, {FeatureKind::categorical, encoded_width(*type)});
    else if (type->kind == ColumnKind::flag)
      append(groups, {FeatureKind::flag, 1});
    else
      append(groups, {type->kind == ColumnKind::count ? FeatureKind::count : FeatureKind::numeric, 1});
  }
  return groups;
}

Shape ColumnsTransform::shape(const Shape& input) const {
  if (input.size() != 1)
    throw Error("needs the columns of a table, and the rows have shape [" + in_list(input) +
                "]: leave it out");
  for (std::size_t i = 0; i < config_.by_column.size(); ++i) {
    const auto& name = config_.by_column[i].column;
    bool found = false;
    const auto columns = columns_of_row(input.front());
    for (std::size_t place = 0; place < columns.size(); ++place)
      found = found || std::to_string(place) == name || (columns[place] && columns[place]->name == name);
    if (!found)
      throw FieldError("by_column[" + std::to_string(i) + "].column", "there is no column \"" + name + "\"");
  }
  return types_.empty() ? input : Shape{width_of(features())};
}

ColumnScale ColumnsTransform::scale_of(const ColumnType* type, std::size_t place) const {
  for (const auto& [column, scale] : config_.by_column)
    if ((type && type->name == column) || column == std::to_string(place)) return scale;
  return config_.scale;
}

void ColumnsTransform::learn_scale(std::int64_t place, ColumnScale how, const Tensor& values) {
  constexpr double kRounding = 1e-7;  // of float32 values, relative to their size
  const auto known = values.masked_select(~values.isnan()).to(at::kDouble);
  if (how == ColumnScale::none || known.numel() == 0) return;
  const auto sorted = std::get<0>(known.sort());
  if (how == ColumnScale::quantile) {
    quantiles_[place].copy_(quantile_at(sorted, probabilities()));
    return;
  }
  const auto quartiles = quantile_at(sorted, at::tensor({0.25, 0.5, 0.75}, at::kDouble));
  const bool standard = how == ColumnScale::standard;
  const auto center = (standard ? known.mean() : quartiles[1]).item<double>();
  const auto scale = (standard ? known.std(/*unbiased=*/false) : quartiles[2] - quartiles[0]).item<double>();
  center_[place] = center;
  if (scale > kRounding * std::abs(center)) scale_[place] = scale;
}

void ColumnsTransform::fit(const Dataset& train) {
  const auto values = whole_table(train);
  const auto width = values.size(1);
  const auto columns = columns_of_row(width);
  center_ = at::zeros({width});
  scale_ = at::ones({width});
  bool any_quantiles = config_.scale == ColumnScale::quantile;
  for (const auto& own : config_.by_column)
    any_quantiles = any_quantiles || own.scale == ColumnScale::quantile;
  quantiles_ = at::full({width, any_quantiles ? kQuantiles : 1}, kNaN);
  std::vector<Tensor> seen;
  for (std::int64_t place = 0; place < width; ++place) {
    const auto* type = columns[static_cast<std::size_t>(place)];
    const auto cells = values.select(1, place);
    if (is_scaled(type)) learn_scale(place, scale_of(type, static_cast<std::size_t>(place)), cells);
    if (!is_category(type)) continue;
    const auto known = cells.masked_select(~cells.isnan()).to(at::kLong);
    seen.push_back((at::bincount(known, {}, type->unseen() + 1) > 0).narrow(0, 0, type->unseen()));
  }
  seen_ = seen.empty() ? at::zeros({1}) : at::cat(seen).to(at::kFloat);
}

Tensor ColumnsTransform::apply(Tensor x, const Draws&) const {
  const auto columns = columns_of_row(x.size(1));
  x = x.sub_(center_).div_(scale_);
  std::vector<Tensor> features;
  std::int64_t begin = 0, category = 0;
  const auto take_until = [&](std::int64_t end) {
    if (end > begin) features.push_back(x.narrow(1, begin, end - begin));
    begin = end + 1;
  };
  for (std::int64_t place = 0; place < x.size(1); ++place) {
    const auto* type = columns[static_cast<std::size_t>(place)];
    const auto cells = x.select(1, place);
    if (is_scaled(type) && scale_of(type, static_cast<std::size_t>(place)) == ColumnScale::quantile &&
        !quantiles_[place].isnan().any().item<bool>())
      cells.copy_(to_normal(cells, quantiles_[place]));
    if (!is_category(type)) continue;
    take_until(place);
    const auto unseen = type->unseen();
    const auto number = cells.nan_to_num(static_cast<double>(unseen)).to(at::kLong).clamp(0, unseen);
    const auto known = at::cat({seen_.narrow(0, category, unseen), at::zeros({1})}).index_select(0, number);
    const auto hot = at::one_hot(at::where(known > 0, number, unseen), unseen + 1).to(x.scalar_type());
    features.push_back(hot.masked_fill(cells.isnan().unsqueeze(1), kNaN));
    category += unseen;
  }
  if (features.empty()) return x;
  take_until(x.size(1));
  return at::cat(features, 1);
}

Tensor ColumnsTransform::invert(const Tensor& y, const Shape& input) const {
  std::vector<Tensor> cells;
  std::int64_t feature = 0, place = 0;
  for (const auto* type : columns_of_row(input.front())) {
    const auto width = is_category(type) ? encoded_width(*type) : 1;
    const auto own = y.narrow(1, feature, width);
    if (is_category(type))
      cells.push_back(own.nan_to_num(0)
                          .argmax(1, /*keepdim=*/true)
                          .to(y.scalar_type())
                          .masked_fill(own.isnan().all(1, /*keepdim=*/true), kNaN));
    else if (is_scaled(type) && scale_of(type, static_cast<std::size_t>(place)) == ColumnScale::quantile &&
             !quantiles_[place].isnan().any().item<bool>())
      cells.push_back(from_normal(own.select(1, 0), quantiles_[place]).unsqueeze(1));
    else
      cells.push_back(own * scale_[place] + center_[place]);
    feature += width;
    ++place;
  }
  return at::cat(cells, 1);
}

std::vector<std::pair<std::string, Tensor*>> ColumnsTransform::fitted() {
  return {{"center", &center_}, {"scale", &scale_}, {"quantiles", &quantiles_}, {"seen", &seen_}};
}

}  // namespace aelab
