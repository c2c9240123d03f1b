#include "aelab/data/formats/picture_folder.h"

#include <fmt/format.h>

#include <algorithm>

#include "aelab/core/error.h"
#include "aelab/core/files.h"
#include "aelab/core/folders.h"
#include "aelab/core/text.h"
#include "aelab/data/formats/picture_file.h"

namespace aelab {
namespace {

namespace fs = std::filesystem;

bool is_hidden(const fs::path& path) { return path.filename().string().starts_with('.'); }

std::vector<fs::path> readable_entries(const fs::path& folder) {
  std::error_code error;
  auto entries = sorted_entries(folder, error);
  if (error) throw Error("cannot read the folder " + folder.string() + ": " + error.message());
  for (const auto& entry : entries)
    if (!is_utf8(entry.filename().string()))
      throw Error("the name of " + entry.string() + " is not UTF-8: rename it");
  return entries;
}

/// How many there are of one kind, and the first.
struct Counted {
  std::size_t count = 0;
  fs::path example = {};

  void add(const fs::path& path) {
    if (count++ == 0) example = path;
  }
};

class PictureLister {
 public:
  explicit PictureLister(const fs::path& folder) : folder_(folder) {}

  PictureFolder list() {
    for (const auto& entry : readable_entries(folder_)) {
      if (!is_folder(entry)) {
        take_file(entry, found_.pictures);
      } else if (is_hidden(entry)) {
        pass_over_folder(entry, hidden_);
      } else {
        list_class(entry);
      }
    }
    say(deeper_, "image", "in subfolders of class folders");
    say(hidden_, "image", "with hidden names");
    say(others_, "file", "of other kinds");
    return std::move(found_);
  }

 private:
  const fs::path& folder_;
  PictureFolder found_;
  Counted deeper_, hidden_, others_;

  void list_class(const fs::path& place) {
    auto& entries = found_.classes.emplace_back(PictureFolder::Class{place.filename().string(), {}});
    for (const auto& entry : readable_entries(place))
      if (is_folder(entry))
        pass_over_folder(entry, is_hidden(entry) ? hidden_ : deeper_);
      else
        take_file(entry, entries.pictures);
  }

  static bool is_folder(const fs::path& entry) {
    if (folder_exists(entry)) return true;
    if (!file_exists(entry))
      throw Error("cannot read " + entry.string() + ": it is a link that leads nowhere; remove or repair it");
    return false;
  }

  void take_file(const fs::path& file, std::vector<fs::path>& pictures) {
    const bool is_picture = is_picture_file(file);
    if (is_hidden(file)) {
      if (is_picture) hidden_.add(file);
    } else if (is_picture) {
      pictures.push_back(file);
    } else if (is_other_picture_file(file)) {
      found_.unreadable.push_back(file);
    } else {
      others_.add(file);
    }
  }

  /// Counts the pictures of a folder at any depth. What cannot be read of it does not matter.
  static void pass_over_folder(const fs::path& place, Counted& counted) {
    std::vector<fs::path> pictures;
    std::error_code error;
    for (fs::recursive_directory_iterator entry(place, fs::directory_options::skip_permission_denied, error),
         end;
         !error && entry != end; entry.increment(error))
      if (is_picture_file(entry->path())) pictures.push_back(entry->path());
    std::sort(pictures.begin(), pictures.end());
    for (const auto& picture : pictures) counted.add(picture);
  }

  /// "skipped: 3 images in folders within class folders, such as cats/more/a.png".
  void say(const Counted& counted, std::string_view what, std::string_view why) {
    if (counted.count == 0) return;
    found_.passed_over.push_back(fmt::format("{}: skipped: {} {}{} {}{}{}", folder_.string(), counted.count,
                                             what, counted.count == 1 ? "" : "s", why,
                                             counted.count == 1 ? ", " : ", such as ",
                                             counted.example.lexically_relative(folder_).generic_string()));
  }
};

}  // namespace

std::vector<fs::path> PictureFolder::all() const {
  auto whole = pictures;
  for (const auto& each : classes) whole.insert(whole.end(), each.pictures.begin(), each.pictures.end());
  return whole;
}

PictureFolder list_pictures(const fs::path& folder) { return PictureLister(folder).list(); }

}  // namespace aelab
