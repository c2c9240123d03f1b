#include "aelab/data/formats/array_file.h"

#include <fmt/format.h>

#include <algorithm>

#include "aelab/core/error.h"
#include "aelab/core/memory.h"

namespace aelab {
namespace {

constexpr std::int64_t kReadAtOnce = 1 << 20;  // bytes of rows that lie beside each other

std::int64_t values_of_row(const ArrayLayout& layout) {
  std::int64_t values = 1;
  for (std::size_t i = 1; i < layout.shape.size(); ++i) values *= layout.shape[i];
  return values;
}

void check_rows(const std::string& name, const ArrayLayout& layout) {
  if (layout.shape.empty()) throw Error(name + ": holds a single number, not rows");
  for (const auto dimension : layout.shape)
    if (dimension == 0)
      throw Error(fmt::format("{}: is empty: its shape is {}", name, to_string(layout.shape)));
}

}  // namespace

ArrayFile::ArrayFile(std::shared_ptr<const PooledFile> file, ArrayLayout layout)
    : name_(file->path().string()), layout_(std::move(layout)), row_values_(values_of_row(layout_)) {
  check_rows(name_, layout_);
  const auto end = layout_.offset + layout_.bytes();
  if (file->size() < end)
    throw Error(fmt::format("{}: is truncated: {} bytes expected, {} found", name_, end, file->size()));
  if (layout_.column_major && layout_.shape.size() > 1) {  // a row lies scattered over the file
    require_memory(static_cast<double>(end), name_ + ", in Fortran order,",
                   "save it in C order: numpy.ascontiguousarray(x)");
    std::string content(end, '\0');
    (void)file->read_at(0, content.data(), content.size());
    file->require_unchanged();
    content_ = std::make_shared<const std::string>(std::move(content));
  } else {
    file_ = std::move(file);
  }
}

ArrayFile::ArrayFile(std::string name, ArrayLayout layout, std::string content)
    : name_(std::move(name)),
      layout_(std::move(layout)),
      content_(std::make_shared<const std::string>(std::move(content))),
      row_values_(values_of_row(layout_)) {
  check_rows(name_, layout_);
  if (content_->size() < layout_.offset + layout_.bytes())
    throw Error(fmt::format("{}: is truncated: {} bytes expected, {} found", name_,
                            layout_.offset + layout_.bytes(), content_->size()));
}

ArrayFile ArrayFile::with_rows_of(std::size_t axes) const {
  const auto& shape = layout_.shape;
  if (shape.size() < axes + 1)
    throw Error(fmt::format("{}: has the shape {}, and more than {} are needed", name_, to_string(shape),
                            axes == 0   ? "no axis"
                            : axes == 1 ? "one axis"
                                        : fmt::format("{} axes", axes)));
  if (layout_.column_major && shape.size() > axes + 1)
    throw Error(name_ + ": is in Fortran order; save it in C order: numpy.ascontiguousarray(x)");
  auto changed = *this;
  const auto row = shape.end() - static_cast<std::ptrdiff_t>(axes);
  std::int64_t rows = 1;
  for (auto axis = shape.begin(); axis != row; ++axis) rows *= *axis;
  changed.layout_.shape.assign(row, shape.end());
  changed.layout_.shape.insert(changed.layout_.shape.begin(), rows);
  changed.row_values_ = values_of_row(changed.layout_);
  return changed;
}

const std::byte* ArrayFile::bytes(std::int64_t first_row, std::int64_t count, std::string& buffer) const {
  const auto row_bytes = static_cast<std::uint64_t>(row_values_) * width_of(layout_.type);
  const auto offset = layout_.offset + static_cast<std::uint64_t>(first_row) * row_bytes;
  if (content_) return reinterpret_cast<const std::byte*>(content_->data() + offset);
  const auto length = static_cast<std::size_t>(count) * row_bytes;
  buffer.resize(std::max(buffer.size(), length));
  const auto found = file_->read_at(offset, buffer.data(), length);
  if (found < length) {
    file_->require_unchanged();
    throw Failure(fmt::format("{}: ends at byte {}, within row {}", name_, offset + found,
                              first_row + static_cast<std::int64_t>(found / row_bytes)));
  }
  return reinterpret_cast<const std::byte*>(buffer.data());
}

void ArrayFile::read(std::span<const std::int64_t> rows, float* to) const {
  if (layout_.column_major && layout_.shape.size() > 1) {
    for (const auto row : rows) {
      read_columns(row, to);
      to += row_values_;
    }
    return;
  }
  thread_local std::string buffer;
  const auto row_bytes = row_values_ * static_cast<std::int64_t>(width_of(layout_.type));
  const auto most = static_cast<std::size_t>(std::max<std::int64_t>(1, kReadAtOnce / row_bytes));
  for (std::size_t i = 0; i < rows.size();) {
    std::size_t count = 1;
    while (count < most && i + count < rows.size() && rows[i + count] == rows[i + count - 1] + 1) ++count;
    const auto values = static_cast<std::int64_t>(count) * row_values_;
    to_floats(layout_, bytes(rows[i], static_cast<std::int64_t>(count), buffer), values, to);
    to += values;
    i += count;
  }
  if (file_) file_->require_unchanged();
}

// In column-major order the value of index (row, i, j, ...) lies at row + rows (i + I (j + J ...)).
void ArrayFile::read_columns(std::int64_t row, float* to) const {
  const auto& shape = layout_.shape;
  const auto width = static_cast<std::int64_t>(width_of(layout_.type));
  const auto* values = reinterpret_cast<const std::byte*>(content_->data() + layout_.offset);
  const auto last = shape.back(), stride = elements(shape) / last;  // between neighbors of the last index
  for (std::int64_t begin = 0; begin < row_values_; begin += last) {
    std::int64_t place = row, unit = shape[0], rest = begin / last, block = row_values_ / last;
    for (std::size_t d = 1; d + 1 < shape.size(); ++d) {  // row-major digits of `rest`, first index first
      block /= shape[d];
      place += rest / block * unit;
      rest %= block;
      unit *= shape[d];
    }
    to_floats(layout_, values + place * width, last, to + begin, stride);
  }
}

std::vector<std::int64_t> ArrayFile::integers() const {
  std::vector<std::int64_t> values(static_cast<std::size_t>(rows() * row_values_));
  std::string buffer;
  to_integers(layout_, bytes(0, rows(), buffer), static_cast<std::int64_t>(values.size()), values.data());
  return values;
}

}  // namespace aelab
