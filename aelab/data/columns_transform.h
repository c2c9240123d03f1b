#pragma once

#include <array>

#include "aelab/data/transform.h"

namespace aelab {

/// How numbers of a column are scaled: by mean and standard deviation; by median and distance of the
/// quartiles (scikit-learn's RobustScaler); by their quantiles to a standard normal distribution
/// (QuantileTransformer); not at all. Constant columns are shifted to 0 alone.
enum class ColumnScale { standard, robust, quantile, none };
std::span<const std::string_view> names(ColumnScale);

/// How many features a column of this type is encoded in: as many as it has categories, and one for those
/// that are not seen; one for each part of a date; else one.
std::int64_t encoded_width(const ColumnType& type);

/// The columns of a table as features: numbers and parts of dates scaled, flags as 0 and 1, counts as they
/// are, categories in one-hot form with one place more, for those that the training split does not have. A
/// missing cell is NaN in all of its features. Scales, and which categories occur, are learned from the cells
/// that the training split has; how many places a column has follows from the source's training file, so that
/// all seeds have models of one shape.
///
/// Its inverse gives the most likely category. Where a table is numbers alone, all columns are scaled.
class ColumnsTransform : public Transform {
 public:
  struct OneColumn {
    ColumnName column = "";
    ColumnScale scale = ColumnScale::standard;

    void fields(Fields& f);
  };
  struct Config {
    static constexpr std::string_view kind = "columns";
    static constexpr std::string_view summary =
        "columns of a table as features: numbers scaled, categories one-hot, missing cells kept";
    static constexpr std::string_view also_known_as[] = {"one-hot",
                                                         "onehot",
                                                         "one-hot-encoder",
                                                         "encode",
                                                         "column-transformer",
                                                         "robust-scaler",
                                                         "quantile-transformer",
                                                         "impute",
                                                         "imputer",
                                                         "dummies"};
    ColumnScale scale = ColumnScale::standard;
    std::vector<OneColumn> by_column = {};

    void fields(Fields& f);
    static std::vector<Config> examples();
    static Shape example_input() { return {64}; }
  };

  explicit ColumnsTransform(const Config& config) : config_(config) {}
  void take_types(const ColumnTypes& types) override { types_ = types; }
  FeatureGroups features() const override;
  Shape shape(const Shape& input) const override;
  void fit(const Dataset& train) override;
  Tensor apply(Tensor x, const Draws& draws) const override;
  bool invertible() const override { return true; }
  Tensor invert(const Tensor& y, const Shape& input) const override;
  std::vector<std::pair<std::string, Tensor*>> fitted() override;

 private:
  Config config_;
  ColumnTypes types_;      // empty: numbers alone
  Tensor center_, scale_;  // [columns], 0 and 1 where columns are not scaled so
  Tensor quantiles_;       // [columns, kQuantiles], NaN where columns are not scaled so
  Tensor seen_;            // [places of all categories], 1 where the training split has the category

  /// Of the numbers of a row: their column's type, or nullptr for a number of a plain table.
  std::vector<const ColumnType*> columns_of_row(std::int64_t width) const;
  ColumnScale scale_of(const ColumnType* type, std::size_t place) const;
  void learn_scale(std::int64_t place, ColumnScale how, const Tensor& values);
};

}  // namespace aelab
