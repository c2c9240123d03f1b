#pragma once

#include "aelab/data/source.h"

namespace aelab {

/// Tables in Parquet files, read by Arrow as those in CSV files are (formats/parquet_table.h); the fields are
/// those of Csv that make sense. Opening is an error where aelab was built without Arrow.
class Parquet : public Source {
 public:
  struct Config {
    static constexpr std::string_view kind = "parquet";
    static constexpr std::string_view summary =
        "tables in Parquet files, by Arrow where aelab was built with it";
    static constexpr std::string_view also_known_as[] = {"arrow", "pyarrow", "pq"};
    FileNames files = {}, test_files = {};
    ColumnName label = "", time = "", group = "";
    std::vector<ColumnName> ignore = {};
    std::optional<std::vector<std::string>> missing = {};
    std::vector<ColumnName> numeric = {}, categorical = {}, flags = {}, counts = {}, dates = {};
    std::optional<std::vector<std::int64_t>> shape = {};

    void fields(Fields& f);
    static std::vector<Config> examples();
  };

  explicit Parquet(const Config& config) : config_(config) {}
  Data open() const override;
  Data open_like(const InputSchema& own) const override;

 private:
  Config config_;

  Data read(const InputSchema* own) const;
};

}  // namespace aelab
