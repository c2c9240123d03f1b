#include <gtest/gtest.h>

#include "aelab/core/files.h"
#include "aelab/runs/results.h"
#include "tests/durable.h"
#include "tests/support.h"

namespace aelab {
namespace {

TEST(StreamedFiles, AreWholeBeforeTheyHaveTheirName) {
  const TemporaryFolder folder;
  DiskCalls disk(folder.path());
  StreamedFile file(folder / "codes.csv");
  file.append("a,b\n");
  file.append("1,2\n");
  EXPECT_FALSE(std::filesystem::exists(folder / "codes.csv"));
  file.finish();
  EXPECT_EQ(read_file(folder / "codes.csv"), "a,b\n1,2\n");
  const auto temporary = ".aelab-" + std::to_string(::getpid()) + "-codes.csv.tmp";
  EXPECT_EQ(disk.calls,
            (std::vector<std::string>{"sync " + temporary + " 8", "rename " + temporary + " codes.csv"}));
}

}  // namespace
}  // namespace aelab
