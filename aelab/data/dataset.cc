#include "aelab/data/dataset.h"

#include <ATen/ATen.h>

#include <cmath>
#include <limits>

#include "aelab/core/error.h"
#include "aelab/data/changed_rows.h"
#include "aelab/data/transform.h"

namespace aelab {

Batch Batch::to(at::Device device) const {
  if (inputs.device() == device) return *this;
  return {inputs.to(device), labels.defined() ? labels.to(device) : labels, rows, factors};
}

namespace {

constexpr std::int64_t kChunk = 4096;  // rows read at once by what passes over a whole set

template <class Visit>
void in_chunks(const Dataset& given, Visit visit) {
  const auto dataset = given.in_storage_order();
  for (std::int64_t begin = 0; begin < dataset.size(); begin += kChunk)
    visit(dataset.range(begin, std::min(begin + kChunk, dataset.size())));
}

Range range_of_inputs(const Dataset& dataset) {
  double least = std::numeric_limits<double>::infinity(), most = -least;
  const bool may_lack_cells = dataset.has_missing();
  in_chunks(dataset, [&](const Batch& batch) {
    const auto known = may_lack_cells ? batch.inputs.masked_select(~batch.inputs.isnan()) : batch.inputs;
    if (known.numel() == 0) return;
    const auto [low, high] = range_of(known);
    if (std::isnan(low) || low < least) least = low;  // NaN stays
    if (std::isnan(high) || high > most) most = high;
  });
  return {least, most};
}

/// Rows of blocks that are spread evenly over a set.
Dataset sample_of(const Dataset& dataset) {
  constexpr std::int64_t kBlocks = 64, kBlockValues = 1 << 18;
  if (dataset.size() == 0) return dataset;
  const auto rows = std::max<std::int64_t>(1, kBlockValues / elements(dataset.shape()));
  if (dataset.size() <= kBlocks * rows) return dataset;
  std::vector<Tensor> blocks;
  for (std::int64_t i = 0; i < kBlocks; ++i) {
    const auto begin = static_cast<std::int64_t>(static_cast<double>(dataset.size() - rows) *
                                                 static_cast<double>(i) / (kBlocks - 1));
    blocks.push_back(at::arange(begin, begin + rows, at::kLong));
  }
  return dataset.in_storage_order().subset(at::cat(blocks));
}

class Resident : public Storage {
 public:
  Resident(Tensor inputs, Tensor labels, Where where)
      : inputs_(std::move(inputs)), labels_(std::move(labels)), where_(std::move(where)) {}
  std::int64_t size() const override { return inputs_.size(0); }
  Shape shape() const override { return inputs_.sizes().slice(1).vec(); }
  bool has_labels() const override { return labels_.defined(); }
  Batch gather(const Tensor& rows, const Randomness&) const override {
    return {inputs_.index_select(0, rows), labels_.defined() ? labels_.index_select(0, rows) : Tensor(),
            rows};
  }
  Tensor labels(const Tensor& rows) const override { return labels_.index_select(0, rows); }
  std::string where(std::int64_t row) const override { return where_ ? where_(row) : Storage::where(row); }

 protected:
  Range find_range() const override {
    return inputs_.numel() == 0 ? Storage::find_range() : range_of(inputs_);
  }

 private:
  Tensor inputs_, labels_;
  Where where_;
};

class Transformed : public ChangedRows {
 public:
  Transformed(const std::shared_ptr<const Storage>& storage, std::shared_ptr<const Transform> transform)
      : ChangedRows(Dataset(storage)),
        transform_(std::move(transform)),
        shape_(transform_->shape(storage->shape())) {
    if (const auto* below = dynamic_cast<const Transformed*>(storage.get())) depth_ = below->depth_ + 1;
  }
  Shape shape() const override { return shape_; }
  ColumnTypes types() const override { return {}; }
  std::shared_ptr<const SparseMatrix> held_out() const override { return set().held_out(); }
  Batch gather(const Tensor& rows, const Randomness& random) const override {
    auto batch = ChangedRows::gather(rows, random);
    Draws draws{.rows = rows};
    if (random)
      draws.training.emplace(random->seed, random->pass, rows,
                             random->scope + "transform " + std::to_string(depth_) + "/");
    batch.inputs = transform_->apply(batch.inputs, draws);
    return batch;
  }

