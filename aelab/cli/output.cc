#include "aelab/cli/output.h"

#include <unistd.h>

#include <nlohmann/json.hpp>

#include "aelab/core/layout.h"

namespace aelab::cli {
namespace {

template <class Json>
std::string dumped(const Json& value, int indent = -1) {
  return value.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

void print_wrapped(const std::string& text, std::size_t hang) {
  print_text(wrapped(text, text_width(), hang));
}

void print_entry(const std::string& text) {
  print_text((::isatty(STDOUT_FILENO) ? wrapped(text, text_width(), 2) : text) + "\n");
}

void print_json(const nlohmann::json& value) { print_text(dumped(value) + "\n"); }

void print_json(const nlohmann::ordered_json& value, int indent) { print_text(dumped(value, indent) + "\n"); }

std::string spaced(const nlohmann::ordered_json& value) {
  std::string text;
  const auto add_all = [&](char open, char close, const auto& add) {
    text += open;
    for (auto item = value.begin(); item != value.end(); ++item) {
      if (item != value.begin()) text += ", ";
      add(item);
    }
    text += close;
  };
  if (value.is_object())
    add_all('{', '}', [&](const auto& item) { text += '"' + item.key() + "\": " + spaced(item.value()); });
  else if (value.is_array())
    add_all('[', ']', [&](const auto& item) { text += spaced(*item); });
  else
    text = dumped(value);
  return text;
}

std::string in_shell(const std::string& text) {
  constexpr const char* kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./,=+";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string::npos) return text;
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

void remark(const std::string& text) {
  say((::isatty(STDERR_FILENO) ? wrapped(text, columns_of(STDERR_FILENO), 2) : text) + "\n");
}

int complain(const std::string& message, int code) {
  remark("aelab: " + message);
  return code;
}

}  // namespace aelab::cli
