#include "aelab/data/formats/pickle.h"

#include <fmt/format.h>

#include <bit>
#include <cstring>
#include <map>

#include "aelab/core/error.h"

namespace aelab {

/// The stack machine that a pickle is a program of.
class PickleMachine {
 public:
  PickleMachine(std::string_view bytes, const std::string& file) : bytes_(bytes), file_(file) {}

  Pickle run() {
    while (at_ < bytes_.size()) {
      opcode_at_ = at_;
      const auto opcode = static_cast<unsigned char>(bytes_[at_++]);
      if (opcode == '.') return finish();
      if (!constant(opcode) && !container(opcode) && !memory(opcode) && !code(opcode))
        refuse(fmt::format("the instruction {:#04x} is none of a file of tensors", opcode));
    }
    refuse("it ends too early");
  }

 private:
  using Kind = PickledValue::Kind;

  std::string_view bytes_;
  const std::string& file_;
  std::size_t at_ = 0, opcode_at_ = 0;
  Pickle pickle_;
  std::vector<PickledValue*> stack_;
  std::vector<std::size_t> marks_;
  std::map<std::uint64_t, PickledValue*> memo_;

  [[noreturn]] void refuse(std::string_view why) const {
    throw Error(fmt::format("{}: byte {}: {}", file_, opcode_at_, why));
  }

  Pickle finish() {
    pickle_.value_ = pop();
    return std::move(pickle_);
  }

  std::string_view take(std::uint64_t count) {
    if (count > bytes_.size() - at_) refuse("it ends too early");
    at_ += count;
    return bytes_.substr(at_ - count, count);
  }

  std::uint64_t number(int count) {
    std::uint64_t value = 0;
    const auto taken = take(static_cast<std::uint64_t>(count));
    for (int i = 0; i < count; ++i)
      value |= std::uint64_t{static_cast<unsigned char>(taken[static_cast<std::size_t>(i)])} << (8 * i);
    return value;
  }

  std::string_view line() {
    const auto end = bytes_.find('\n', at_);
    if (end == std::string_view::npos) refuse("it ends too early");
    const auto text = take(end - at_);
    ++at_;
    return text;
  }

  bool push(PickledValue value) {
    pickle_.values_.push_back(std::move(value));
    stack_.push_back(&pickle_.values_.back());
    return true;
  }
  bool push_integer(std::int64_t value, Kind kind = Kind::integer) {
    return push({.kind = kind, .integer = value});
  }
  bool push_text(std::uint64_t length) {
    return push({.kind = Kind::text, .text = std::string(take(length))});
  }

  PickledValue* top() {
    if (stack_.size() <= (marks_.empty() ? 0 : marks_.back())) refuse("a value is missing before it");
    return stack_.back();
  }
  PickledValue* pop() {
    auto* value = top();
    stack_.pop_back();
    return value;
  }
  std::vector<const PickledValue*> pop_last(std::size_t count) {
    std::vector<const PickledValue*> values(count);
    for (std::size_t i = count; i > 0; --i) values[i - 1] = pop();
    return values;
  }
  std::vector<const PickledValue*> pop_to_mark() {
    if (marks_.empty()) refuse("a mark is missing before it");
    auto values = pop_last(stack_.size() - marks_.back());
    marks_.pop_back();
    return values;
  }

  std::int64_t signed_number(std::size_t count) {
    if (count > 8) refuse("a number of more than 64 bits");
    auto value = number(static_cast<int>(count));
    const auto bits = 8 * count;
    if (count > 0 && count < 8 && value >> (bits - 1) & 1) value |= ~std::uint64_t{0} << bits;
    return static_cast<std::int64_t>(value);
  }

  double real() {
    std::uint64_t value = 0;
    for (const char c : take(8)) value = value << 8 | static_cast<unsigned char>(c);
    return std::bit_cast<double>(value);
  }