 protected:
  Range find_range() const override { return Storage::find_range(); }

 private:
  std::shared_ptr<const Transform> transform_;
  Shape shape_;
  std::int64_t depth_ = 0;  // how many transforms are below it
};

class Inspected : public ChangedRows {
 public:
  Inspected(const std::shared_ptr<const Storage>& storage, Inspection inspection)
      : ChangedRows(Dataset(storage)), inspection_(std::move(inspection)) {}
  std::shared_ptr<const Truth> truth() const override { return set().truth(); }
  std::shared_ptr<const SparseMatrix> held_out() const override { return set().held_out(); }
  Batch gather(const Tensor& rows, const Randomness& random) const override {
    auto batch = ChangedRows::gather(rows, random);
    inspection_(batch, [this](std::int64_t row) { return where(row); });
    return batch;
  }

 private:
  Inspection inspection_;
};

class WithTypes : public ChangedRows {
 public:
  WithTypes(Dataset set, ColumnTypes types)
      : ChangedRows(std::move(set)), types_(std::move(types)), has_missing_(lacks_cells()) {}
  ColumnTypes types() const override { return types_; }
  bool has_missing() const override { return has_missing_; }

 protected:
  Range find_range() const override { return Storage::find_range(); }

 private:
  ColumnTypes types_;
  bool has_missing_;

  bool lacks_cells() const {
    bool lacks = false;
    in_chunks(set(), [&](const Batch& batch) { lacks = lacks || batch.inputs.isnan().any().item<bool>(); });
    return lacks;
  }
};

class WithFactors : public ChangedRows {
 public:
  WithFactors(Dataset set, std::vector<Factor> factors, Tensor values)
      : ChangedRows(std::move(set)), factors_(std::move(factors)), values_(std::move(values)) {}
  std::vector<Factor> factors() const override { return factors_; }
  Batch gather(const Tensor& rows, const Randomness& random) const override {
    auto batch = ChangedRows::gather(rows, random);
    batch.factors = values_.index_select(0, rows);
    return batch;
  }

 private:
  std::vector<Factor> factors_;
  Tensor values_;
};

class JoinedRows : public Storage {
 public:
  explicit JoinedRows(std::vector<Dataset> sets) : sets_(std::move(sets)), factors_(sets_.front().factors()) {
    for (const auto& set : sets_) {
      if (set.factors() != factors_) factors_.clear();
      begins_.push_back(size_);
      size_ += set.size();
      has_labels_ = has_labels_ && set.has_labels();
      in_memory_ = in_memory_ && set.in_memory();
      has_missing_ = has_missing_ || set.has_missing();
    }
  }
  std::int64_t size() const override { return size_; }
  Shape shape() const override { return sets_.front().shape(); }
  bool has_missing() const override { return has_missing_; }
  bool has_labels() const override { return has_labels_; }
  std::vector<Factor> factors() const override { return factors_; }
  Batch gather(const Tensor& rows, const Randomness& random) const override {
    const auto count = rows.size(0), factors = static_cast<std::int64_t>(factors_.size());
    Batch whole{at::empty(shape_of_batch(count)), has_labels_ ? at::empty({count}, at::kLong) : Tensor(),
                rows, factors ? at::empty({count, factors}, at::kLong) : Tensor()};
    for (std::size_t i = 0; i < sets_.size(); ++i) {
      const auto begin = begins_[i], end = begin + sets_[i].size();
      const auto places = ((rows >= begin) & (rows < end)).nonzero().flatten();
      if (places.size(0) == 0) continue;
      auto chance = random;
      if (chance) chance->scope += "set " + std::to_string(i) + "/";
      const auto part = sets_[i].gather(rows.index_select(0, places) - begin, chance);
      whole.inputs.index_copy_(0, places, part.inputs);
      if (has_labels_) whole.labels.index_copy_(0, places, part.labels);
      if (factors) whole.factors.index_copy_(0, places, part.factors);
    }
    return whole;
  }
  Tensor labels(const Tensor& rows) const override {
    auto labels = at::empty({rows.size(0)}, at::kLong);
    for (std::size_t i = 0; i < sets_.size(); ++i) {
      const auto begin = begins_[i], end = begin + sets_[i].size();
      const auto places = ((rows >= begin) & (rows < end)).nonzero().flatten();
      if (places.size(0) > 0)
        labels.index_copy_(0, places, sets_[i].subset(rows.index_select(0, places) - begin).labels());
    }
    return labels;
  }
  std::string where(std::int64_t row) const override {
    std::size_t i = sets_.size() - 1;
    while (begins_[i] > row) --i;
    return sets_[i].where(row - begins_[i]);
  }
  bool in_memory() const override { return in_memory_; }

