#include <fmt/format.h>
#include <zip.h>

#include <memory>

#include "aelab/core/error.h"
#include "aelab/core/memory.h"
#include "aelab/core/text.h"
#include "aelab/data/formats/npy.h"
#include "aelab/data/formats/whole_read.h"

namespace aelab {
namespace {

using Zip = std::unique_ptr<zip_t, decltype(&zip_discard)>;
using ZipMember = std::unique_ptr<zip_file_t, decltype(&zip_fclose)>;

constexpr std::string_view kNpyEnding = ".npy";

Zip open_zip(const std::filesystem::path& path) {
  const auto bytes = InputFile(path).size();  // or says what is wrong with the path
  int code = 0;
  Zip zip(zip_open(path.c_str(), ZIP_RDONLY | ZIP_CHECKCONS, &code), &zip_discard);
  if (zip) return zip;
  zip_error_t error;
  zip_error_init_with_code(&error, code);
  const std::string why = zip_error_strerror(&error);
  zip_error_fini(&error);
  throw Error(fmt::format("cannot read {}: its {} bytes are not a .npz file, or truncated or corrupted: {}",
                          path.string(), bytes, why));
}

}  // namespace

std::vector<std::string> names_in_npz(const std::filesystem::path& path) {
  const auto zip = open_zip(path);
  std::vector<std::string> names;
  for (zip_int64_t i = 0; i < zip_get_num_entries(zip.get(), 0); ++i) {
    const char* raw = zip_get_name(zip.get(), static_cast<zip_uint64_t>(i), 0);
    std::string name = raw ? raw : "";
    if (name.ends_with(kNpyEnding)) names.push_back(name.substr(0, name.size() - kNpyEnding.size()));
  }
  return names;
}

namespace {

/// An array that is read from its beginning to its end.
class NpzArray {
 public:
  NpzArray(const std::filesystem::path& path, const std::string& array)
      : name_(fmt::format("{}: {}", path.string(), array)), zip_(open_zip(path)) {
    constexpr std::uint64_t most_packed = 1100;  // times; deflate does not pack more tightly
    zip_stat_t about;
    zip_stat_init(&about);
    if (zip_stat(zip_.get(), (array + std::string(kNpyEnding)).c_str(), 0, &about) != 0)
      throw Error(fmt::format("{}: has no array \"{}\".{}", path.string(), array,
                              did_you_mean(array, names_in_npz(path))));
    if (about.size > most_packed * (about.comp_size + 1))
      throw Error(fmt::format("{}: is corrupted: it claims {} bytes, packed in {}", name_, about.size,
                              about.comp_size));
    size_ = about.size;
    member_.reset(zip_fopen_index(zip_.get(), about.index, 0));
    if (!member_) throw Error(fmt::format("{}: cannot be read: {}", name_, zip_strerror(zip_.get())));
  }

  const std::string& name() const { return name_; }
  std::uint64_t size() const { return size_; }  ///< as the archive claims

  /// Fills `content`, with which the array ends or not.
  void read(std::string& content, bool ends) {
    const auto take = [&](char* to, std::size_t count) { return zip_fread(member_.get(), to, count); };
    const auto problem = ends ? read_whole(take, content) : read_some(take, content);
    if (problem == WholeRead::failed)
      throw Error(fmt::format("{}: is corrupted: {}", name_, zip_file_strerror(member_.get())));
    if (problem == WholeRead::other_length)
      throw Error(fmt::format("{}: is corrupted: it is not as long as it claims", name_));
  }

 private:
  std::string name_;
  Zip zip_;
  ZipMember member_{nullptr, &zip_fclose};
  std::uint64_t size_ = 0;
};

}  // namespace

ArrayFile read_npz(const std::filesystem::path& path, const std::string& array) {
  NpzArray stored(path, array);
  require_memory(static_cast<double>(stored.size()), stored.name(),
                 "save it as .npy, which \"source\": \"npy\" can read a part at a time");
  std::string content(stored.size(), '\0');
  stored.read(content, /*ends=*/true);
  auto layout = parse_npy(content, content.size(), stored.name());
  return {stored.name(), std::move(layout), std::move(content)};
}

void visit_npz_rows(const std::filesystem::path& path, const std::string& array,
                    const std::function<RowVisitor(const ArrayLayout&)>& begin) {
  constexpr std::uint64_t kAtOnce = 1 << 22;  // bytes; longer than a header
  NpzArray stored(path, array);
  auto left = stored.size();
  std::string content, more;
  const auto read_more = [&] {
    more.resize(std::min(left, kAtOnce));
    left -= more.size();
    stored.read(more, /*ends=*/left == 0);
    content += more;
  };
  read_more();
  const auto layout = parse_npy(content, stored.size(), stored.name());
  if (layout.column_major && layout.shape.size() > 1)
    throw Error(stored.name() + ": is in Fortran order; save it in C order: numpy.ascontiguousarray(x)");
  if (layout.shape.empty() || layout.bytes() == 0)
    throw Error(fmt::format("{}: holds no rows: its shape is [{}]", stored.name(), in_list(layout.shape)));
  const auto rows = layout.shape.front();
  const auto visit = begin(layout);
  std::size_t at = layout.offset;
  for (std::int64_t row = 0; row < rows; ++row) {
    const auto length = static_cast<std::size_t>(layout.bytes() / static_cast<std::uint64_t>(rows));
    while (content.size() < at + length) {
      content.erase(0, at);
      at = 0;
      read_more();
    }
    visit(row, std::string_view(content).substr(at, length));
    at += length;
  }
}

}  // namespace aelab
