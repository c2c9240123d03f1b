#include "aelab/data/array_rows.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "aelab/core/error.h"
#include "aelab/core/memory.h"
#include "aelab/core/signals.h"

namespace aelab {
namespace {

Shape stored_shape(const ArrayFile& array) {
  auto shape = array.row_shape();
  if (shape.empty())
    throw Error(
        array.name() +
        ": holds a one-dimensional array; inputs are [rows, features] or [rows, height, width]: for a "
        "single feature, save x[:, None]");
  return shape;
}

/// Which file each row lies in.
class ShardNames {
 public:
  void add(const ArrayFile& file) {
    begins_.push_back(size_);
    names_.push_back(file.name());
    size_ += file.rows();
  }
  std::int64_t size() const { return size_; }
  std::int64_t begin(std::size_t shard) const { return begins_[shard]; }
  std::size_t shard_of(std::int64_t row) const {
    return static_cast<std::size_t>(std::upper_bound(begins_.begin(), begins_.end(), row) - begins_.begin()) -
           1;
  }
  std::string operator()(std::int64_t row) const {
    const auto shard = shard_of(row);
    return "row " + std::to_string(row - begins_[shard]) + " of " + names_[shard];
  }

 private:
  std::vector<std::int64_t> begins_;
  std::vector<std::string> names_;
  std::int64_t size_ = 0;
};

class ArrayRows : public Storage {
 public:
  ArrayRows(std::vector<ArrayFile> arrays, Tensor labels, const ArrayRowsConfig& config)
      : arrays_(std::move(arrays)), labels_(std::move(labels)), config_(config) {
    stored_ = stored_shape(arrays_.front());
    for (const auto& array : arrays_) {
      if (stored_shape(array) != stored_)
        throw Error(array.name() + ": its rows have shape [" + in_list(array.row_shape()) + "], those of " +
                    arrays_.front().name() + " [" + in_list(stored_) + "]");
      shards_.add(array);
    }
    shape_ = read_as_ = shape_of_rows();
    if (config.channels_last) std::rotate(shape_.begin(), shape_.end() - 1, shape_.end());
  }

  std::int64_t size() const override { return shards_.size(); }
  Shape shape() const override { return shape_; }
  bool has_labels() const override { return labels_.defined(); }
  bool in_memory() const override { return false; }
  Tensor labels(const Tensor& rows) const override { return labels_.index_select(0, rows); }

  std::string where(std::int64_t row) const override { return shards_(row); }
  const ShardNames& shards() const { return shards_; }

  Batch gather(const Tensor& rows, const Randomness&) const override {
    const auto count = rows.size(0);
    auto sizes = stored_;
    sizes.insert(sizes.begin(), count);
    auto inputs = at::empty(sizes);
    read(rows.contiguous(), inputs);
    return {arranged(inputs, count), labels_.defined() ? labels_.index_select(0, rows) : Tensor(), rows};
  }

 private:
  std::vector<ArrayFile> arrays_;
  ShardNames shards_;
  Tensor labels_;
  ArrayRowsConfig config_;
  Shape stored_, read_as_, shape_;  // in the files, with all axes, and with the channels first

  /// The axes of a row in their order in the files.
  Shape shape_of_rows() const {
    const auto& given = config_.shape;
    if (given && elements(*given) != elements(stored_))
      throw FieldError("shape", to_string(*given) + " has " + std::to_string(elements(*given)) +
                                    " values, a row of " + arrays_.front().name() + " has " +
                                    std::to_string(elements(stored_)));
    auto shape = given.value_or(stored_);
    if (!given && shape.size() == 2) shape.insert(config_.channels_last ? shape.end() : shape.begin(), 1);
    if (config_.channels_last && shape.size() != 3 && !(given && shape.size() == 2))
      throw Error(arrays_.front().name() + ": its rows have shape [" + in_list(shape) +
                  "]: they are not images, so \"channels_last\" does not apply");
    return shape;
  }

