#include "aelab/data/formats/file_kind.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>

#include "aelab/core/error.h"
#include "aelab/core/files.h"

namespace aelab {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kGzip = "unpack it: gunzip FILE";
constexpr std::string_view kFolder = "give the folder of images that it is in";
constexpr std::string_view kToPng =
    "convert it: python3 -c 'import PIL.Image; PIL.Image.open(\"FILE\").save(\"FILE.png\")'";

/// Files whose first bytes, at a fixed place, tell what they are.
struct Magic {
  std::size_t at;
  std::string_view bytes;
  FileKind kind;
};

constexpr Magic kMagic[] = {
    {0, "\x93NUMPY"sv, {"a NumPy .npy file", "npy", ""}},
    {0, "PAR1"sv, {"a Parquet file", "parquet", ""}},
    {0, "PARE"sv, {"an encrypted Parquet file", "", "write it without encryption"}},
    {0,
     "ARROW1"sv,
     {"an Arrow (Feather) file", "",
      "convert it: python3 -c 'import pandas; pandas.read_feather(\"FILE\").to_csv(\"FILE.csv\", "
      "index=False)'"}},
    {0,
     "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"sv,
     {"an Excel workbook (.xls)", "", "save the sheet as CSV UTF-8, in Excel or LibreOffice"}},
    {0,
     "\x89HDF\r\n\x1a\n"sv,
     {"an HDF5 file", "",
      "save its arrays as .npy: python3 -c 'import h5py, numpy; numpy.save(\"FILE.npy\", "
      "h5py.File(\"FILE\")[\"NAME\"][:])'"}},
    {0,
     "MATLAB 5.0 MAT-file"sv,
     {"a MATLAB file", "",
      "save its arrays as .npy: python3 -c 'import scipy.io, numpy; numpy.save(\"FILE.npy\", "
      "scipy.io.loadmat(\"FILE\")[\"NAME\"])'"}},
    {0,
     "SQLite format 3"sv,
     {"an SQLite database", "", "export a table: sqlite3 -csv -header FILE 'select * from NAME' > FILE.csv"}},
    {0,
     "<stata_dta>"sv,
     {"a Stata file", "",
      "convert it: python3 -c 'import pandas; pandas.read_stata(\"FILE\").to_csv(\"FILE.csv\", "
      "index=False)'"}},
    {0, "$FL2"sv, {"an SPSS file", "", "export it as CSV"}},
    {0, "RDX"sv, {"an R data file", "", "write it as CSV in R: write.csv(x, \"FILE.csv\", row.names=FALSE)"}},
    {0,
     "X\n\0\0\0"sv,
     {"an R data file", "", "write it as CSV in R: write.csv(x, \"FILE.csv\", row.names=FALSE)"}},
    {0, "%PDF"sv, {"a PDF document", "", "use the table that it was made from"}},
    {0, "\x89PNG"sv, {"a PNG image", "images", kFolder}},
    {0, "\xff\xd8\xff"sv, {"a JPEG image", "images", kFolder}},
    {0, "GIF8"sv, {"a GIF image", "", kToPng}},
    {0, "II*\0"sv, {"a TIFF image", "", kToPng}},
    {0, "MM\0*"sv, {"a TIFF image", "", kToPng}},
    {8, "WEBP"sv, {"a WebP image", "", kToPng}},
    {4, "ftypavif"sv, {"an AVIF image", "", kToPng}},
    {4, "ftypheic"sv, {"a HEIC image", "", kToPng}},
    {4, "1AY&SY"sv, {"a bzip2 file", "", "unpack it: bunzip2 FILE"}},
    {0,
     "\xfd"
     "7zXZ"sv,
     {"an xz file", "", "unpack it: unxz FILE"}},
    {0, "\x28\xb5\x2f\xfd"sv, {"a Zstandard file", "", "unpack it: unzstd FILE"}},
    {0, "7z\xbc\xaf\x27\x1c"sv, {"a 7-Zip archive", "", "unpack it: 7z x FILE"}},
    {0, "Rar!\x1a\x07"sv, {"a RAR archive", "", "unpack it: unrar x FILE"}},
    {257, "ustar"sv, {"a tar archive", "", "unpack it: tar -xf FILE"}},
    {0, "\x1f\x8b"sv, {"a gzip file", "", kGzip}},
    {0, "version https://git-lfs"sv, {"a Git LFS pointer, not the data", "", "fetch the data: git lfs pull"}},
    {0, "\0\0\x08"sv, {"an IDX file", "idx", ""}},
};

constexpr FileKind kZip = {"a ZIP archive", "", "unpack it: unzip FILE"};

/// ZIP archives by the name of their first member.
FileKind zip_kind(std::string_view begin) {
  constexpr std::size_t kHeader = 30;
  if (begin.size() < kHeader) return kZip;
  const auto byte = [&](std::size_t at) { return static_cast<std::uint8_t>(begin[at]); };
  const auto name = begin.substr(kHeader, byte(26) | std::size_t{byte(27)} << 8);
  if (name.ends_with(".npy")) return {"a NumPy .npz file", "npz", ""};
  if (name == "[Content_Types].xml" || name.starts_with("xl/"))
    return {"an Excel workbook (.xlsx)", "",
            "save the sheet as CSV UTF-8, or convert it: python3 -c 'import pandas; "
            "pandas.read_excel(\"FILE\").to_csv(\"FILE.csv\", index=False)'"};
  if (name == "mimetype") return {"an OpenDocument file", "", "save the sheet as CSV"};
  if (name.ends_with("data.pkl"))
    return {"a PyTorch file", "",
            "save its tensors: python3 -c 'import torch, safetensors.torch; "
            "safetensors.torch.save_file(torch.load(\"FILE\"), \"FILE.safetensors\")'"};
  return kZip;
}

bool is_pickle(std::string_view begin) {
  return begin.size() > 2 && begin[0] == '\x80' && begin[1] >= 2 && begin[1] <= 5;
}

/// Kinds of text, by how they begin behind white space.
FileKind text_kind(std::string_view begin) {
  const auto first = begin.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  std::string word(begin.substr(first, 16));
  std::transform(word.begin(), word.end(), word.begin(),
                 [](unsigned char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
  if (word.starts_with("<!doctype html") || word.starts_with("<html"))
    return {"a web page, not the data behind it", "", "download the file itself"};
  if (word.starts_with("<?xml")) return {"an XML file", "", "convert it to CSV"};
  if (word.starts_with("@relation"))
    return {"an ARFF file", "",
            "convert it: python3 -c 'import pandas, scipy.io.arff; "
            "pandas.DataFrame(scipy.io.arff.loadarff(\"FILE\")[0]).to_csv(\"FILE.csv\", index=False)'"};
  const auto second = begin.find_first_not_of(" \t\r\n", first + 1);
  const char next = second == std::string_view::npos ? '\0' : begin[second];
  if ((word[0] == '{' && next == '"') || (word[0] == '[' && (next == '{' || next == '[')))
    return {"a JSON file", "",
            "convert it: python3 -c 'import pandas; pandas.read_json(\"FILE\").to_csv(\"FILE.csv\", "
            "index=False)'"};
  return {};
}

/// The sources whose files all begin with the same bytes, and what these files are.
std::string_view only_kind_of(std::string_view source) {
  if (source == "npy") return "a NumPy .npy file";
  if (source == "npz") return "a NumPy .npz file";
  if (source == "safetensors") return "a safetensors file";
  if (source == "idx") return "an IDX file";
  if (source == "parquet") return "a Parquet file";
  return source == "images" ? "an image" : "";
}

bool is_text(std::string_view begin) {
  return std::none_of(begin.begin(), begin.end(), [](unsigned char c) {
    return (c < ' ' && c != '\n' && c != '\r' && c != '\t' && c != '\f') || c == 0x7f;
  });
}

/// With the file's path in place of FILE.
std::string remedy_of(const FileKind& kind, const std::string& file) {
  std::string remedy(kind.remedy);
  for (auto at = remedy.find("FILE"); at != std::string::npos; at = remedy.find("FILE", at + file.size()))
    remedy.replace(at, 4, file);
  return remedy;
}

}  // namespace

FileKind file_kind(std::string_view begin) {
  if (begin.starts_with("PK\x03\x04")) return zip_kind(begin);
  if (begin.starts_with("PK\x05\x06"))
    return {"an empty ZIP archive", "", "use the files that it was made from"};
  for (const auto& [at, bytes, kind] : kMagic)
    if (begin.size() >= at && begin.substr(at).starts_with(bytes)) return kind;
  if (is_safetensors(begin)) return {"a safetensors file", "safetensors", ""};
  if (is_pickle(begin))
    return {"a Python pickle", "",
            "save arrays with numpy.save, and tables with DataFrame.to_csv(\"FILE.csv\", index=False)"};
  return text_kind(begin);
}

std::string beginning_of(const std::filesystem::path& file) {
  constexpr std::size_t kBegin = 512;
  std::string begin(kBegin, '\0');
  begin.resize(InputFile(file).read_at(0, begin.data(), begin.size()));
  return begin;
}

bool is_safetensors(std::string_view begin) {
  constexpr std::size_t kLength = 8;
  if (begin.size() < kLength + 2 || begin.substr(4, 4) != "\0\0\0\0"sv || begin[kLength] != '{') return false;
  const auto next = begin.find_first_not_of(' ', kLength + 1);
  return next != std::string_view::npos && (begin[next] == '"' || begin[next] == '}');
}

std::string looks_like(std::string_view begin) {
  constexpr std::size_t kShown = 4;
  if (begin.empty()) return "an empty file";
  if (const auto kind = file_kind(begin); !kind.name.empty()) return std::string(kind.name);
  if (is_text(begin)) return "a text file";
  std::string bytes;
  for (const unsigned char byte : begin.substr(0, kShown)) bytes += fmt::format(" {:02x}", byte);
  return "a binary file that begins with the bytes" + bytes;
}

std::string_view source_of_suffix(const std::string& file) {
  std::filesystem::path path = file;
  if (path.extension() == ".gz") path.replace_extension();
  auto suffix = path.extension().string();
  std::transform(suffix.begin(), suffix.end(), suffix.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  for (const std::string_view source : {"npy", "npz", "safetensors", "idx", "parquet"})
    if (suffix == "." + std::string(source)) return source;
  for (const std::string_view picture : {".png", ".jpg", ".jpeg"})
    if (suffix == picture) return "images";
  return path.filename().string().ends_with("ubyte") ? "idx" : "";  // as the files of MNIST
}

void require_kind(const std::string& file, std::string_view begin, std::string_view source,
                  bool may_be_gzipped) {
  const auto kind = file_kind(begin);
  if (kind.source == source || (may_be_gzipped && kind.remedy == kGzip)) return;
  if (kind.name.empty()) {
    const auto expected = only_kind_of(source);
    const bool idx = source == "idx" && begin.starts_with("\0\0"sv);  // of other values than bytes
    if (expected.empty() || idx) return;
    throw Error(
        fmt::format("{} is not {}; it looks like {}{}", file, expected, looks_like(begin),
                    is_text(begin) && !begin.empty() ? ": if it is a table, use \"source\": \"csv\"" : ""));
  }
  if (kind.source == "images")
    throw Error(
        fmt::format("{} is {}: give the folder of images to \"source\": \"images\"", file, kind.name));
  if (!kind.source.empty())
    throw Error(fmt::format("{} is {}: use \"source\": \"{}\" instead of \"{}\"", file, kind.name,
                            kind.source, source));
  throw Error(
      fmt::format("{} is {}, which \"{}\" cannot read; {}", file, kind.name, source, remedy_of(kind, file)));
}

std::string kind_in_words(const std::string& file, const std::string& unknown) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(file, ignored)) return {};
  const auto kind = file_kind(beginning_of(file));
  if (kind.name.empty()) return unknown;
  return fmt::format("; it is {}{}", kind.name, kind.remedy.empty() ? "" : ": " + remedy_of(kind, file));
}

}  // namespace aelab
