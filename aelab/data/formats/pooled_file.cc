#include "aelab/data/formats/pooled_file.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <list>
#include <mutex>
#include <unordered_map>

#include "aelab/core/error.h"

namespace aelab {
namespace {

std::size_t most_open_files() {
  constexpr rlim_t kShare = 4, kLeast = 4, kMost = 1024;
  rlimit limit = {};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return kLeast;
  return std::clamp(limit.rlim_cur / kShare, kLeast, kMost);
}

/// The files that were used last, which stay open.
class OpenFiles {
 public:
  static OpenFiles& get() {
    static OpenFiles files;
    return files;
  }

  std::shared_ptr<const InputFile> find_or_open(const PooledFile* owner) {
    const std::lock_guard lock(mutex_);
    if (const auto found = places_.find(owner); found != places_.end()) {
      recent_.splice(recent_.begin(), recent_, found->second);
      return recent_.front().file;
    }
    while (recent_.size() >= most_open_files()) forget(recent_.back().owner);
    recent_.push_front({owner, std::make_shared<const InputFile>(owner->path())});
    places_[owner] = recent_.begin();
    return recent_.front().file;
  }

  void close(const PooledFile* owner) {
    const std::lock_guard lock(mutex_);
    forget(owner);
  }

 private:
  struct Opened {
    const PooledFile* owner;
    std::shared_ptr<const InputFile> file;
  };
  std::mutex mutex_;
  std::list<Opened> recent_;  // the one used last comes first
  std::unordered_map<const PooledFile*, std::list<Opened>::iterator> places_;

  void forget(const PooledFile* owner) {
    const auto found = places_.find(owner);
    if (found == places_.end()) return;
    recent_.erase(found->second);
    places_.erase(found);
  }
};

}  // namespace

PooledFile::PooledFile(std::filesystem::path path) : path_(std::move(path)) {
  stamp_ = OpenFiles::get().find_or_open(this)->stamp();
}

PooledFile::~PooledFile() { OpenFiles::get().close(this); }

std::shared_ptr<const InputFile> PooledFile::open() const try {
  return OpenFiles::get().find_or_open(this);
} catch (const Error& error) {  // it could be opened when this object was made
  throw Failure(error.what());
}

std::size_t PooledFile::read_at(std::uintmax_t offset, void* to, std::size_t count) const {
  const auto file = open();
  try {
    return file->read_at(offset, to, count);
  } catch (const Error& error) {
    throw Failure(error.what());
  }
}

void PooledFile::require_unchanged() const {
  const auto stamp = open()->stamp();
  if (stamp == stamp_) return;
  const auto how =
      stamp.size < stamp_.size
          ? fmt::format("became shorter while it was in use: it has {} of {} bytes", stamp.size, stamp_.size)
          : std::string("was changed while it was in use");
  throw Failure(path_.string() + ": " + how + "; restore its content and resume, or start again");
}

}  // namespace aelab