  bool constant(unsigned char opcode) {
    switch (opcode) {
      case 0x80:
        number(1);
        return true;  // the protocol
      case 0x95:
        number(8);
        return true;  // the length of a frame
      case 'N':
        return push({});
      case 0x88:
        return push_integer(1, Kind::boolean);
      case 0x89:
        return push_integer(0, Kind::boolean);
      case 'K':
        return push_integer(static_cast<std::int64_t>(number(1)));
      case 'M':
        return push_integer(static_cast<std::int64_t>(number(2)));
      case 'J':
        return push_integer(signed_number(4));
      case 0x8a:
        return push_integer(signed_number(number(1)));
      case 'G':
        return push({.kind = Kind::real, .real = real()});
      case 'X':
        return push_text(number(4));
      case 0x8c:
        return push_text(number(1));
      case 0x8d:
        return push_text(number(8));
      default:
        return false;
    }
  }

  bool push_sequence(std::vector<const PickledValue*> items) {
    return push({.kind = Kind::sequence, .items = std::move(items)});
  }

  bool append(const std::vector<const PickledValue*>& values) {
    auto* to = top();
    if (to->kind != Kind::sequence) refuse("it appends to what is no list");
    to->items.insert(to->items.end(), values.begin(), values.end());
    return true;
  }

  bool set(const std::vector<const PickledValue*>& values) {
    auto* to = top();
    if (values.size() % 2 != 0 || (to->kind != Kind::dictionary && to->kind != Kind::call))
      refuse("it sets items of what is no dictionary");
    to->entries.insert(to->entries.end(), values.begin(), values.end());
    return true;
  }

  bool container(unsigned char opcode) {
    switch (opcode) {
      case '(':
        marks_.push_back(stack_.size());
        return true;
      case ')':
      case ']':
        return push_sequence({});
      case 't':
      case 'l':
        return push_sequence(pop_to_mark());
      case 0x85:
        return push_sequence(pop_last(1));
      case 0x86:
        return push_sequence(pop_last(2));
      case 0x87:
        return push_sequence(pop_last(3));
      case '}':
        return push({.kind = Kind::dictionary});
      case 'a':
        return append(pop_last(1));
      case 'e':
        return append(pop_to_mark());
      case 's':
        return set(pop_last(2));
      case 'u':
        return set(pop_to_mark());
      default:
        return false;
    }
  }

  bool remember(std::uint64_t place) {
    memo_[place] = top();
    return true;
  }
  bool recall(std::uint64_t place) {
    const auto found = memo_.find(place);
    if (found == memo_.end()) refuse("it recalls what was not remembered");
    stack_.push_back(found->second);
    return true;
  }

  bool memory(unsigned char opcode) {
    switch (opcode) {
      case 'q':
        return remember(number(1));
      case 'r':
        return remember(number(4));
      case 0x94:
        return remember(memo_.size());
      case 'h':
        return recall(number(1));
      case 'j':
        return recall(number(4));
      default:
        return false;
    }
  }

  bool global(std::string_view module, std::string_view name) {
    return push({.kind = Kind::global, .text = fmt::format("{} {}", module, name)});
  }

  bool code(unsigned char opcode) {
    if (opcode == 'c') {
      const auto module = line();
      return global(module, line());
    }
    if (opcode == 0x93) {
      const auto names = pop_last(2);
      return global(names[0]->text, names[1]->text);
    }
    if (opcode == 'Q') return push({.kind = Kind::persistent, .items = pop_last(1)});
    if (opcode == 'R') {
      const auto call = pop_last(2);
      if (call[0]->kind != Kind::global || call[1]->kind != Kind::sequence)
        refuse("it calls what is no name");
      return push({.kind = Kind::call, .text = call[0]->text, .items = call[1]->items});
    }
    if (opcode == 'b') {  // attributes of the value below, such as a state dict's _metadata
      pop();
      top();
      return true;
    }
    return false;
  }
};

Pickle Pickle::parse(std::string_view bytes, const std::string& file) {
  return PickleMachine(bytes, file).run();
}

}  // namespace aelab
