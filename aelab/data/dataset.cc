#include "aelab/data/dataset.h"

#include <ATen/ATen.h>

#include <cmath>
#include <limits>

#include "aelab/core/error.h"

namespace aelab {

Batch Batch::to(at::Device device) const {
  if (inputs.device() == device) return *this;
  return {inputs.to(device), labels.defined() ? labels.to(device) : labels, rows};
}

namespace {

class Resident : public Storage {
 public:
  Resident(Tensor inputs, Tensor labels) : inputs_(std::move(inputs)), labels_(std::move(labels)) {}
  std::int64_t size() const override { return inputs_.size(0); }
  Shape shape() const override { return inputs_.sizes().slice(1).vec(); }
  bool has_labels() const override { return labels_.defined(); }
  Batch gather(const Tensor& rows) const override {
    return {inputs_.index_select(0, rows), labels_.defined() ? labels_.index_select(0, rows) : Tensor(),
            rows};
  }

 private:
  Tensor inputs_, labels_;
};

class Standardized : public Storage {
 public:
  Standardized(std::shared_ptr<const Storage> storage, Tensor mean, Tensor deviation)
      : storage_(std::move(storage)), mean_(std::move(mean)), deviation_(std::move(deviation)) {}
  std::int64_t size() const override { return storage_->size(); }
  Shape shape() const override { return storage_->shape(); }
  bool has_labels() const override { return storage_->has_labels(); }
  Batch gather(const Tensor& rows) const override {
    auto batch = storage_->gather(rows);
    batch.inputs = batch.inputs.sub_(mean_).div_(deviation_);
    return batch;
  }

 private:
  std::shared_ptr<const Storage> storage_;
  Tensor mean_, deviation_;
};

constexpr std::int64_t kChunk = 4096;  // rows read at once by what passes over a whole set

template <class Visit>
void in_chunks(const Dataset& dataset, Visit visit) {
  for (std::int64_t begin = 0; begin < dataset.size(); begin += kChunk)
    visit(dataset.range(begin, std::min(begin + kChunk, dataset.size())));
}

}  // namespace

Dataset Dataset::from_tensors(const Tensor& inputs, const Tensor& labels) {
  if (!inputs.defined() || inputs.dim() < 2)
    throw Error("from_tensors: inputs must be [rows, ...shape], with at least two dimensions");
  if (labels.defined() && (labels.dim() != 1 || labels.size(0) != inputs.size(0)))
    throw Error("from_tensors: labels must be [rows], as many as inputs");
  if (labels.defined() && labels.numel() > 0 && labels.min().item<std::int64_t>() < 0)
    throw Error("from_tensors: labels must be class numbers from 0");
  return Dataset(std::make_shared<Resident>(inputs.to(at::kFloat).contiguous(),
                                            labels.defined() ? labels.to(at::kLong).contiguous() : Tensor()));
}

std::int64_t Dataset::size() const {
  if (!storage_) return 0;
  return rows_.defined() ? rows_.size(0) : storage_->size();
}

Batch Dataset::gather(const Tensor& places) const {
  return storage_->gather(rows_.defined() ? rows_.index_select(0, places) : places);
}

Batch Dataset::range(std::int64_t begin, std::int64_t end) const {
  return gather(at::arange(begin, end, at::kLong));
}

Dataset Dataset::subset(const Tensor& places) const {
  auto subset = *this;
  subset.rows_ = rows_.defined() ? rows_.index_select(0, places) : places;
  return subset;
}

Tensor Dataset::labels() const {
  if (!has_labels()) return {};
  std::vector<Tensor> labels;
  in_chunks(*this, [&](const Batch& batch) { labels.push_back(batch.labels); });
  return labels.empty() ? at::empty({0}, at::kLong) : at::cat(labels);
}

Dataset Dataset::standardized(const Tensor& mean, const Tensor& deviation) const {
  auto dataset = *this;
  if (storage_) dataset.storage_ = std::make_shared<Standardized>(storage_, mean, deviation);
  return dataset;
}

std::pair<Tensor, Tensor> feature_statistics(const Dataset& dataset) {
  auto sum = at::zeros(dataset.shape(), at::kDouble), squares = at::zeros_like(sum);
  in_chunks(dataset, [&](const Batch& batch) { sum += batch.inputs.sum(0, false, at::kDouble); });
  const auto mean = sum / dataset.size();
  in_chunks(dataset, [&](const Batch& batch) { squares += (batch.inputs - mean).square().sum(0); });
  auto deviation = (squares / dataset.size()).sqrt();
  deviation = at::where(deviation > 1e-12, deviation, at::ones_like(deviation));
  return {mean.to(at::kFloat), deviation.to(at::kFloat)};
}

std::pair<double, double> value_range(const Dataset& dataset) {
  double least = std::numeric_limits<double>::infinity(), most = -least;
  in_chunks(dataset, [&](const Batch& batch) {
    const auto [low, high] = at::aminmax(batch.inputs);
    const double l = low.item<double>(), h = high.item<double>();
    if (std::isnan(l) || l < least) least = l;  // NaN stays
    if (std::isnan(h) || h > most) most = h;
  });
  return {least, most};
}

}  // namespace aelab
