#include "aelab/data/split.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "aelab/core/problems.h"
#include "aelab/core/random.h"
#include "aelab/core/text.h"
#include "aelab/data/columns_transform.h"
#include "aelab/data/normal_classes.h"
#include "aelab/data/series.h"
#include "aelab/data/time_split.h"
#include "aelab/data/transforms.h"

namespace aelab {

namespace {

bool is_amount(double x) { return x < 1 || x == std::floor(x); }

std::int64_t rows_of(double amount, std::int64_t rows) {
  return amount < 1 ? std::llround(amount * static_cast<double>(rows)) : static_cast<std::int64_t>(amount);
}

/// All places in random order; stratified: the classes dealt out evenly, so that every prefix holds each
/// class in its share of the whole.
Tensor shuffled(const Dataset& dataset, bool stratified, std::int64_t seed, const std::string& stream) {
  const auto order = at::randperm(dataset.size(), random_generator(seed, stream), at::kLong);
  if (!stratified) return order;
  const auto labels = dataset.labels().index_select(0, order);
  auto place = at::empty({dataset.size()}, at::kDouble);
  for (std::int64_t c = 0; c <= labels.max().item<std::int64_t>(); ++c) {
    const auto members = (labels == c).nonzero().flatten();
    const auto n = members.size(0);
    place.index_copy_(0, members, (at::arange(n, at::kDouble) + 0.5) / n);
  }
  return order.index_select(0, std::get<1>(place.sort(/*stable=*/true, 0, false)));
}

Dataset take(const Dataset& from, const Tensor& order, std::int64_t begin, std::int64_t count,
             const std::string& name) {
  if (begin + count > from.size())
    throw FieldError(name, "asks for " + std::to_string(count) + " rows, but only " +
                               std::to_string(from.size() - begin) + " of " + std::to_string(from.size()) +
                               " are left by the other splits");
  return from.subset(order.slice(0, begin, begin + count));
}

std::string transform_field(std::size_t i) { return "transforms[" + std::to_string(i) + "]"; }

Dataset rows_where(const Dataset& rows, const Tensor& wanted) {
  return rows.subset(wanted.nonzero().flatten());
}

/// Leaves rows of other classes out of the training and validation splits. The test split stays as it would
/// be without that, so that results on it can be compared.
void leave_out_others(Split& split, const std::vector<std::int64_t>& classes) {
  split.normal.classes = classes;
  if (classes.empty()) return;
  const auto of_train = are_normal(split.train.labels(), classes);
  split.normal.not_trained = split.train.size() - of_train.sum().item<std::int64_t>();
  split.train = rows_where(split.train, of_train);
  if (split.train.size() == 0)
    throw FieldError("normal", "leaves no rows to train on: the training split has none of these classes");
  if (split.validation.size() == 0) return;
  const auto validating = are_normal(split.validation.labels(), classes);
  split.normal.left_out = rows_where(split.validation, validating.logical_not());
  split.validation = rows_where(split.validation, validating);
  if (split.validation.size() == 0)
    throw FieldError("normal",
                     "leaves no rows for validation: give it more rows, or set \"validation\" to 0");
}

/// Whether it is known in which order the rows are in time.
bool has_order(const Dataset& rows) {
  const auto series = rows.series();
  return series && series->order.defined();
}

void require_by_time(const Data& data, const SplitConfig& config) {
  if (config.stratified)
    throw FieldError("stratified",
                     "conflicts with a split by time, which follows the times alone: leave it out, or set "
                     "\"by\" to \"random\"");
  for (const auto* part : {&data.train, data.test ? &*data.test : nullptr})
    if (part && !has_order(*part))
      throw FieldError("by", "is \"time\", and the rows of the source \"" + data.name +
                                 "\" have no times: name the column of a csv that has them, \"time\"");
}

/// The rows of a split by time, which must not be empty where some are asked for.
Dataset rows_behind(const Dataset& from, const Tensor& places, double asked, const std::string& name) {
  if (asked > 0 && places.size(0) == 0)
    throw FieldError(name,
                     "gets no rows: none of " + std::to_string(from.size()) +
                         " lies wholly behind a border in time with so few rows behind it; ask for more, "
                         "or set \"by\" to \"random\"");
  return from.subset(places);
}

/// The first rows in time to train on, those behind them for validation, and the last ones for the test.
Split divided_by_time(const Data& data, const SplitConfig& config) {
  require_by_time(data, config);
  const auto& train = data.train;
  Split split;
  split.by_time = true;
  auto left = at::arange(train.size(), at::kLong);
  auto ends = ends_of_rows(train);
  const auto amount_of = [&](double amount, std::int64_t rows, const std::string& name) {
    const auto count = rows_of(amount, rows);
    (void)take(train, left, 0, count, name);  // refuses more than are left
    return count;
  };
  const auto take_last = [&](double amount, std::int64_t rows, const std::string& name) {
    const auto [before, behind] =
        divide_by_time(left, ends.first, ends.second, amount_of(amount, rows, name));
    split.crossing += left.size(0) - before.size(0) - behind.size(0);
    left = before;
    ends = ends_of_rows(train.subset(left));
    return rows_behind(train, behind, amount, name);
  };
  if (data.test) {
    const auto& test = *data.test;
    const auto [of_begins, of_ends] = ends_of_rows(test);
    const auto places = at::arange(test.size(), at::kLong);
    const auto count = config.test ? rows_of(*config.test, test.size()) : test.size();
    split.test = test.subset(divide_by_time(places, of_begins, of_ends, count).behind);
  } else {
    split.test = take_last(*config.test, train.size(), "test");
  }
  split.validation = take_last(config.validation, train.size(), "validation");
  const auto trained = config.train ? amount_of(*config.train, left.size(0), "train") : left.size(0);
  split.train = train.subset(divide_by_time(left, ends.first, ends.second, trained).behind);
  return split;
}

Split divided_at_random(const Data& data, const SplitConfig& config, std::int64_t seed) {
  const auto& train = data.train;
  if (config.stratified && !train.has_labels())
    throw FieldError("stratified", "the source \"" + data.name + "\" has no labels");
  const auto order = shuffled(train, config.stratified, seed, "split");
  Split split;
  std::int64_t used = 0;
  if (data.test) {
    const auto rows = data.test->size();
    const auto count = config.test ? rows_of(*config.test, rows) : rows;
    const auto places =
        count == rows ? at::arange(count, at::kLong) : shuffled(*data.test, config.stratified, seed, "test");
    split.test = take(*data.test, places, 0, count, "test");
  } else {
    used = rows_of(*config.test, train.size());
    split.test = take(train, order, 0, used, "test");
  }
  const auto held_out = rows_of(config.validation, train.size());
  split.validation = take(train, order, used, held_out, "validation");
  used += held_out;
  const auto left = train.size() - used;
  split.train = take(train, order, used, config.train ? rows_of(*config.train, left) : left, "train");
  return split;
}

/// The parts of a source's rows, as they are. `config` is complete.
Split divided(const Data& data, const SplitConfig& config, std::int64_t seed) {
  auto split =
      config.by == SplitBy::time ? divided_by_time(data, config) : divided_at_random(data, config, seed);
  if (split.train.size() == 0)
    throw FieldError("validation",
                     "leaves no rows to train on; the source has " + std::to_string(data.train.size()));
  split.class_names = data.class_names;
  leave_out_others(split, in_field("normal", [&] {
                     return normal_classes(config.normal, data.classes(), data.class_names);
                   }));
  return split;
}

void change(Split& split, const std::shared_ptr<Transform>& transform) {
  for (auto* part : {&split.train, &split.validation, &split.test, &split.normal.left_out})
    *part = part->transformed(transform);
  split.transforms.push_back(transform);
}

}  // namespace

std::span<const std::string_view> names(SplitBy) {
  static constexpr std::array<std::string_view, 2> kNames = {"random", "time"};
  return kNames;
}

void SplitConfig::fields(Fields& f) {
  f("validation", validation, "rows held out for validation: a number, or a fraction below 1", at_least(0));
  f("train", train, "rows to train on, of those that remain: a number, or a fraction below 1; default: all",
    above(0));
  f("test", test,
    "rows held out for the test: a number, or a fraction below 1; default: the source's own test rows, or "
    "0.2 where it has none",
    at_least(0));
  f("stratified", stratified, "keep the proportion of each class in every split");
  f("by", by,
    "random: rows are split at random; time: the first ones are trained on, and the last ones are for the "
    "test; "
    "default: time where the rows have times or are windows")
      .also_known_as({"split", "split_by", "shuffle", "chronological"});
  f("normal", normal,
    "classes of normal rows, by name or number, one or a list: training and validation splits hold rows of "
    "these alone, the test split those of all classes. Amounts of rows count those of all classes")
      .also_known_as({"normal_class", "normal_classes", "inlier", "inliers"});
  f("transforms", transforms,
    "changes of every row, applied in this order; their statistics come from the training split alone");
  for (const auto& [name, amount] :
       {std::pair("validation", std::optional(validation)), {"train", train}, {"test", test}})
    f.require(!amount || is_amount(*amount), name, "must be a whole number of rows, or a fraction below 1");
  const auto problem = problem_of_normal(normal);
  f.require(problem.empty(), "normal", problem);
}

SplitConfig SplitConfig::completed(const ColumnTypes& types) const {
  auto completed = *this;
  if (types.empty()) return completed;
  if (transforms.empty()) completed.transforms = {ColumnsTransform::Config{}};
  for (std::size_t i = 0; i < transforms.size(); ++i)
    if (i > 0 || transforms[i].kind() != ColumnsTransform::Config::kind)
      throw FieldError(
          transform_field(i),
          "\"" + transforms[i].kind() +
              "\" is for numbers, and these data have categories, dates or missing cells: leave it "
              "out. \"columns\" encodes and scales them: {\"kind\": \"columns\", \"scale\": "
              "\"standard\"}");
  return completed;
}

std::vector<std::shared_ptr<Transform>> SplitConfig::make_transforms(const ColumnTypes& types) const {
  std::vector<std::shared_ptr<Transform>> made;
  const auto whole = completed(types);
  for (const auto& transform : whole.transforms) made.push_back(transform.make());
  if (!made.empty()) made.front()->take_types(types);
  return made;
}

Shape SplitConfig::changed(Shape shape, const ColumnTypes& types) const {
  const auto made = make_transforms(types);
  for (std::size_t i = 0; i < made.size(); ++i)
    shape = in_field(transform_field(i), [&] { return made[i]->shape(shape); });
  return shape;
}

FeatureGroups SplitConfig::features(const ColumnTypes& types) const {
  const auto made = make_transforms(types);
  return made.empty() ? FeatureGroups() : made.back()->features();
}

Bounds SplitConfig::changed(Bounds values) const {
  for (const auto& transform : transforms) values = transform.make()->values(values);
  return values;
}

bool SplitConfig::keeps_features() const {
  return std::all_of(transforms.begin(), transforms.end(),
                     [](const auto& transform) { return transform.make()->keeps_features(); });
}

namespace {

/// The range that all values are expected in; without limits where one is NaN or infinite, or there are none.
Bounds limits_of(std::initializer_list<const Dataset*> parts) {
  Range whole = {std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()};
  for (const auto* part : parts) {
    if (!part || part->size() == 0) continue;
    const auto [least, most] = expected_range(*part);
    if (!std::isfinite(least) || !std::isfinite(most)) return {};
    whole = {std::min(whole.first, least), std::max(whole.second, most)};
  }
  return whole.first <= whole.second ? between(whole.first, whole.second) : Bounds{};
}

/// Rows whose values are checked as they are read, since they were not when they were loaded.
Dataset to_fit(const Dataset& train) {
  if (train.in_memory()) return train;
  return without_nan(train, [](const std::string& place) {
    throw Error("the training split has NaN or infinite values: " + place);
  });
}

}  // namespace

SplitConfig Data::completed(SplitConfig config) const {
  if (!test && !config.test) config.test = 0.2;
  if (!config.by && !config.stratified && has_order(train)) config.by = SplitBy::time;
  if (const auto series = train.series(); series && !series->channels.empty() && config.transforms.empty())
    config.transforms = {StandardizeTransform::Config{.over = Over::channel}};
  return config.completed(types());
}

std::vector<std::int64_t> Data::changed_blocks(const SplitConfig& config) const {
  return blocks.empty() || config.keeps_features() ? blocks : std::vector<std::int64_t>();
}

Bounds Data::values() const { return limits_of({&train, test ? &*test : nullptr}); }

Bounds Split::limits() const { return values ? *values : limits_of({&train, &validation, &test}); }

std::int64_t Data::classes() const {
  if (!train.has_labels() || train.size() == 0) return 0;
  const auto of_train = train.labels().max().item<std::int64_t>() + 1;
  if (!test || !test->has_labels() || test->size() == 0) return of_train;
  return std::max(of_train, test->labels().max().item<std::int64_t>() + 1);
}

Dataset transformed(Dataset dataset, const Transforms& transforms) {
  for (const auto& transform : transforms) dataset = dataset.transformed(transform);
  return dataset;
}

namespace {

/// Throws a FieldError of a transform that cannot take missing cells of rows that are no table's.
void require_takes_missing(const Data& data, const SplitConfig& config) {
  if (!data.types().empty() || !data.train.has_missing()) return;
  for (std::size_t i = 0; i < config.transforms.size(); ++i)
    if (!config.transforms[i].can(capability::takes_missing))
      throw FieldError(transform_field(i),
                       "\"" + config.transforms[i].kind() +
                           "\" compares all values of the rows, and these have missing ones: leave it out; "
                           "{\"kind\": \"standardize\", \"over\": \"channel\"} scales what is known");
}

}  // namespace

Split Data::split(const SplitConfig& given, std::int64_t seed) const {
  const auto config = completed(given);
  (void)config.changed(shape(), types());
  require_takes_missing(*this, config);
  auto split = divided(*this, config, seed);
  split.values = config.changed(values());
  split.blocks = changed_blocks(config);
  split.features = config.features(types());
  const auto made = config.make_transforms(types());
  for (std::size_t i = 0; i < made.size(); ++i)
    in_field(transform_field(i), [&] {
      made[i]->fit(to_fit(split.train));
      change(split, made[i]);
    });
  return split;
}

Split Data::split(const SplitConfig& given, std::int64_t seed, const Transforms& transforms) const {
  const auto config = completed(given);
  auto split = divided(*this, config, seed);
  split.values = values();
  split.blocks = changed_blocks(config);
  split.features = config.features(types());
  for (const auto& transform : transforms) {
    split.values = transform->values(*split.values);
    change(split, transform);
  }
  return split;
}

}  // namespace aelab