  void read(const Tensor& rows, Tensor& inputs) const {
    const auto values = elements(stored_);
    const std::span<const std::int64_t> all(rows.const_data_ptr<std::int64_t>(),
                                            static_cast<std::size_t>(rows.size(0)));
    auto* to = inputs.mutable_data_ptr<float>();
    std::vector<std::int64_t> within;
    for (std::size_t i = 0; i < all.size();) {
      const auto shard = shards_.shard_of(all[i]);
      within.clear();
      for (; i < all.size() && shards_.shard_of(all[i]) == shard; ++i)
        within.push_back(all[i] - shards_.begin(shard));
      arrays_[shard].read(within, to);
      const auto read = static_cast<std::int64_t>(within.size()) * values;
      if (config_.unit && arrays_[shard].layout().type == ValueType::u8) divide(to, read, 255);
      to += read;
    }
  }

  Tensor arranged(const Tensor& inputs, std::int64_t count) const {
    auto sizes = read_as_;
    sizes.insert(sizes.begin(), count);
    const auto rows = inputs.view(sizes);
    return config_.channels_last ? rows.movedim(-1, 1).contiguous() : rows;
  }
};

/// All inputs, [rows, ...shape], read some at a time.
Tensor read_all_rows(const ArrayRows& rows) {
  constexpr std::int64_t kValuesAtOnce = 1 << 20;
  const auto row = elements(rows.shape()), at_once = std::max<std::int64_t>(1, kValuesAtOnce / row);
  require_memory(static_cast<double>(rows.size()) * static_cast<double>(row) * sizeof(float),
                 std::to_string(rows.size()) + " rows of shape [" + in_list(rows.shape()) + "]",
                 "set \"in_memory\" to false, where the source has it, or use fewer rows");
  auto sizes = rows.shape();
  sizes.insert(sizes.begin(), rows.size());
  auto whole = at::empty(sizes);
  for (std::int64_t begin = 0; begin < rows.size(); begin += at_once) {
    StopSignals::check();
    const auto end = std::min(begin + at_once, rows.size());
    whole.slice(0, begin, end).copy_(rows.gather(at::arange(begin, end, at::kLong), {}).inputs);
  }
  return whole;
}

}  // namespace

Tensor labels_of(const std::vector<RowsOfFile>& files, const std::vector<ArrayFile>& labels) {
  if (labels.empty()) return {};
  if (labels.size() != files.size())
    throw Error(std::to_string(labels.size()) + " label files for " + std::to_string(files.size()) +
                " files of inputs: each of these needs one");
  std::vector<Tensor> all;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto& file = labels[i];
    if (is_float(file.layout().type) || file.layout().shape.size() != 1)
      throw Error(file.name() + ": holds " +
                  (is_float(file.layout().type) ? "floating-point numbers" : "integers") + " of shape [" +
                  in_list(file.layout().shape) + "]; labels must be integers of shape [rows]");
    if (file.rows() != files[i].rows)
      throw Error(file.name() + ": has " + std::to_string(file.rows()) + " labels for the " +
                  std::to_string(files[i].rows) + " rows of " + files[i].name);
    const auto values = file.integers();
    const auto negative = std::find_if(values.begin(), values.end(), [](auto x) { return x < 0; });
    if (negative != values.end())
      throw Error(file.name() + ": row " + std::to_string(negative - values.begin()) +
                  ": labels are class numbers from 0, and this one is negative or too large");
    all.push_back(at::tensor(values));
  }
  return at::cat(all);
}

Dataset rows_of(std::vector<ArrayFile> arrays, std::vector<ArrayFile> labels, const ArrayRowsConfig& config) {
  if (config.tokens_as_rows) {
    for (auto& array : arrays) array = array.with_rows_of(/*axes=*/1);
    for (auto& array : labels) array = array.with_rows_of(/*axes=*/0);
  }
  for (const auto& array : arrays)
    if (!config.in_memory && !array.stays_in_file())
      throw Error(
          array.name() +
          ": cannot be read in parts, as \"in_memory\": false requires: it is compressed, or in Fortran "
          "order. Unpack it, or save it in C order: numpy.ascontiguousarray(x)");
  std::vector<RowsOfFile> files;
  for (const auto& array : arrays) files.push_back({array.name(), array.rows()});
  auto classes = labels_of(files, labels);
  const auto rows = std::make_shared<const ArrayRows>(std::move(arrays), classes, config);
  if (!config.in_memory) return Dataset(rows);
  return Dataset::from_tensors(read_all_rows(*rows), classes, rows->shards());
}

}  // namespace aelab
