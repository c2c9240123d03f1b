// Shared by the programs of the studies: iteration over the runs of a comparison, and tables of values that
// were measured once per seed.
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

/// Calls visit(variant name, TrainedRun) for every run of the comparison in `folder`, seed by seed, with the
/// model of the given checkpoint.
template <class Visit>
void for_each_run(const std::filesystem::path& folder, Visit visit,
                  aelab::Which checkpoint = aelab::Which::best) {
  const auto comparison = aelab::load_comparison(folder);
  for (const auto& planned : comparison.runs()) {
    const auto run = aelab::load_trained_run(comparison.folder(planned), checkpoint);
    const auto compute = run.compute();
    visit(comparison.contenders()[planned.contender].name, run);
  }
}

/// Applies `of` to the inputs of all rows, a thousand at a time, and concatenates the results: [rows, ...].
template <class Function>
at::Tensor in_batches(const aelab::Dataset& rows, Function of) {
  constexpr std::int64_t kRows = 1000;
  std::vector<at::Tensor> pieces;
  for (std::int64_t begin = 0; begin < rows.size(); begin += kRows)
    pieces.push_back(of(rows.range(begin, std::min(begin + kRows, rows.size())).inputs));
  return at::cat(pieces);
}

/// A table whose rows and columns are in order of first appearance. A cell shows the mean of its values and
/// the half-width of their 95 % confidence interval (t distribution).
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
