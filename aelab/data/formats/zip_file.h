#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct zip;
struct zip_file;

namespace aelab {

struct ZipCloser {
  void operator()(zip* archive) const;
  void operator()(zip_file* member) const;
};

/// A ZIP archive that is read. What is read of it is checked by its CRC-32.
class ZipFile {
 public:
  /// `kind` is for messages: "a .npz file". Error when it is no such archive, or cut short.
  ZipFile(const std::filesystem::path& path, std::string_view kind);

  const std::filesystem::path& path() const { return path_; }
  /// The names of all members, in their order.
  std::vector<std::string> names() const;
  bool has(const std::string& name) const;

 private:
  friend class ZipMember;
  std::filesystem::path path_;
  std::unique_ptr<zip, ZipCloser> zip_;
};

/// A member of an archive, which outlives it, that is read from its beginning to its end.
class ZipMember {
 public:
  /// `name` is that of a member; `title` is for messages. Error when its length is impossible.
  ZipMember(const ZipFile& zip, const std::string& name, std::string title);

  const std::string& title() const { return title_; }
  std::uint64_t size() const { return size_; }  ///< as the archive claims

  /// Fills `content`, with which the member ends or not. Error when it is corrupted.
  void read(std::string& content, bool ends);
  /// All of it, within the free memory; `remedy` is for the error where there is less.
  std::string read_all(const std::string& remedy);

 private:
  std::string title_;
  std::unique_ptr<zip_file, ZipCloser> member_;
  std::uint64_t size_ = 0;
};

}  // namespace aelab
