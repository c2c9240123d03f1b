#include "aelab/core/folders.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstdint>

#include "aelab/core/error.h"
#include "aelab/core/file_descriptor.h"

namespace aelab {

namespace fs = std::filesystem;

namespace {

// The number that is a folder's whole name, or 0.
std::int64_t number_of(const std::string& name) {
  constexpr std::int64_t most = 1'000'000'000'000'000;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  const bool whole = error == std::errc() && end == name.data() + name.size();
  return whole && number > 0 && number < most ? number : 0;
}

}  // namespace

std::vector<fs::path> sorted_entries(const fs::path& folder, std::error_code& error) {
  std::vector<fs::path> entries;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
    entries.push_back(entry->path());
  std::sort(entries.begin(), entries.end());
  return entries;
}

void refuse_links(const fs::path& folder) try {
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_symlink())
      throw Error(entry.path().string() +
                  ": is a symbolic link, which could lead out of the folder; put what it " +
                  "leads to in its place");
} catch (const fs::filesystem_error& error) {
  throw Error(fmt::format("cannot read {}: {}", folder.string(), error.code().message()));
}

fs::path create_numbered_folder(const fs::path& parent) {
  const auto refuse = [&](std::string_view why) {
    return Error(fmt::format("cannot create a folder in {}: {}", parent.string(), why));
  };
  std::int64_t number = 0;
  try {
    fs::create_directories(parent);
    for (const auto& entry : fs::directory_iterator(parent)) {
      number = std::max(number, number_of(entry.path().filename().string()));
    }
  } catch (const fs::filesystem_error& error) {
    throw refuse(error.code().message());
  }
  for (;;) {
    const fs::path folder = parent / std::to_string(++number);
    if (::mkdir(folder.c_str(), 0777) == 0) return folder;
    if (errno != EEXIST) throw refuse(reason(errno));
  }
}

namespace {

/// A new folder beside the one to be written, removed with all that is in it unless it was renamed.
class TemporaryFolder {
 public:
  explicit TemporaryFolder(const fs::path& target) : target_(target) {
    static std::atomic<unsigned> counter = 0;
    std::error_code error;
    do {
      path_ = target.parent_path() / fmt::format(".aelab-{}-{}.folder", ::getpid(), counter++);
    } while (!fs::create_directory(path_, error) && !error);
    if (error) throw Error(fmt::format("cannot create {}: {}", target.string(), error.message()));
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    if (!renamed_) fs::remove_all(path_, ignored);
  }

  const fs::path& path() const { return path_; }

  void rename() {
    if (fs::exists(fs::symlink_status(target_))) throw Error(target_.string() + ": is there already");
    if (::rename(path_.c_str(), target_.c_str()) != 0) throw cannot_write(target_, reason(errno));
    renamed_ = true;
  }

 private:
  fs::path target_, path_;
  bool renamed_ = false;
};

}  // namespace

void write_folder(const fs::path& path, const std::function<void(const fs::path& folder)>& fill) {
  auto target = path.lexically_normal();
  if (!target.has_filename()) target = target.parent_path();  // a slash at its end
  std::error_code error;
  if (target.has_parent_path()) fs::create_directories(target.parent_path(), error);
  if (error) throw Error(fmt::format("cannot create {}: {}", target.parent_path().string(), error.message()));
  TemporaryFolder temporary(target);
  fill(temporary.path());
  temporary.rename();
}

}  // namespace aelab
