#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace aelab {

/// A JSON value of any type. A member that is missing or of another type than asked for is empty.
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
  /// A string as it is, anything else as JSON; "" when empty.
  std::string shown() const;
  /// null when empty.
  const nlohmann::json& raw() const;

 private:
  const nlohmann::json* value_ = nullptr;
};

/// A config's data source, followed by the names of its files, "csv wine.csv"; "data" may be the source's
/// name or an object with it.
std::string source_name(const View& data);

/// Rounded to six significant digits, which is all that pages show; whole numbers as they are.
nlohmann::json shortened(double value);

/// [low, high] of two numbers, else null.
nlohmann::json interval_json(const View& interval);

/// What a page is made from: collects what is missing, and the size of the pictures so far.
class Material {
 public:
  void missing(std::string what);
  const std::vector<std::string>& gaps() const { return gaps_; }

 private:
  friend class Folder;
  std::vector<std::string> gaps_;
  std::size_t picture_bytes_ = 0;
};

/// A folder of files that runs wrote. Missing files and wrong content are gaps, never errors. So are symbolic
/// links that lead out of the page's folder: pages are sent to others, who must not get other files with
/// them.
class Folder {
 public:
  /// The folder of a page.
  Folder(std::filesystem::path path, Material& material);

  bool has(const std::string& file) const;
  /// A JSON file; null when missing. One that has another "format" is read as far as it is understood, and is
  /// a gap.
  nlohmann::json read(const std::string& file, std::int64_t format = 1) const;
  /// A file of one JSON object per line. An incomplete last line, left by a killed run, is skipped.
  std::vector<nlohmann::json> read_lines(const std::string& file) const;
  /// The end of a text file, at most `limit` bytes.
  std::string read_end(const std::string& file, std::size_t limit) const;
  /// A gap if the file is not the one of this checksum (core/checksum.h) any more.
  void require_checksum(const std::string& file, const std::string& expected) const;
  /// A PNG file: {"png": base64, "width", "height"}; null when missing.
  nlohmann::json read_picture(const std::string& file) const;
  /// The sorted names of the files in a subfolder that end in `ending`.
  std::vector<std::string> files(const std::string& folder, const std::string& ending) const;
  /// A subfolder; nothing when the path, or a link, leads out of this folder.
  std::optional<Folder> within(const std::string& path) const;

  const std::filesystem::path& path() const { return path_; }
  Material& material() const { return *material_; }

 private:
  std::filesystem::path path_;
  std::filesystem::path root_;  ///< the page's folder
  std::string label_ = {};      ///< names the folder in gaps; "" is the page's
  Material* material_;

  void gap(const std::string& file, const std::string& what) const;
  /// The content of a file; a gap when it cannot be read.
  std::optional<std::string> content(const std::string& file) const;
};

}  // namespace aelab
