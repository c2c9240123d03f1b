#include "aelab/data/sources/sparse_source.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <algorithm>

#include "aelab/core/error.h"
#include "aelab/core/text.h"
#include "aelab/data/array_rows.h"
#include "aelab/data/formats/npy.h"
#include "aelab/data/formats/sparse_npz.h"
#include "aelab/data/places.h"

namespace aelab {
namespace {

class SparseStorage : public Storage {
 public:
  SparseStorage(SparseMatrix matrix, std::vector<RowsOfFile> files, Tensor labels,
                std::shared_ptr<const SparseMatrix> held_out)
      : matrix_(std::move(matrix)),
        files_(std::move(files)),
        labels_(std::move(labels)),
        held_out_(std::move(held_out)) {}

  std::int64_t size() const override { return matrix_.rows(); }
  Shape shape() const override { return {matrix_.columns}; }
  bool has_labels() const override { return labels_.defined(); }
  std::shared_ptr<const SparseMatrix> held_out() const override { return held_out_; }
  Tensor labels(const Tensor& rows) const override { return labels_.index_select(0, rows); }

  Batch gather(const Tensor& rows, const Randomness&) const override {
    constexpr std::int64_t kGrain = 16;  // rows that are worth a thread
    const auto wanted = rows.contiguous();
    const auto* row = wanted.const_data_ptr<std::int64_t>();
    auto inputs = at::zeros({rows.size(0), matrix_.columns});
    auto* to = inputs.mutable_data_ptr<float>();
    at::parallel_for(0, rows.size(0), kGrain, [&](std::int64_t begin, std::int64_t end) {
      for (auto i = begin; i < end; ++i) {
        const auto places = matrix_.places_of(row[i]);
        const auto values = matrix_.values_of(row[i]);
        for (std::size_t j = 0; j < places.size(); ++j) to[i * matrix_.columns + places[j]] = values[j];
      }
    });
    return {inputs, has_labels() ? labels(rows) : Tensor(), rows};
  }

  std::string where(std::int64_t row) const override {
    std::size_t file = 0;
    for (; row >= files_[file].rows; ++file) row -= files_[file].rows;
    return "row " + std::to_string(row) + " of " + files_[file].name;
  }

 protected:
  Range find_range() const override {
    const bool full = matrix_.stored() == matrix_.rows() * matrix_.columns;
    if (matrix_.values.empty()) return {0, 0};
    const auto [least, most] = std::minmax_element(matrix_.values.begin(), matrix_.values.end());
    return full ? Range(*least, *most) : Range(std::min(*least, 0.F), std::max(*most, 0.F));
  }