 private:
  std::vector<Dataset> sets_;
  std::vector<Factor> factors_;
  std::vector<std::int64_t> begins_;
  std::int64_t size_ = 0;
  bool has_labels_ = true, in_memory_ = true, has_missing_ = false;

  Shape shape_of_batch(std::int64_t rows) const {
    auto shape = this->shape();
    shape.insert(shape.begin(), rows);
    return shape;
  }
};

}  // namespace

Range range_of(const Tensor& values) {
  const auto [least, most] = at::aminmax(values);
  return {least.item<double>(), most.item<double>()};
}

Batch ChangedRows::gather(const Tensor& rows, const Randomness& random) const {
  auto batch = set_.gather(rows, random);
  batch.rows = rows;
  return batch;
}

Range Storage::find_range() const {
  const std::shared_ptr<const Storage> unowned(std::shared_ptr<const Storage>(), this);
  const Dataset whole(unowned);
  return range_of_inputs(in_memory() ? whole : sample_of(whole));
}

Range Storage::value_range() const {
  std::call_once(range_once_, [this] {
    range_ = find_range();
    range_is_known_ = true;
  });
  return range_;
}

std::optional<Range> Storage::known_range() const {
  return range_is_known_ ? std::optional(range_) : std::nullopt;
}

Dataset Dataset::from_tensors(const Tensor& inputs, const Tensor& labels, Where where) {
  if (!inputs.defined() || inputs.dim() < 2)
    throw Error("from_tensors: inputs must be [rows, ...shape], with at least two dimensions");
  if (labels.defined() && (labels.dim() != 1 || labels.size(0) != inputs.size(0)))
    throw Error("from_tensors: labels must be [rows], as many as inputs");
  if (labels.defined() && labels.numel() > 0 && labels.min().item<std::int64_t>() < 0)
    throw Error("from_tensors: labels must be class numbers from 0");
  return Dataset(std::make_shared<Resident>(inputs.to(at::kFloat).contiguous(),
                                            labels.defined() ? labels.to(at::kLong).contiguous() : Tensor(),
                                            std::move(where)));
}

std::int64_t Dataset::size() const {
  if (!storage_) return 0;
  return rows_.defined() ? rows_.size(0) : storage_->size();
}

Batch Dataset::gather(const Tensor& places, const Randomness& random) const {
  return storage_->gather(rows_.defined() ? rows_.index_select(0, places) : places, random);
}

Batch Dataset::range(std::int64_t begin, std::int64_t end) const {
  return gather(at::arange(begin, end, at::kLong));
}

Dataset Dataset::in_storage_order() const {
  auto sorted = *this;
  if (rows_.defined()) sorted.rows_ = std::get<0>(rows_.sort());
  return sorted;
}

Dataset Dataset::subset(const Tensor& places) const {
  auto subset = *this;
  subset.rows_ = rows_.defined() ? rows_.index_select(0, places) : places;
  return subset;
}

Tensor Dataset::labels() const {
  if (!has_labels()) return {};
  return storage_->labels(rows_.defined() ? rows_ : at::arange(size(), at::kLong));
}

Dataset Dataset::with_factors(std::vector<Factor> factors, const Tensor& values) const {
  const auto count = static_cast<std::int64_t>(factors.size());
  if (!values.defined() || values.scalar_type() != at::kLong ||
      values.sizes() != at::IntArrayRef({size(), count}))
    throw Error("with_factors: values must be int64 [rows, factors], as many as rows and named factors");
  for (std::int64_t i = 0; i < count; ++i) {
    const auto& factor = factors[static_cast<std::size_t>(i)];
    const auto column = values.select(1, i);
    if (((column < 0) | (column >= factor.values)).any().item<bool>())
      throw Error("with_factors: values of \"" + factor.name + "\" must be numbers from 0 to " +
                  std::to_string(factor.values - 1));
  }
  return Dataset(std::make_shared<WithFactors>(*this, std::move(factors), values.contiguous()));
}

Dataset Dataset::with_types(ColumnTypes types) const {
  std::int64_t width = 0;
  for (const auto& type : types) width += type.width();
  if (shape() != Shape{width})
    throw Error("with_types: the types are of " + std::to_string(width) + " features, the rows have shape " +
                to_string(shape()));
  return Dataset(std::make_shared<WithTypes>(*this, std::move(types)));
}

Dataset Dataset::transformed(std::shared_ptr<const Transform> transform) const {
  auto dataset = *this;
  if (storage_) dataset.storage_ = std::make_shared<Transformed>(storage_, std::move(transform));
  return dataset;
}

Dataset Dataset::inspected(Inspection inspection) const {
  auto dataset = *this;
  if (storage_) dataset.storage_ = std::make_shared<Inspected>(storage_, std::move(inspection));
  return dataset;
}

std::string Dataset::where(std::int64_t place) const {
  return storage_->where(rows_.defined() ? rows_[place].item<std::int64_t>() : place);
}

Range value_range(const Dataset& dataset) {
  const bool whole = dataset.storage_ && !dataset.rows_.defined();
  return whole && dataset.in_memory() ? dataset.storage_->value_range() : range_of_inputs(dataset);
}

Range expected_range(const Dataset& dataset) {
  if (dataset.storage_ && !dataset.rows_.defined()) return dataset.storage_->value_range();
  return range_of_inputs(dataset.in_memory() ? dataset : sample_of(dataset));
}

bool Dataset::surely_within(double least, double most) const {
  const auto known = storage_ && in_memory() ? storage_->known_range() : std::nullopt;
  return known && known->first >= least && known->second <= most && std::isfinite(known->first) &&
         std::isfinite(known->second);
}

Dataset joined(const std::vector<Dataset>& sets) {
  if (sets.empty()) return {};
  for (const auto& set : sets)
    if (set.shape() != sets.front().shape())
      throw Error("cannot join rows of shape [" + in_list(sets.front().shape()) + "] and [" +
                  in_list(set.shape()) + "]");
  return sets.size() == 1 ? sets.front() : Dataset(std::make_shared<JoinedRows>(sets));
}

std::pair<Tensor, Tensor> feature_moments(const Dataset& dataset) {
  auto mean = at::zeros(dataset.shape(), at::kDouble), squares = at::zeros_like(mean);
  double seen = 0;
  in_chunks(dataset, [&](const Batch& batch) {  // Chan, Golub & LeVeque 1979, "Updating formulae"
    const auto rows = static_cast<double>(batch.size());
    const auto chunk_mean = batch.inputs.sum(0, false, at::kDouble) / rows, change = chunk_mean - mean;
    squares += (batch.inputs - chunk_mean).square().sum(0) + change.square() * (seen * rows / (seen + rows));
    seen += rows;
    mean += change * (rows / seen);
  });
  return {mean, squares / seen};
}

Tensor divisor(const Tensor& deviation, const Tensor& mean) {
  constexpr double kRounding = 1e-13;  // of float64 sums of equal numbers, relative to the numbers
  return at::where(deviation > kRounding * mean.abs(), deviation, 1.);
}

}  // namespace aelab
