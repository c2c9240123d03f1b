// Pipes, sockets, devices and links where files are expected, and what tells that a file was changed.

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <thread>

#include "aelab/core/error.h"
#include "aelab/core/files.h"
#include "aelab/core/gzip_file.h"
#include "aelab/core/memory.h"
#include "tests/support.h"

namespace aelab {
namespace {

namespace fs = std::filesystem;

std::string refusal_to_read(const fs::path& path) {
  const auto said = message_of<Error>([&] { read_file(path); });
  EXPECT_EQ(message_of<Error>([&] { read_gzip(path); }), said);
  EXPECT_EQ(message_of<Error>([&] { InputFile file(path); }), said);
  return said;
}

TEST(IrregularFiles, AreRefusedWithoutWaiting) {
  const TemporaryFolder folder;
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  fs::create_symlink("pipe", folder / "link");
  for (const std::string name : {"pipe", "link"})
    EXPECT_EQ(refusal_to_read(folder / name),
              "cannot read " + (folder / name).string() +
                  ": it is a pipe, which can be read only once: save its content to a file");
  EXPECT_SAYS(refusal_to_read("/dev/zero"), "cannot read /dev/zero: it is a device, not a file");
  const int server = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = {}};
  std::strncpy(address.sun_path, (folder / "socket").c_str(), sizeof(address.sun_path) - 1);
  ASSERT_EQ(::bind(server, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  EXPECT_SAYS(refusal_to_read(folder / "socket"), "it is a socket, not a file");
  ::close(server);
}

TEST(IrregularFiles, PipesAreReadOnceWhereTheyMay) {
  const TemporaryFolder folder;
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  const std::string content(300'000, 'x');
  std::thread writer([&] { put_file(folder / "pipe", content); });
  EXPECT_EQ(read_file_or_pipe(folder / "pipe"), content);
  writer.join();
  put_file(folder / "file", "content");
  EXPECT_EQ(read_file_or_pipe(folder / "file"), "content");
  EXPECT_SAYS(message_of<Error>([&] { read_file_or_pipe("/dev/zero", 1000); }), "limit of 1000 bytes");
  EXPECT_SAYS(message_of<Error>([&] { read_file_or_pipe(folder.path()); }), "it is a folder");
  EXPECT_SAYS(message_of<Error>([&] { read_file_or_pipe(folder / "none"); }), "No such file");
}

TEST(IrregularFiles, LoopsOfLinksAreNamed) {
  const TemporaryFolder folder;
  fs::create_symlink("b", folder / "a");
  fs::create_symlink("a", folder / "b");
  const auto said = "cannot read " + (folder / "a").string() + ": Too many levels of symbolic links";
  EXPECT_EQ(message_of<Error>([&] { (void)file_exists(folder / "a"); }), said);
  EXPECT_EQ(message_of<Error>([&] { (void)folder_exists(folder / "a"); }), said);
  EXPECT_EQ(refusal_to_read(folder / "a"), said);
  put_file(folder / "file", "");
  EXPECT_TRUE(file_exists(folder / "file"));
  EXPECT_FALSE(folder_exists(folder / "file"));
  EXPECT_TRUE(folder_exists(folder.path()));
  EXPECT_FALSE(file_exists(folder / "none"));
  EXPECT_FALSE(file_exists(folder / "file/within"));
}

TEST(IrregularFiles, StampsTellWritingAndReplacing) {
  const TemporaryFolder folder;
  put_file(folder / "a", "one");
  const InputFile file(folder / "a");
  const auto stamp = file.stamp();
  EXPECT_EQ(stamp, InputFile(folder / "a").stamp());
  put_file(folder / "b", "two");
  fs::last_write_time(folder / "b", fs::last_write_time(folder / "a"));
  fs::rename(folder / "b", folder / "a");
  EXPECT_EQ(stamp, file.stamp()) << "the file that is open is still the old one";
  EXPECT_NE(stamp, InputFile(folder / "a").stamp());
  const InputFile second(folder / "a");
  const auto before = second.stamp();
  fs::last_write_time(folder / "a", fs::last_write_time(folder / "a") + std::chrono::nanoseconds(1));
  EXPECT_NE(before, second.stamp());
}

TEST(Memory, FreeMemoryFollowsLimits) {
  const auto free = free_memory();
  EXPECT_GT(free, 0);
  rlimit old = {};
  ASSERT_EQ(getrlimit(RLIMIT_AS, &old), 0);
  constexpr std::int64_t kMore = 1 << 28;
  std::int64_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  const rlimit small = {static_cast<rlim_t>(pages * sysconf(_SC_PAGESIZE) + kMore), old.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_AS, &small), 0);
  const auto limited = free_memory();
  setrlimit(RLIMIT_AS, &old);
  EXPECT_LE(limited, kMore);
  EXPECT_GT(limited, kMore / 2);
  EXPECT_SAYS(message_of<Error>([&] { require_memory(3e15, "x.npy", "use less"); }),
              "x.npy needs 2793967.7 GiB");
  EXPECT_EQ(message_of<Error>([&] { require_memory(1, "x", "y"); }), "nothing was thrown");
}

}  // namespace
}  // namespace aelab
