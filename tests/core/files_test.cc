#include "aelab/core/files.h"
#include "aelab/core/folders.h"
#include "aelab/core/gzip_file.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <random>
#include <set>
#include <thread>
#include <vector>

#include "aelab/core/error.h"
#include "aelab/core/growing_file.h"
#include "tests/support.h"

namespace aelab {
namespace {

namespace fs = std::filesystem;

class Files : public testing::Test {
 protected:
  static void put(const fs::path& path, const std::string& content) {
    std::ofstream(path, std::ios::binary) << content;
  }
  std::vector<std::string> names() const {
    std::vector<std::string> result;
    for (const auto& entry : fs::directory_iterator(folder)) result.push_back(entry.path().filename());
    return result;
  }

  TemporaryFolder temporary;
  fs::path folder = temporary.path();
};

std::string random_bytes(std::size_t count, unsigned seed, unsigned alphabet = 256) {
  std::mt19937 random(seed);
  std::string result(count, '\0');
  for (char& c : result) c = static_cast<char>(random() % alphabet);
  return result;
}

std::string gzip(const std::string& content) {
  z_stream stream = {};
  deflateInit2(&stream, 6, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY);
  std::string result(deflateBound(&stream, content.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = reinterpret_cast<Bytef*>(result.data());
  stream.avail_out = static_cast<uInt>(result.size());
  deflate(&stream, Z_FINISH);
  result.resize(stream.total_out);
  deflateEnd(&stream);
  return result;
}

TEST_F(Files, ReadsBackWhatWasWritten) {
  for (const std::size_t size : {0, 1, 2, 100, 16383, 16384, 16385, 1'000'000}) {
    const std::string content = random_bytes(size, static_cast<unsigned>(size));
    write_file(folder / "a", content);
    EXPECT_EQ(read_file(folder / "a"), content);
    EXPECT_EQ(read_gzip(folder / "a"), content);
  }
  EXPECT_EQ(names(), std::vector<std::string>{"a"});
}

TEST_F(Files, WritesPieces) {
  const std::string_view pieces[] = {"one", "", "two", std::string_view("\0\n", 2)};
  write_file(folder / "a", pieces);
  EXPECT_EQ(read_file(folder / "a"), std::string("onetwo\0\n", 8));
}

TEST_F(Files, WritesIntoTheCurrentFolder) {
  const fs::path before = fs::current_path();
  fs::current_path(folder);
  write_file("a", "content");
  fs::current_path(before);
  EXPECT_EQ(read_file(folder / "a"), "content");
}

TEST_F(Files, ReadingSaysWhatIsWrong) {
  const std::string missing = message_of<Error>([&] { read_file(folder / "nothing"); });
  EXPECT_SAYS(missing, (folder / "nothing").string());
  EXPECT_SAYS(missing, "No such file");
  EXPECT_SAYS(message_of<Error>([&] { read_file(folder); }), "it is a folder");
  EXPECT_SAYS(message_of<Error>([&] { read_gzip(folder); }), "it is a folder");
}

TEST_F(Files, ReadingHasALimit) {
  put(folder / "a", "12345");
  EXPECT_EQ(read_file(folder / "a", 5), "12345");
  EXPECT_EQ(read_gzip(folder / "a", 5), "12345");
  EXPECT_SAYS(message_of<Error>([&] { read_file(folder / "a", 4); }), "limit of 4 bytes");
  EXPECT_SAYS(message_of<Error>([&] { read_gzip(folder / "a", 4); }), "limit of 4 bytes");
  EXPECT_SAYS(message_of<Error>([&] { read_gzip(folder / "a", 1); }), "limit of 1 bytes");
  EXPECT_SAYS(message_of<Error>([&] { read_file_or_pipe("/dev/zero", 100'000); }), "limit of 100000 bytes");
}

TEST_F(Files, ReadsFilesThatStateNoSize) { EXPECT_FALSE(read_file("/proc/self/status").empty()); }

TEST_F(Files, UnpacksGzip) {
  for (const std::size_t size : {0, 1, 100, 262144, 3'000'000}) {
    const std::string content = random_bytes(size, 7, 3);
    put(folder / "a", gzip(content));
    EXPECT_EQ(read_gzip(folder / "a"), content);
    EXPECT_EQ(read_gzip(folder / "a", size), content);
  }
}

TEST_F(Files, UnpacksConcatenatedStreamsAndPadding) {
  put(folder / "a", gzip("one") + gzip("") + gzip("two") + std::string(1000, '\0'));
  EXPECT_EQ(read_gzip(folder / "a"), "onetwo");
}

TEST_F(Files, RefusesGzipCutAnywhere) {
  const std::string packed = gzip(random_bytes(500, 3, 20));
  for (std::size_t size = 2; size < packed.size(); ++size) {
    put(folder / "a", packed.substr(0, size));
    EXPECT_SAYS(message_of<Error>([&] { read_gzip(folder / "a"); }), "truncated") << size;
  }
}

TEST_F(Files, NeverReturnsOtherContentFromDamagedGzip) {
  const std::string content = random_bytes(300, 3, 20), packed = gzip(content);
  for (std::size_t bit = 16; bit < 8 * packed.size(); ++bit) {
    std::string damaged = packed;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    put(folder / "a", damaged);
    try {
      EXPECT_EQ(read_gzip(folder / "a"), content) << bit;  // time stamp and the like
    } catch (const Error&) {
    }
  }
}

TEST_F(Files, RefusesWhatFollowsGzip) {
  put(folder / "a", gzip("one") + "garbage");
  EXPECT_SAYS(message_of<Error>([&] { read_gzip(folder / "a"); }), "not gzip");
  put(folder / "a", gzip("one") + gzip("two").substr(0, 9));
  EXPECT_SAYS(message_of<Error>([&] { read_gzip(folder / "a"); }), "truncated");
}

TEST_F(Files, StopsUnpackingAtTheLimit) {
  put(folder / "bomb", gzip(std::string(50'000'000, '\0')));
  EXPECT_SAYS(message_of<Error>([&] { read_gzip(folder / "bomb", 1'000'000); }), "limit of 1000000 bytes");
}

TEST_F(Files, WritingSaysWhatIsWrong) {
  const std::string missing = message_of<Failure>([&] { write_file(folder / "no" / "a", "x"); });
  EXPECT_SAYS(missing, (folder / "no" / "a").string());
  EXPECT_SAYS(missing, "No such file");
  EXPECT_SAYS(message_of<Failure>([&] { write_file(folder, "x"); }), "it is a folder");
  EXPECT_SAYS(message_of<Failure>([&] { write_file("/dev/null", "x"); }), "not a regular file");
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
  EXPECT_TRUE(names().empty());
}

// In a child, so that the limit on file sizes, which stands in for a full disk, ends with it.
template <class Call>
int in_child_with_little_disk(Call call) {
  const pid_t child = ::fork();
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit = {4096, 4096};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    ::_exit(call());
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

TEST_F(Files, FailedWriteLeavesTheOldFileAndNothingElse) {
  write_file(folder / "a", "old");
  const int result = in_child_with_little_disk([&] {
    const auto message = message_of<Failure>([&] { write_file(folder / "a", std::string(10'000, 'x')); });
    return message.find("File too large") == std::string::npos ? 1 : 0;
  });
  EXPECT_EQ(result, 0);
  EXPECT_EQ(read_file(folder / "a"), "old");
  EXPECT_EQ(names(), std::vector<std::string>{"a"});
}

TEST_F(Files, FailedAppendLeavesNoTornLine) {
  const int result = in_child_with_little_disk([&] {
    GrowingFile file(folder / "a");
    file.append("line\n");
    const auto message = message_of<Failure>([&] { file.append(std::string(10'000, 'x')); });
    if (message.find("File too large") == std::string::npos) return 1;
    file.append("more\n");
    return file.length() == 10 ? 0 : 2;
  });
  EXPECT_EQ(result, 0);
  EXPECT_EQ(read_file(folder / "a"), "line\nmore\n");
}

TEST_F(Files, ReadersSeeOldOrNewNeverPart) {
  const std::string a(300'000, 'a'), b(200'000, 'b');
  write_file(folder / "x", a);
  std::jthread writer([&] {
    for (int i = 0; i < 30; ++i) write_file(folder / "x", i % 2 ? a : b);
  });
  for (int i = 0; i < 100; ++i) {
    const std::string seen = read_file(folder / "x");
    ASSERT_TRUE(seen == a || seen == b);
  }
}

TEST_F(Files, ManyThreadsMayWriteIntoOneFolder) {
  std::vector<std::jthread> writers;
  for (int i = 0; i < 8; ++i) {
    writers.emplace_back([this, i] { write_file(folder / std::to_string(i), std::to_string(i)); });
  }
  writers.clear();
  for (int i = 0; i < 8; ++i) EXPECT_EQ(read_file(folder / std::to_string(i)), std::to_string(i));
}

TEST_F(Files, NumbersFolders) {
  const fs::path parent = folder / "runs" / "mnist";
  EXPECT_EQ(create_numbered_folder(parent), parent / "1");
  EXPECT_EQ(create_numbered_folder(parent), parent / "2");
  for (const auto* name : {"41", "100x", "x100", "-200", "99999999999999999999999"}) {
    fs::create_directory(parent / name);
  }
  EXPECT_EQ(create_numbered_folder(parent), parent / "42");
  put(parent / "43", "a file counts too");
  EXPECT_EQ(create_numbered_folder(parent), parent / "44");
}

TEST_F(Files, NumberingSaysWhatIsWrong) {
  put(folder / "file", "");
  const std::string message = message_of<Error>([&] { create_numbered_folder(folder / "file" / "runs"); });
  EXPECT_SAYS(message, (folder / "file" / "runs").string());
  EXPECT_SAYS(message, "Not a directory");
  EXPECT_SAYS(message_of<Error>([&] { create_numbered_folder(folder / "file"); }), "cannot create");
}

TEST_F(Files, ManyProcessesMayNumberFoldersAtOnce) {
  constexpr int processes = 16, each = 10;
  std::vector<pid_t> children;
  for (int i = 0; i < processes; ++i) {
    children.push_back(::fork());
    if (children.back() != 0) continue;
    int status = 0;
    try {
      for (int k = 0; k < each; ++k)
        put(create_numbered_folder(folder / "runs" / "a") / std::to_string(i), "");
    } catch (const std::exception&) {
      status = 1;
    }
    ::_exit(status);
  }
  for (const pid_t child : children) {
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  for (int n = 1; n <= processes * each; ++n) {
    const fs::path made = folder / "runs" / "a" / std::to_string(n);
    ASSERT_TRUE(fs::is_directory(made)) << n;
    EXPECT_EQ(std::distance(fs::directory_iterator(made), fs::directory_iterator()), 1) << n;
  }
}

}  // namespace
}  // namespace aelab
