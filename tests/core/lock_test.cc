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

TEST(FolderLock, NeedsAFolder) {
  EXPECT_SAYS(message_of<Error>([] { FolderLock lock("/nowhere/at/all"); }), "cannot be locked");
}

}  // namespace
}  // namespace aelab
