#include "aelab/core/gzip_file.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <utility>

#include "aelab/core/file_descriptor.h"
#include "aelab/core/signals.h"

namespace aelab {

namespace {

constexpr std::string_view kGzip = "\x1f\x8b";

}  // namespace

/// A gzip file, which may hold several streams one after the other.
class GzipFile::Unpacking {
 public:
  Unpacking(std::filesystem::path path, std::string_view begin)
      : path_(std::move(path)), input_(kChunk, '\0') {
    std::copy(begin.begin(), begin.end(), input_.begin());
    stream_.next_in = reinterpret_cast<Bytef*>(input_.data());
    stream_.avail_in = static_cast<uInt>(begin.size());
    packed_ = begin.size();
    constexpr int kGzipOnly = 16;
    if (inflateInit2(&stream_, MAX_WBITS + kGzipOnly) != Z_OK) throw Failure("cannot start zlib: no memory");
  }
  Unpacking(const Unpacking&) = delete;
  Unpacking& operator=(const Unpacking&) = delete;
  ~Unpacking() { inflateEnd(&stream_); }

  std::size_t read(InputFile& file, char* to, std::size_t count) {
    std::size_t made = 0;
    while (made < count && !ended_) {
      StopSignals::check();
      made += inflate_some(file, to + made, std::min(count - made, kChunk));
    }
    return made;
  }

  /// Bytes of the file that were unpacked.
  std::uintmax_t packed() const { return packed_ - stream_.avail_in; }

 private:
  static constexpr std::size_t kChunk = std::size_t{1} << 18;

  bool fill(InputFile& file) {
    if (stream_.avail_in == 0) {
      stream_.next_in = reinterpret_cast<Bytef*>(input_.data());
      stream_.avail_in = static_cast<uInt>(file.read(input_.data(), kChunk));
      packed_ += stream_.avail_in;
    }
    return stream_.avail_in > 0;
  }

  std::size_t inflate_some(InputFile& file, char* to, std::size_t count) {
    if (!fill(file)) damaged("the gzip stream is truncated");
    stream_.next_out = reinterpret_cast<Bytef*>(to);
    stream_.avail_out = static_cast<uInt>(count);
    const int result = inflate(&stream_, Z_NO_FLUSH);
    if (result == Z_MEM_ERROR) throw Failure(fmt::format("cannot unpack {}: no memory", path_.string()));
    if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
      damaged(fmt::format("the gzip stream is corrupted ({})", stream_.msg ? stream_.msg : "unknown reason"));
    if (result == Z_STREAM_END) begin_next(file);
    return count - stream_.avail_out;
  }

  void begin_next(InputFile& file) {
    while (fill(file) && *stream_.next_in == 0) {  // tapes and some tools pad with zeros
      ++stream_.next_in;
      --stream_.avail_in;
    }
    ended_ = stream_.avail_in == 0;
    if (ended_) return;
    if (*stream_.next_in != static_cast<Bytef>(kGzip.front()))
      damaged("something that is not gzip follows its end");
    inflateReset(&stream_);
  }

  [[noreturn]] void damaged(std::string_view why) const { throw cannot_read(path_, why); }

  std::filesystem::path path_;
  std::string input_;
  std::uintmax_t packed_ = 0;
  bool ended_ = false;
  z_stream stream_ = {};
};

GzipFile::GzipFile(std::filesystem::path path) : file_(std::move(path)), begin_(kGzip.size(), '\0') {
  begin_.resize(file_.read(begin_.data(), begin_.size()));
  if (begin_ != kGzip) return;
  unpacking_ = std::make_unique<Unpacking>(file_.path(), begin_);
  begin_.clear();
}

GzipFile::GzipFile(GzipFile&& other) noexcept = default;
GzipFile& GzipFile::operator=(GzipFile&& other) noexcept = default;
GzipFile::~GzipFile() = default;

std::size_t GzipFile::read(char* to, std::size_t count) {
  std::size_t got = 0;
  if (unpacking_) {
    got = unpacking_->read(file_, to, count);
  } else {
    got = std::min(count, begin_.size());
    std::copy_n(begin_.begin(), got, to);
    begin_.erase(0, got);
    got += file_.read(to + got, count - got);
  }
  given_ += got;
  return got;
}

std::uintmax_t GzipFile::expected_size() const {
  if (!unpacking_) return file_.size();
  const auto packed = std::max<std::uintmax_t>(unpacking_->packed(), 1);
  return static_cast<std::uintmax_t>(static_cast<double>(given_) / static_cast<double>(packed) *
                                     static_cast<double>(file_.size()));
}

std::string read_gzip(const std::filesystem::path& path, const ReadLimit& limit) {
  return read_gzip(path, [limit](std::string_view) { return limit; });
}

std::string read_gzip(const std::filesystem::path& path,
                      const std::function<ReadLimit(std::string_view)>& limit) {
  constexpr std::size_t kHead = std::size_t{1} << 18;
  GzipFile file(path);
  std::string head(kHead, '\0');
  head.resize(file.read(head.data(), head.size()));
  const auto most = limit(head);
  const auto size = file.is_gzipped() ? 0 : file.expected_size();
  return read_rest(
      path, [&](char* to, std::size_t count) { return file.read(to, count); }, std::move(head), size, most);
}

}  // namespace aelab
