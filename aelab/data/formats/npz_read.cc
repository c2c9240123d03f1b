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

ArrayFile read_npz(const std::filesystem::path& path, const std::string& array) {
  constexpr std::uint64_t most_packed = 1100;  // times; deflate does not pack more tightly
  const auto name = fmt::format("{}: {}", path.string(), array);
  const auto zip = open_zip(path);
  zip_stat_t about;
  zip_stat_init(&about);
  if (zip_stat(zip.get(), (array + std::string(kNpyEnding)).c_str(), 0, &about) != 0)
    throw Error(fmt::format("{}: has no array \"{}\".{}", path.string(), array,
                            did_you_mean(array, names_in_npz(path))));
  if (about.size > most_packed * (about.comp_size + 1))
    throw Error(
        fmt::format("{}: is corrupted: it claims {} bytes, packed in {}", name, about.size, about.comp_size));
  const ZipMember member(zip_fopen_index(zip.get(), about.index, 0), &zip_fclose);
  if (!member) throw Error(fmt::format("{}: cannot be read: {}", name, zip_strerror(zip.get())));
  require_memory(static_cast<double>(about.size), name,
                 "save it as .npy, which \"source\": \"npy\" can read a part at a time");
  std::string content(about.size, '\0');
  const auto read = [&](char* to, std::size_t count) { return zip_fread(member.get(), to, count); };
  const auto problem = read_whole(read, content);
  if (problem == WholeRead::failed)
    throw Error(fmt::format("{}: is corrupted: {}", name, zip_file_strerror(member.get())));
  if (problem == WholeRead::other_length)
    throw Error(fmt::format("{}: is corrupted: it is not as long as it claims", name));
  auto layout = parse_npy(content, content.size(), name);
  return {name, std::move(layout), std::move(content)};
}

}  // namespace aelab
