#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aelab/data/formats/csv.h"

namespace aelab {

/// Whether tables write a field like this where there is no value: "", "NA", "NaN", "?".
bool is_missing_value(std::string_view text);

/// Commas in numbers, decimal or not: gathered over the whole file, and judged at its end.
class DecimalSigns {
 public:
  /// `given`: the decimal sign, where it is known.
  explicit DecimalSigns(std::optional<char> given) : given_(given) {}

  /// A field's number, with the sign that was given, or with either.
  std::optional<double> read(std::string_view text, std::int64_t line);
  bool are_commas() const { return comma_line_.has_value(); }
  /// Error where the commas that were read may be something else than decimal ones.
  void check(const std::string& file) const;

 private:
  std::optional<char> given_;
  std::optional<std::int64_t> point_line_ = {}, comma_line_ = {};
  std::string comma_text_;
  bool only_thousands_ = true;
};

/// The words for 1 and 0 of one kind, in lower case: "true" and "false".
struct TruthWords {
  std::string_view one, zero;
};

/// The pair of words that a text is one of, in upper or lower case: true and false, yes and no, t and f, y
/// and n, on and off; nullptr for other texts.
const TruthWords* truth_words(std::string_view text);
/// Whether the text is the pair's word for 1.
bool is_true(std::string_view text, const TruthWords& words);

/// The values of a column while they are read.
class ColumnReading {
 public:
  /// A number, and the text that it was read from.
  void add(double value, std::string_view text);
  const ColumnSummary& summary() const { return summary_; }
  /// Whether two different values were found that are the same number as 32-bit floats. Values that are far
  /// apart in the table may be overlooked where there are hundreds of such pairs' floats.
  bool may_merge() const { return may_merge_; }

  const TruthWords* words = nullptr;                     ///< of a column of truth values
  std::pair<std::int64_t, std::string> first_word = {};  ///< its first line and word

 private:
  struct Seen {
    float rounded;
    std::uint64_t key;
  };
  ColumnSummary summary_;
  std::vector<Seen> seen_;  // some of the last values, by their floats
  bool may_merge_ = false;
};

/// Counts the different values of a column, and those of their 32-bit floats.
class DistinctValues {
 public:
  void add(double value, std::string_view text);
  std::int64_t values();
  std::int64_t floats();
  /// Whether rounding merges values that are worth telling apart: any whole numbers, or a tenth of all
  /// values.
  bool are_merged();

 private:
  std::vector<std::uint64_t> keys_;
  std::vector<float> floats_;
  bool whole_ = true;
};

}  // namespace aelab
