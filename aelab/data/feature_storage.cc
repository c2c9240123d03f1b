#include <ATen/ATen.h>

#include "aelab/data/feature_rows.h"

namespace aelab {
namespace {

/// The indices of stored rows.
std::vector<std::int64_t> indices_of(const Tensor& rows, std::int64_t first) {
  const auto places = rows.contiguous();
  const auto* place = places.const_data_ptr<std::int64_t>();
  std::vector<std::int64_t> indices(place, place + places.numel());
  for (auto& index : indices) index += first;
  return indices;
}

class FeatureTruth : public Truth {
 public:
  FeatureTruth(std::shared_ptr<const FeatureSampler> sampler, std::int64_t first)
      : sampler_(std::move(sampler)), first_(first) {}
  Tensor dictionary() const override { return sampler_->model().dictionary; }
  Tensor bias() const override { return sampler_->model().bias; }
  Tensor parents() const override { return sampler_->model().parents; }

  ActiveFeatures active(const Tensor& rows) const override {
    const auto indices = indices_of(rows, first_);
    std::vector<std::vector<FeatureSampler::Active>> found(indices.size());
    sampler_->draw(indices, [&](std::int64_t place, std::span<const FeatureSampler::Active> active) {
      found[static_cast<std::size_t>(place)].assign(active.begin(), active.end());
    });
    std::int64_t total = 0;
    for (const auto& row : found) total += static_cast<std::int64_t>(row.size());
    ActiveFeatures all{at::zeros({rows.numel() + 1}, at::kLong), at::empty({total}, at::kLong),
                       at::empty({total})};
    auto* offset = all.offsets.mutable_data_ptr<std::int64_t>();
    auto* column = all.columns.mutable_data_ptr<std::int64_t>();
    auto* size = all.sizes.mutable_data_ptr<float>();
    for (const auto& row : found) {
      for (const auto& active : row) {
        *column++ = active.feature;
        *size++ = active.size;
      }
      offset[1] = offset[0] + static_cast<std::int64_t>(row.size());
      ++offset;
    }
    return all;
  }

 private:
  std::shared_ptr<const FeatureSampler> sampler_;
  std::int64_t first_;
};

class FeatureRows : public Storage {
 public:
  FeatureRows(std::shared_ptr<const FeatureSampler> sampler, std::int64_t first, std::int64_t count)
      : sampler_(std::move(sampler)), first_(first), count_(count) {}
  std::int64_t size() const override { return count_; }
  Shape shape() const override { return {sampler_->model().dictionary.size(1)}; }
  bool has_labels() const override { return false; }
  bool in_memory() const override { return false; }
  std::shared_ptr<const Truth> truth() const override {
    return std::make_shared<FeatureTruth>(sampler_, first_);
  }
  Batch gather(const Tensor& rows, const Randomness&) const override {
    return {sampler_->rows(indices_of(rows, first_)), {}, rows};
  }

 private:
  std::shared_ptr<const FeatureSampler> sampler_;
  std::int64_t first_, count_;
};

}  // namespace

Dataset feature_rows(std::shared_ptr<const FeatureSampler> sampler, std::int64_t first, std::int64_t count) {
  return Dataset(std::make_shared<FeatureRows>(std::move(sampler), first, count));
}

}  // namespace aelab