 private:
  SparseMatrix matrix_;
  std::vector<RowsOfFile> files_;
  Tensor labels_;
  std::shared_ptr<const SparseMatrix> held_out_;
};

struct SparsePart {
  SparseMatrix matrix;
  std::vector<RowsOfFile> files;
};

SparsePart read_sparse_part(const FileNames& files) {
  SparsePart part;
  for (const auto& file : files) {
    auto matrix = read_sparse_npz(file);
    part.files.push_back({file, matrix.rows()});
    if (part.files.size() == 1) {
      part.matrix = std::move(matrix);
      continue;
    }
    if (matrix.columns != part.matrix.columns)
      throw Error(fmt::format("{}: has {} columns, and {} has {}", file, matrix.columns, files.front(),
                              part.matrix.columns));
    part.matrix.append(matrix);
  }
  return part;
}

/// "86,413 of 1,586,126 values are not zero (5.4 %); rows have 1 to 663 of them, half at most 50"
std::string density_note(const std::string& part, const SparseMatrix& matrix) {
  std::vector<std::int64_t> lengths;
  for (std::int64_t row = 0; row < matrix.rows(); ++row)
    lengths.push_back(static_cast<std::int64_t>(matrix.places_of(row).size()));
  std::sort(lengths.begin(), lengths.end());
  const auto whole = static_cast<double>(matrix.rows()) * static_cast<double>(matrix.columns);
  const auto empty = std::count(lengths.begin(), lengths.end(), 0);
  return fmt::format(
      "{}: {} of {:.0f} values are not zero ({:.3g} %); rows have {} to {} of them, median {}{}", part,
      matrix.stored(), whole, 100 * static_cast<double>(matrix.stored()) / whole, lengths.front(),
      lengths.back(), lengths[lengths.size() / 2], empty ? fmt::format("; {} rows have none", empty) : "");
}

std::string held_out_note(const std::string& part, const SparseMatrix& matrix, const SparseMatrix& held_out) {
  std::int64_t rows = 0, known = 0;
  for (std::int64_t row = 0; row < matrix.rows(); ++row) {
    const auto own = matrix.places_of(row);
    const auto away = held_out.places_of(row);
    rows += away.empty() ? 0 : 1;
    known += std::count_if(away.begin(), away.end(),
                           [&](auto place) { return std::binary_search(own.begin(), own.end(), place); });
  }
  return fmt::format(
      "{}: {} items are held out of {} rows{}", part, held_out.stored(), rows,
      known ? fmt::format("; {} of them are in these rows as well, and metrics leave them out", known) : "");
}

std::shared_ptr<const SparseMatrix> read_held_out(const FileNames& files, const SparsePart& part) {
  if (files.empty()) return nullptr;
  auto held_out = read_sparse_part(files);
  for (std::size_t i = 0; i < part.files.size(); ++i)
    if (held_out.files[i].rows != part.files[i].rows)
      throw Error(fmt::format("{}: has {} rows, and the rows that its items are held out of, {}, are {}",
                              held_out.files[i].name, held_out.files[i].rows, part.files[i].name,
                              part.files[i].rows));
  if (held_out.matrix.columns != part.matrix.columns)
    throw Error(fmt::format("{}: has {} columns, and {} has {}", files.front(), held_out.matrix.columns,
                            part.files.front().name, part.matrix.columns));
  return std::make_shared<const SparseMatrix>(std::move(held_out.matrix));
}

}  // namespace

void SparseSource::Config::fields(Fields& f) {
  known_as_path(
      f("files", files, "a .npz file of scipy.sparse.save_npz, [rows, columns], or a list of files"));
  f("label_files", label_files, "a .npy file of their class numbers, [rows], or a list of files");
  f("held_out_files", held_out_files,
    "a .npz file of the same shape as each of files: items that are not in the rows, for metrics to find")
      .also_known_as({"targets", "validation_items"});
  f("test_files", test_files, "a file of test rows, or a list of files");
  f("test_label_files", test_label_files, "a .npy file of their class numbers, or a list of files");
  f("test_held_out_files", test_held_out_files, "a .npz file of held-out items for each of test_files")
      .also_known_as({"test_targets", "test_items"});
  f.require(!files.empty(), "files", "is missing: name a .npz file");
  require_label_files(f, {files, label_files}, {test_files, test_label_files});
  f.require(held_out_files.empty() || held_out_files.size() == files.size(), "held_out_files",
            "must be as many files as files, one for the items held out of each");
  f.require(test_held_out_files.empty() || test_held_out_files.size() == test_files.size(),
            "test_held_out_files", "must be as many files as test_files, one for the items held out of each");
}

std::vector<SparseSource::Config> SparseSource::Config::examples() {
  return {{.files = "users.npz", .test_files = "test-users.npz", .test_held_out_files = "test-items.npz"}};
}

Data SparseSource::open() const {
  require_files({{"files", config_.files},
                 {"label_files", config_.label_files},
                 {"held_out_files", config_.held_out_files},
                 {"test_files", config_.test_files},
                 {"test_label_files", config_.test_label_files},
                 {"test_held_out_files", config_.test_held_out_files}});
  for (const auto* files :
       {&config_.files, &config_.held_out_files, &config_.test_files, &config_.test_held_out_files})
    require_kind_of("npz", *files);
  for (const auto* files : {&config_.label_files, &config_.test_label_files}) require_kind_of("npy", *files);
  Data data{.name = std::string(Config::kind), .train = {}, .origin = config_.files.front()};
  const auto part = [&](const std::string& name, const FileNames& files, const FileNames& label_files,
                        const FileNames& held_out_files) {
    auto read = read_sparse_part(files);
    std::vector<ArrayFile> classes;
    for (const auto& file : label_files) classes.push_back(open_npy(file));
    const auto labels = labels_of(read.files, classes);
    const auto held_out = read_held_out(held_out_files, read);
    data.notes.push_back(density_note(name, read.matrix));
    if (held_out) data.notes.push_back(held_out_note(name, read.matrix, *held_out));
    for (const auto* all : {&files, &label_files, &held_out_files})
      data.files.insert(data.files.end(), all->begin(), all->end());
    return Dataset(std::make_shared<const SparseStorage>(std::move(read.matrix), std::move(read.files),
                                                         labels, held_out));
  };
  data.train = part("training", config_.files, config_.label_files, config_.held_out_files);
  if (config_.test_files.empty()) return data;
  data.test = part("test", config_.test_files, config_.test_label_files, config_.test_held_out_files);
  if (data.test->shape() != data.train.shape())
    throw Error(fmt::format("the test rows have shape {}, the training rows {}",
                            to_string(data.test->shape()), to_string(data.train.shape())));
  return data;
}

}  // namespace aelab
