#include "aelab/reports/material.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string_view>

#include "aelab/core/checksum.h"
#include "aelab/core/error.h"
#include "aelab/core/files.h"
#include "aelab/core/folders.h"
#include "aelab/core/json.h"
#include "aelab/core/links.h"

namespace aelab {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::uintmax_t kMostBytes = 256 << 20;      // of a file
constexpr std::size_t kMostPictureBytes = 1'500'000;  // of a page, before base64 makes them 4/3
constexpr const char* kLeadsOut = "is left out: a symbolic link leads out of the folder of this page";
constexpr std::string_view kSignature("\x89PNG\r\n\x1a\n", 8);

std::string base64(std::string_view bytes) {
  constexpr const char* kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto left = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j)
      group = group << 8 | (j < left ? static_cast<std::uint8_t>(bytes[i + j]) : 0U);
    for (std::size_t j = 0; j < 4; ++j) text += j <= left ? kDigits[group >> (18 - 6 * j) & 63] : '=';
  }
  return text;
}

std::uint32_t big_endian(std::string_view bytes) {
  std::uint32_t number = 0;
  for (const char byte : bytes.substr(0, 4)) number = number << 8 | static_cast<std::uint8_t>(byte);
  return number;
}

/// Without the path, which the gap already names: "2:6: syntax error" with line and column.
std::string reason_of(const Error& error, const fs::path& path) {
  std::string what = error.what();
  if (what.starts_with(path.string() + ":")) what.erase(0, path.string().size() + 1);
  return what.substr(std::min(what.find_first_not_of(' '), what.size()));
}

}  // namespace

View View::operator[](const std::string& key) const {
  if (!value_ || !value_->is_object()) return {};
  const auto found = value_->find(key);
  return found == value_->end() ? View() : View(*found);
}

std::vector<View> View::list() const {
  std::vector<View> views;
  if (value_ && value_->is_array())
    for (const auto& item : *value_) views.emplace_back(item);
  return views;
}

std::vector<std::pair<std::string, View>> View::members() const {
  std::vector<std::pair<std::string, View>> members;
  if (value_ && value_->is_object())
    for (const auto& [key, value] : value_->items()) members.emplace_back(key, View(value));
  return members;
}

bool View::is_true() const { return value_ && value_->is_boolean() && value_->get<bool>(); }

std::string View::text() const { return value_ && value_->is_string() ? value_->get<std::string>() : ""; }

std::optional<double> View::number() const {
  if (!value_ || !value_->is_number()) return {};
  const auto number = value_->get<double>();
  return std::isfinite(number) ? std::optional(number) : std::nullopt;
}

json View::number_json() const {
  const auto value = number();
  return value ? shortened(*value) : json();
}

std::string View::shown() const {
  if (!value_ || value_->is_null()) return "";
  if (value_->is_string()) return text();
  return value_->dump(-1, ' ', false, json::error_handler_t::replace);
}

const json& View::raw() const {
  static const json nothing;
  return value_ ? *value_ : nothing;
}

std::string source_name(const View& data) {
  if (data.raw().is_string()) return data.text();
  const auto source = data["source"];
  const auto whole = source.raw().is_object() ? source : data;
  const auto files = whole["files"];
  const auto name = [](const View& file) { return std::filesystem::path(file.text()).filename().string(); };
  auto text = whole["source"].shown();
  if (!files.text().empty()) text += " " + name(files);
  if (const auto all = files.list(); !all.empty())
    text +=
        " " + name(all.front()) + (all.size() > 1 ? " and " + std::to_string(all.size() - 1) + " more" : "");
  return text;
}

json interval_json(const View& interval) {
  const auto ends = interval.list();
  if (ends.size() != 2 || !ends[0].number() || !ends[1].number()) return {};
  return {ends[0].number_json(), ends[1].number_json()};
}

json shortened(double value) {
  constexpr double kExact = 1e15;
  if (std::abs(value) < kExact && value == std::round(value)) return static_cast<std::int64_t>(value);
  const double scale = std::pow(10.0, 5 - std::floor(std::log10(std::abs(value))));
  const double rounded = std::round(value * scale) / scale;
  return std::isfinite(rounded) ? rounded : value;
}

void Material::missing(std::string what) {
  if (std::find(gaps_.begin(), gaps_.end(), what) == gaps_.end()) gaps_.push_back(std::move(what));
}

