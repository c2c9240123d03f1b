#include "aelab/core/lock.h"

#include <gtest/gtest.h>

#include "aelab/core/error.h"
#include "tests/support.h"

namespace aelab {
namespace {

TEST(FolderLock, KeepsOthersOutUntilItIsLetGo) {
  const TemporaryFolder folder;
  {
    const FolderLock lock(folder.path());
    EXPECT_SAYS(message_of<Error>([&] { FolderLock other(folder.path()); }),
                "another process is working in it");
  }
  EXPECT_NO_THROW(FolderLock(folder.path()));
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(FolderLock, RefusesLinksWithin) {
  const TemporaryFolder folder, elsewhere;
  namespace fs = std::filesystem;
  fs::create_directory(folder.path() / "images");
  const auto link = folder.path() / "images" / "filters.png";
  for (const auto& target : {elsewhere.path(), fs::path("nowhere")}) {
    fs::create_symlink(target, link);
    EXPECT_SAYS(message_of<Error>([&] { FolderLock lock(folder.path()); }),
                link.string() + ": is a symbolic link");
    fs::remove(link);
    EXPECT_NO_THROW(FolderLock(folder.path()));
  }
  fs::create_directory_symlink(folder.path(), elsewhere.path() / "another-name");
  EXPECT_NO_THROW(FolderLock(elsewhere.path() / "another-name")) << "the folder itself may be a link";
}

TEST(FolderLock, NeedsAFolder) {
  EXPECT_SAYS(message_of<Error>([] { FolderLock lock("/nowhere/at/all"); }), "cannot be locked");
}

}  // namespace
}  // namespace aelab
