#pragma once

#include <cstddef>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace aelab {

/// A JSON value that may be anything: what is asked for and is not there, or of another type, is empty.
class View {
 public:
  View() = default;
  explicit View(const nlohmann::json& value) : value_(&value) {}
  explicit View(nlohmann::json&&) = delete;

  View operator[](const std::string& key) const;
  std::vector<View> list() const;
  std::vector<std::pair<std::string, View>> members() const;
  bool is_true() const;
  std::string text() const;  ///< "" unless a string
  std::optional<double> number() const;
  nlohmann::json number_json() const;  ///< shortened; null unless a number
  /// A string as it is, anything else as JSON; "" of nothing.
  std::string shown() const;
  /// null where there is nothing.
  const nlohmann::json& raw() const;

 private:
  const nlohmann::json* value_ = nullptr;
};

/// The name of a config's data source: "data" may be an object with it, or be it.
std::string source_name(const View& data);

/// To six significant digits, whole numbers as they are: what a page shows, in half the text.
nlohmann::json shortened(double value);

/// What a page is made from. It keeps account of what is missing, and of how much the pictures weigh.
class Material {
 public:
  void missing(std::string what);
  const std::vector<std::string>& gaps() const { return gaps_; }

 private:
  friend class Folder;
  std::vector<std::string> gaps_;
  std::size_t picture_bytes_ = 0;
};

/// A folder of files that runs wrote. Nothing that is in them, or not in them, is an error: it is a gap.
class Folder {
 public:
  /// `label` names the folder in gaps, "" the page's own.
  Folder(std::filesystem::path path, std::string label, Material& material);

  bool has(const std::string& file) const;
  /// A JSON file, null where there is none. One of another format is read as far as it is understood.
  nlohmann::json read(const std::string& file) const;
  /// A file of one JSON object a line. A last line that is cut short, of a run that was killed, is left out.
  std::vector<nlohmann::json> read_lines(const std::string& file) const;
  /// The end of a text file, at most `limit` bytes.
  std::string read_end(const std::string& file, std::size_t limit) const;
  /// A PNG file: {"png": base64, "width", "height"}; null where there is none.
  nlohmann::json read_picture(const std::string& file) const;
  /// The names in a folder within it that end in `ending`, sorted.
  std::vector<std::string> files(const std::string& folder, const std::string& ending) const;
  /// A folder within it; nothing where the path would lead elsewhere.
  std::optional<Folder> within(const std::string& path) const;

  const std::filesystem::path& path() const { return path_; }
  Material& material() const { return *material_; }

 private:
  std::filesystem::path path_;
  std::string label_;
  Material* material_;

  void gap(const std::string& file, const std::string& what) const;
  /// Its content; a gap where it cannot be read.
  std::optional<std::string> content(const std::string& file) const;
};

}  // namespace aelab
