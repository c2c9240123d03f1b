#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace aelab {

/// A value that a pickle describes. Calls are not made: they are values, too.
struct PickledValue {
  enum class Kind { none, boolean, integer, real, text, sequence, dictionary, global, call, persistent };

  Kind kind = Kind::none;
  std::int64_t integer = 0;  ///< of booleans, too
  double real = 0;
  std::string text = {};  ///< of globals "module name"; of calls that of what is called
  /// The elements of tuples and lists, the arguments of calls, what identifies a persistent object.
  std::vector<const PickledValue*> items = {};
  /// Keys and values in turn, of dictionaries and of calls that make one.
  std::vector<const PickledValue*> entries = {};

  bool is_call(std::string_view of) const { return kind == Kind::call && text == of; }
  bool is_sequence(std::size_t size) const { return kind == Kind::sequence && items.size() == size; }
};

/// What a pickle of Python describes, protocol 2 to 5, as far as data without code go: texts, numbers,
/// tuples, lists, dictionaries, names of globals and calls of them. Nothing is imported or called. Format:
/// CPython's Lib/pickletools.py.
class Pickle {
 public:
  /// Error names `file` and the byte: an instruction that is none of data, or what does not follow from it.
  static Pickle parse(std::string_view bytes, const std::string& file);

  const PickledValue& value() const& { return *value_; }
  const PickledValue& value() && = delete;

 private:
  friend class PickleMachine;
  Pickle() = default;

  std::deque<PickledValue> values_;  // all of them: none owns another
  const PickledValue* value_ = nullptr;
};

}  // namespace aelab
