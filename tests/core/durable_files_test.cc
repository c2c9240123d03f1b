// What survives a power failure: content reaches the disk before a name leads to it, and then the name.

#include <gtest/gtest.h>

#include "aelab/core/files.h"
#include "aelab/core/growing_file.h"
#include "tests/durable.h"
#include "tests/support.h"

namespace aelab {
namespace {

/// The calls of `work`, with "*" for names that temporary files had.
template <class Work>
std::vector<std::string> calls_of(const TemporaryFolder& folder, Work work) {
  DiskCalls disk(folder.path());
  work();
  for (auto& call : disk.calls) {
    const auto begin = call.find(".aelab-"), end = call.find(".tmp");
    if (begin != std::string::npos && end != std::string::npos) call.replace(begin, end + 4 - begin, "*");
  }
  return disk.calls;
}

using Calls = std::vector<std::string>;

TEST(DurableFiles, AreWholeBeforeTheyHaveTheirNameWhichIsSyncedToo) {
  const TemporaryFolder folder;
  const Calls expected = {"sync * 5", "rename * a", "sync ."};
  EXPECT_EQ(calls_of(folder, [&] { write_file(folder / "a", "12345"); }), expected);
  EXPECT_EQ(calls_of(folder, [&] { write_file(folder / "a", "54321"); }), expected) << "in place of another";
}

TEST(DurableFiles, GrowingOnesAreSyncedWithAllThatWasAppended) {
  const TemporaryFolder folder;
  GrowingFile file(folder / "log");
  EXPECT_EQ(calls_of(folder,
                     [&] {
                       file.append("one\n");
                       file.append("two\n");
                       file.sync();
                     }),
            (Calls{"sync log 8"}));
}

}  // namespace
}  // namespace aelab
