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

/// Counts the different values of a column, and those of their 32-bit floats. Beyond a thousand floats, a
/// sample of them is counted: with every float that is in it, it has all values that become that float. Of
/// a thousand values that become a few floats, no more are counted.
class DistinctValues {
 public:
  void add(double value, std::string_view text);
  /// "20 different values become 3"; "about 70000 ..." where that follows from a sample.
  std::string in_words() const;
  /// Whether rounding merges values that are worth telling apart: any whole numbers, or a tenth of all
  /// values.
  bool are_merged() const;

 private:
  struct Seen {
    std::uint64_t key = 0;
    float rounded = 0;
    bool used = false;
  };
  std::vector<Seen> table_;  // by hashes of floats, with linear probing
  std::size_t used_ = 0;
  int shift_ = 0;  // of the hashes of floats, one of 2^shift is in the sample
  bool whole_ = true, full_ = false;

  bool is_in_sample(std::uint64_t hash) const;
  void put(const Seen& seen);
  void grow_or_thin();
  std::size_t sampled_floats() const;
};

/// The values of a column while they are read.
class ColumnReading {
 public:
  /// A number, and the text that it was read from; of a word, "".
  void add(double value, std::string_view text);
  const ColumnSummary& summary() const { return summary_; }
  const DistinctValues& distinct() const { return distinct_; }
  /// The note about a column of numbers that rounding merges: `"t": 20 different values become 3 as 32-bit
  /// floats; ...`. `left_out` is how to leave the column out.
  std::string note_of_merged(const std::string& column, const std::string& left_out) const;

  const TruthWords* words = nullptr;                     ///< of a column of truth values
  std::pair<std::int64_t, std::string> first_word = {};  ///< its first line and word

 private:
  ColumnSummary summary_;
  DistinctValues distinct_;
};

}  // namespace aelab
