// What the studies' programs share: going through a comparison's runs, and tables of what was measured once a
// seed.
#pragma once

#include <ATen/ATen.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "aelab/aelab.h"
#include "aelab/runs/trained_run.h"

namespace study {

/// Calls visit(variant's name, TrainedRun) for every run of the comparison in `folder`, seed by seed, with
/// the model of that checkpoint.
template <class Visit>
void for_each_run(const std::filesystem::path& folder, Visit visit,
                  aelab::Which checkpoint = aelab::Which::best) {
  const auto comparison = aelab::load_comparison(folder);
  for (const auto& planned : comparison.runs())
    visit(comparison.contenders()[planned.contender].name,
          aelab::load_trained_run(comparison.folder(planned), checkpoint));
}

/// of(inputs) for all rows, a thousand at a time, [rows, ...].
template <class Function>
at::Tensor in_batches(const aelab::Dataset& rows, Function of) {
  constexpr std::int64_t kRows = 1000;
  std::vector<at::Tensor> pieces;
  for (std::int64_t begin = 0; begin < rows.size(); begin += kRows)
    pieces.push_back(of(rows.range(begin, std::min(begin + kRows, rows.size())).inputs));
  return at::cat(pieces);
}

/// Rows and columns in the order in which they first came; a cell is the mean of its numbers and half the
/// width of their 95 % t interval.
class Table {
 public:
  explicit Table(std::string title) : title_(std::move(title)) {}

  void add(const std::string& row, const std::string& column, double value) {
    remember(rows_, row);
    remember(columns_, column);
    cells_[{row, column}].push_back(value);
  }

  void print() const {
    std::printf("\n%-24s", title_.c_str());
    for (const auto& column : columns_) std::printf(" %20s", column.c_str());
    std::printf("\n");
    for (const auto& row : rows_) {
      std::printf("%-24s", row.c_str());
      for (const auto& column : columns_) std::printf(" %20s", cell(row, column).c_str());
      std::printf("\n");
    }
  }

 private:
  std::string title_;
  std::vector<std::string> rows_, columns_;
  std::map<std::pair<std::string, std::string>, std::vector<double>> cells_;

  static void remember(std::vector<std::string>& names, const std::string& name) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }

  std::string cell(const std::string& row, const std::string& column) const {
    const auto found = cells_.find({row, column});
    if (found == cells_.end()) return "-";
    const auto summary = aelab::summarize(found->second);
    char text[64];
    if (summary.half_width)
      std::snprintf(text, sizeof text, "%.4g +-%.2g", summary.mean, *summary.half_width);
    else
      std::snprintf(text, sizeof text, "%.4g", summary.mean);
    return text;
  }
};

}  // namespace study
