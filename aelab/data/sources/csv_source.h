#pragma once

#include "aelab/data/source.h"

namespace aelab {

/// Tables. Values are not scaled. Labels may be class numbers, or names, which are then numbered in the order
/// of their bytes. Delimiter, decimal sign, header and encoding are detected where they are left out, and
/// reported in Data::notes. So are the kinds of columns (formats/csv.h): a table that is more than numbers
/// has Data::types(), and its missing cells are NaN. With "shape", all columns must be numbers. Times and the
/// series that rows are of, which "time" and "group" name, are no features: rows have them as
/// Dataset::series(). Several files without a group column are a series each.
class Csv : public Source {
 public:
  struct Config {
    static constexpr std::string_view kind = "csv";
    static constexpr std::string_view summary =
        "tables of numbers, categories, flags, counts and dates, with or without labels";
    static constexpr std::string_view also_known_as[] = {"table", "tsv", "txt", "pandas"};
    FileNames files = {}, test_files = {};
    std::optional<std::string> delimiter = {}, decimal = {};
    std::optional<bool> header = {};
    std::string comment = "#";
    std::int64_t skip_lines = 0;
    ColumnName label = "", time = "", group = "";
    std::vector<ColumnName> ignore = {};
    std::optional<std::vector<std::string>> missing = {};
    std::vector<ColumnName> numeric = {}, categorical = {}, flags = {}, counts = {}, dates = {};
    std::optional<std::vector<std::int64_t>> shape = {};

    void fields(Fields& f);
    static std::vector<Config> examples();
  };

  explicit Csv(const Config& config) : config_(config) {}
  Data open() const override;
  Data open_like(const InputSchema& own) const override;

 private:
  Config config_;

  /// `own`: what a model's inputs are, for which the table is read; nullptr otherwise.
  Data read(const InputSchema* own) const;
};

/// UCI optical digits, their test split (Alpaydin, Kaynak): 1,797 images, 1x8x8, values 0..16 scaled to [0,
/// 1]. Shipped with aelab.
class Digits : public Source {
 public:
  struct Config {
    static constexpr std::string_view kind = "digits";
    static constexpr std::string_view summary =
        "handwritten digits, 1,797 images of 8x8; shipped, for quick experiments";
    std::string folder = "";

    void fields(Fields& f);
    static std::vector<Config> examples() { return {{}}; }
  };

  explicit Digits(const Config& config) : config_(config) {}
  Data open() const override;

 private:
  Config config_;
};

}  // namespace aelab
