#include "aelab/data/formats/pooled_file.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <thread>
#include <vector>

#include "aelab/core/error.h"
#include "aelab/data/formats/whole_read.h"
#include "tests/support.h"

namespace aelab {
namespace {

namespace fs = std::filesystem;

std::string content_of(const PooledFile& file) {
  std::string content(file.size(), '\0');
  content.resize(file.read_at(0, content.data(), content.size()));
  return content;
}

std::size_t open_descriptors() {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator("/proc/self/fd"), {}));
}

TEST(PooledFile, ManyMoreThanDescriptorsAreReadFromSeveralThreads) {
  rlimit old = {};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &old), 0);
  const rlimit few = {64, old.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
  const auto before = open_descriptors();
  {
    const TemporaryFolder folder;
    std::vector<std::unique_ptr<PooledFile>> files;
    for (int i = 0; i < 300; ++i) {
      const auto path = folder / std::to_string(i);
      put_file(path, "content " + std::to_string(i));
      files.push_back(std::make_unique<PooledFile>(path));
    }
    EXPECT_LE(open_descriptors(), before + 64 / 4);
    std::vector<std::thread> readers;
    for (int t = 0; t < 4; ++t)
      readers.emplace_back([&, t] {
        for (int i = 0; i < 900; ++i) {
          const auto which = static_cast<std::size_t>((i * (2 * t + 1)) % 300);
          EXPECT_EQ(content_of(*files[which]), "content " + std::to_string(which));
          files[which]->require_unchanged();
        }
      });
    for (auto& reader : readers) reader.join();
  }
  EXPECT_EQ(open_descriptors(), before) << "what is no longer needed is closed";
  setrlimit(RLIMIT_NOFILE, &old);
}

TEST(PooledFile, ChangesOfTheFileAreNoticed) {
  const TemporaryFolder folder;
  const auto path = folder / "a";
  const auto refusal = [&](const PooledFile& file) {
    return message_of<Failure>([&] { file.require_unchanged(); });
  };
  const auto put = [&](const std::string& content) {
    put_file(path, content);
    fs::last_write_time(path, fs::file_time_type::clock::now() - std::chrono::hours(1));
  };
  put("one");
  const PooledFile file(path);
  EXPECT_EQ(refusal(file), "nothing was thrown");
  std::fstream(path) << "two";  // in place, of the same length
  EXPECT_SAYS(refusal(file), path.string() + ": was changed while it was in use");
  put("one");
  const PooledFile truncated(path);
  fs::resize_file(path, 2);
  EXPECT_SAYS(refusal(truncated), ": became shorter while it was in use: it has 2 of 3 bytes");
}

TEST(PooledFile, AFileThatIsReplacedWhileItIsClosedIsNotReadAsTheOldOne) {
  rlimit old = {};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &old), 0);
  const rlimit few = {32, old.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
  const TemporaryFolder folder;
  put_file(folder / "a", "old content");
  const PooledFile file(folder / "a");
  std::vector<std::unique_ptr<PooledFile>> others;  // that leave it no descriptor
  for (int i = 0; i < 8; ++i) {
    put_file(folder / std::to_string(i), "");
    others.push_back(std::make_unique<PooledFile>(folder / std::to_string(i)));
  }
  put_file(folder / "b", "new content");
  fs::rename(folder / "b", folder / "a");
  (void)content_of(file);
  EXPECT_SAYS(message_of<Failure>([&] { file.require_unchanged(); }), "was changed while it was in use");
  fs::remove(folder / "a");
  for (auto& other : others) (void)content_of(*other);
  EXPECT_SAYS(message_of<Failure>([&] { (void)content_of(file); }), "No such file");
  setrlimit(RLIMIT_NOFILE, &old);
}

TEST(WholeRead, GoesOnUntilAllIsRead) {
  const std::string source = "what a library gives in pieces";
  const auto reader = [&](std::size_t piece, std::size_t length) {
    return [&source, piece, length, at = std::size_t{0}](char* to, std::size_t count) mutable {
      const auto given = std::min({piece, count, length - at});
      source.copy(to, given, at);
      at += given;
      return static_cast<std::int64_t>(given);
    };
  };
  for (const std::size_t piece : {1, 7, 100}) {
    std::string content(source.size(), '\0');
    EXPECT_EQ(read_whole(reader(piece, source.size()), content), WholeRead::done);
    EXPECT_EQ(content, source);
    EXPECT_EQ(read_whole(reader(piece, source.size() - 1), content), WholeRead::other_length);
    content.pop_back();
    EXPECT_EQ(read_whole(reader(piece, source.size()), content), WholeRead::other_length);
  }
  std::string content(5, '\0');
  EXPECT_EQ(read_whole([](char*, std::size_t) { return -1; }, content), WholeRead::failed);
  int calls = 0;  // a checksum that is wrong is told behind the last byte
  const auto late = [&](char*, std::size_t) { return calls++ == 0 ? 5 : -1; };
  EXPECT_EQ(read_whole(late, content), WholeRead::failed);
}

}  // namespace
}  // namespace aelab
