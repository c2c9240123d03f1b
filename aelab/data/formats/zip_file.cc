#include "aelab/data/formats/zip_file.h"

#include <fmt/format.h>
#include <zip.h>

#include "aelab/core/error.h"
#include "aelab/core/files.h"
#include "aelab/core/memory.h"
#include "aelab/data/formats/whole_read.h"

namespace aelab {

void ZipCloser::operator()(zip* archive) const { zip_discard(archive); }
void ZipCloser::operator()(zip_file* member) const { zip_fclose(member); }

ZipFile::ZipFile(const std::filesystem::path& path, std::string_view kind) : path_(path) {
  const auto bytes = InputFile(path).size();  // or says what is wrong with the path
  int code = 0;
  zip_.reset(zip_open(path.c_str(), ZIP_RDONLY | ZIP_CHECKCONS, &code));
  if (zip_) return;
  zip_error_t error;
  zip_error_init_with_code(&error, code);
  const std::string why = zip_error_strerror(&error);
  zip_error_fini(&error);
  throw Error(fmt::format("cannot read {}: its {} bytes are not {}, or truncated or corrupted: {}",
                          path.string(), bytes, kind, why));
}

std::vector<std::string> ZipFile::names() const {
  std::vector<std::string> names;
  for (zip_int64_t i = 0; i < zip_get_num_entries(zip_.get(), 0); ++i) {
    const char* raw = zip_get_name(zip_.get(), static_cast<zip_uint64_t>(i), 0);
    names.emplace_back(raw ? raw : "");
  }
  return names;
}

bool ZipFile::has(const std::string& name) const { return zip_name_locate(zip_.get(), name.c_str(), 0) >= 0; }

ZipMember::ZipMember(const ZipFile& zip, const std::string& name, std::string title)
    : title_(std::move(title)) {
  constexpr std::uint64_t most_packed = 1100;  // times; deflate does not pack more tightly
  auto* archive = zip.zip_.get();
  zip_stat_t about;
  zip_stat_init(&about);
  if (zip_stat(archive, name.c_str(), 0, &about) != 0)
    throw Error(fmt::format("{}: is missing in {}", title_, zip.path().string()));
  if (about.size > most_packed * (about.comp_size + 1))
    throw Error(fmt::format("{}: is corrupted: it claims {} bytes, packed in {}", title_, about.size,
                            about.comp_size));
  size_ = about.size;
  member_.reset(zip_fopen_index(archive, about.index, 0));
  if (!member_) throw Error(fmt::format("{}: cannot be read: {}", title_, zip_strerror(archive)));
}

void ZipMember::read(std::string& content, bool ends) {
  const auto take = [&](char* to, std::size_t count) { return zip_fread(member_.get(), to, count); };
  const auto problem = ends ? read_whole(take, content) : read_some(take, content);
  if (problem == WholeRead::failed)
    throw Error(fmt::format("{}: is corrupted: {}", title_, zip_file_strerror(member_.get())));
  if (problem == WholeRead::other_length)
    throw Error(fmt::format("{}: is corrupted: it is not as long as it claims", title_));
}

std::string ZipMember::read_all(const std::string& remedy) {
  require_memory(static_cast<double>(size_), title_, remedy);
  std::string content(size_, '\0');
  read(content, /*ends=*/true);
  return content;
}

}  // namespace aelab