Folder::Folder(fs::path path, Material& material)
    : path_(std::move(path)), root_(path_), material_(&material) {}

void Folder::gap(const std::string& file, const std::string& what) const {
  material_->missing((label_.empty() ? "" : label_ + "/") + file + ": " + what);
}

bool Folder::has(const std::string& file) const {
  std::error_code ignored;
  return fs::exists(path_ / file, ignored);
}

std::optional<std::string> Folder::content(const std::string& file) const {
  if (!has(file)) {
    gap(file, "is missing");
    return {};
  }
  if (leads_out(root_, path_ / file)) {
    gap(file, kLeadsOut);
    return {};
  }
  try {
    return read_file(path_ / file, kMostBytes);
  } catch (const Error& error) {
    gap(file, reason_of(error, path_ / file));
    return {};
  }
}

void Folder::require_checksum(const std::string& file, const std::string& expected) const {
  if (const auto text = content(file); text && checksum(*text) != expected)
    gap(file, "was changed since the run was completed; shown as it is now");
}

json Folder::read(const std::string& file, std::int64_t format) const {
  const auto text = content(file);
  if (!text) return {};
  try {
    auto value = parse_json(*text, (path_ / file).string());
    const View own = View(value)["format"];
    if (own.number() && *own.number() != static_cast<double>(format))
      gap(file, "has format " + own.shown() + ", this version of aelab writes " + std::to_string(format) +
                    "; shown as far as it is understood");
    return value;
  } catch (const Error& error) {
    gap(file, reason_of(error, path_ / file));
    return {};
  }
}

std::vector<json> Folder::read_lines(const std::string& file) const {
  std::vector<json> lines;
  const auto text = content(file);
  std::size_t begin = 0, number = 0;
  for (std::size_t end; text && (end = text->find('\n', begin)) != std::string::npos; begin = end + 1) {
    ++number;
    auto line = json::parse(text->begin() + static_cast<std::ptrdiff_t>(begin),
                            text->begin() + static_cast<std::ptrdiff_t>(end), nullptr, false);
    if (line.is_object())
      lines.push_back(std::move(line));
    else
      gap(file, "line " + std::to_string(number) + " is not a JSON object and is skipped");
  }
  return lines;
}

std::string Folder::read_end(const std::string& file, std::size_t limit) const {
  const auto text = content(file).value_or("");
  if (text.size() <= limit) return text;
  const auto line = text.find('\n', text.size() - limit);
  return "...\n" + (line == std::string::npos ? text.substr(text.size() - limit) : text.substr(line + 1));
}

json Folder::read_picture(const std::string& file) const {
  constexpr std::size_t kSizes = 16, kHeader = 24;  // offset of width and height, and their end
  const auto bytes = content(file);
  if (!bytes) return {};
  if (!bytes->starts_with(kSignature) || bytes->size() < kHeader) {
    gap(file, "is not a PNG file");
    return {};
  }
  if (material_->picture_bytes_ + bytes->size() > kMostPictureBytes) {
    gap(file, "is left out to limit the size of the page");
    return {};
  }
  material_->picture_bytes_ += bytes->size();
  const std::string_view sizes = std::string_view(*bytes).substr(kSizes);
  return {{"png", base64(*bytes)}, {"width", big_endian(sizes)}, {"height", big_endian(sizes.substr(4))}};
}

std::vector<std::string> Folder::files(const std::string& folder, const std::string& ending) const {
  std::vector<std::string> names;
  if (leads_out(root_, path_ / folder)) {
    gap(folder, kLeadsOut);
    return names;
  }
  std::error_code ignored;
  for (const auto& entry : sorted_entries(path_ / folder, ignored))
    if (auto name = entry.filename().string(); name.ends_with(ending)) names.push_back(std::move(name));
  return names;
}

std::optional<Folder> Folder::within(const std::string& path) const {
  const fs::path relative(path);
  const bool leaves =
      std::any_of(relative.begin(), relative.end(), [](const auto& part) { return part == ".."; });
  if (path.empty() || relative.is_absolute() || leaves) {
    gap(path, "leads out of this folder");
    return {};
  }
  if (leads_out(root_, path_ / relative)) {
    gap(path, kLeadsOut);
    return {};
  }
  auto inner = *this;
  inner.path_ /= relative;
  inner.label_ = label_.empty() ? path : label_ + "/" + path;
  return inner;
}

}  // namespace aelab
