#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace aelab {

/// What a folder of pictures holds. Reading, recording and checking a folder all go by this list, so that
/// what is learned from is what is recorded. Links are followed.
struct PictureFolder {
  struct Class {
    std::string name;                             ///< of the subfolder
    std::vector<std::filesystem::path> pictures;  ///< sorted
  };
  std::vector<std::filesystem::path> pictures;  ///< directly in the folder, sorted
  std::vector<Class> classes;                   ///< a subfolder each, sorted
  /// Pictures of formats that aelab does not read, such as GIF.
  std::vector<std::filesystem::path> unreadable;
  /// What is passed over, a sentence for each reason with a count and an example: files that are not
  /// pictures, pictures deeper down, pictures with hidden names.
  std::vector<std::string> passed_over;

  /// All pictures, those of the classes in their order.
  std::vector<std::filesystem::path> all() const;
};

/// Lists the folder. Error that names the path: it cannot be read, a link leads nowhere or to itself, a name
/// is not UTF-8.
PictureFolder list_pictures(const std::filesystem::path& folder);

}  // namespace aelab
