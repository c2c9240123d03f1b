#include "aelab/data/formats/picture_folder.h"

#include <gtest/gtest.h>

#include "aelab/core/error.h"
#include "aelab/data/formats/file_record.h"
#include "tests/support.h"

namespace aelab {
namespace {

namespace fs = std::filesystem;

class PictureFolders : public testing::Test {
 protected:
  void put(const std::string& name, const std::string& content = "x") const {
    fs::create_directories((folder / name).parent_path());
    put_file(folder / name, content);
  }
  std::vector<std::string> listed(const fs::path& place) const {
    std::vector<std::string> names;
    for (const auto& path : list_pictures(place).all()) names.push_back(path.lexically_relative(place));
    return names;
  }
  TemporaryFolder folder;
};

using Names = std::vector<std::string>;

TEST_F(PictureFolders, ListWhatIsReadAndSayWhatIsNot) {
  for (const auto* name :
       {"p/cats/b.png", "p/cats/a.jpg", "p/dogs/c.PNG", "p/cats/more/d.png", "p/cats/more/yet/e.png",
        "p/cats/notes.txt", "p/list.csv", "p/.git/f.png", "p/cats/._a.jpg", "p/.DS_Store"})
    put(name);
  const auto found = list_pictures(folder / "p");
  EXPECT_EQ(listed(folder / "p"), (Names{"cats/a.jpg", "cats/b.png", "dogs/c.PNG"}));
  const auto at = (folder / "p").string() + ": skipped: ";
  EXPECT_EQ(found.passed_over, (Names{at + "2 images in subfolders of class folders, such as cats/more/d.png",
                                      at + "2 images with hidden names, such as .git/f.png",
                                      at + "2 files of other kinds, such as cats/notes.txt"}));
  EXPECT_TRUE(found.unreadable.empty());
  put("p/dogs/g.gif");
  EXPECT_EQ(list_pictures(folder / "p").unreadable.front(), folder / "p/dogs/g.gif");
}

TEST_F(PictureFolders, AreRecordedAsTheyAreListed) {
  put("elsewhere/a.png", "one");
  put("elsewhere/b.png", "two");
  put("p/cats/c.png", "three");
  put("p/cats/more/d.png", "four");
  fs::create_directory_symlink("../elsewhere", folder / "p/dogs");
  fs::create_symlink("../../elsewhere/b.png", folder / "p/cats/e.png");
  const auto record = record_of(folder / "p");
  EXPECT_EQ(listed(folder / "p"), (Names{"cats/c.png", "cats/e.png", "dogs/a.png", "dogs/b.png"}));
  EXPECT_EQ(record.bytes, 14U);
  EXPECT_EQ(record.content.size(), 4U);
  put("p/cats/more/d.png", "five");
  EXPECT_EQ(record_of(folder / "p").crc32, record.crc32) << "it is not read";
  put("elsewhere/a.png", "six");  // of the same length
  EXPECT_NE(record_of(folder / "p").crc32, record.crc32);
}

TEST_F(PictureFolders, NameLinksThatLeadNowhere) {
  put("p/cats/a.png");
  fs::create_symlink("loop", folder / "p/loop");
  EXPECT_SAYS(message_of<Error>([&] { list_pictures(folder / "p"); }),
              (folder / "p/loop").string() + ": Too many levels of symbolic links");
  fs::remove(folder / "p/loop");
  fs::create_symlink("nowhere", folder / "p/dogs");
  EXPECT_SAYS(message_of<Error>([&] { list_pictures(folder / "p"); }),
              (folder / "p/dogs").string() + ": it is a link that leads nowhere");
  fs::remove(folder / "p/dogs");
  fs::create_directory_symlink("..", folder / "p/cats/up");  // deeper down it is only passed over
  EXPECT_EQ(listed(folder / "p"), (Names{"cats/a.png"}));
}

}  // namespace
}  // namespace aelab
