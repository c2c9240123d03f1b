#include "aelab/core/memory.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <limits>

#include "aelab/core/error.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace aelab {
namespace {

constexpr std::int64_t kNoLimit = std::numeric_limits<std::int64_t>::max();

/// The number behind `name` in a file of lines "name number"; nothing else matters here than what Linux
/// writes.
std::int64_t number_behind(const std::string& name, const std::string& file, std::int64_t otherwise) {
  std::ifstream lines(file);
  for (std::string word; lines >> word; lines.ignore(std::numeric_limits<std::streamsize>::max(), '\n'))
    if (std::int64_t number = 0; word == name && lines >> number) return number;
  return otherwise;
}

/// The only number of a file; "max" is none.
std::int64_t number_in_file(const std::string& file, std::int64_t otherwise) {
  std::int64_t number = 0;
  return std::ifstream(file) >> number ? number : otherwise;
}

std::int64_t free_in_system() {
  constexpr std::int64_t kUnit = 1024;
  const auto available = number_behind("MemAvailable:", "/proc/meminfo", -1);
  return available < 0 ? kNoLimit : available * kUnit;
}

/// Of the process's control group and all groups around it. Cached files are free when they are needed.
std::int64_t free_in_groups() {
  constexpr std::string_view kBegin = "0::";
  std::string line, group;
  for (std::ifstream lines("/proc/self/cgroup"); std::getline(lines, line);)
    if (line.starts_with(kBegin)) group = line.substr(kBegin.size());
  auto least = kNoLimit;
  for (;;) {
    if (group == "/") group.clear();
    const auto folder = "/sys/fs/cgroup" + group + "/memory.";
    const auto most = number_in_file(folder + "max", -1), used = number_in_file(folder + "current", -1);
    if (most >= 0 && used >= 0)
      least = std::min(least, most - used + number_behind("inactive_file", folder + "stat", 0));
    if (group.empty()) return std::max<std::int64_t>(least, 0);
    const auto parent = group.rfind('/');
    group.resize(parent == std::string::npos ? 0 : parent);
  }
}

std::int64_t free_in_address_space() {
  rlimit limit = {};
  if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return kNoLimit;
  const auto used = number_in_file("/proc/self/statm", 0) * sysconf(_SC_PAGESIZE);
  return std::max<std::int64_t>(static_cast<std::int64_t>(limit.rlim_cur) - used, 0);
}

}  // namespace

void keep_freed_memory() {
#ifdef __GLIBC__
  constexpr int kMapFrom = 1 << 30;  // bytes; smaller blocks come from the heap, which stays
  constexpr int kGrowBy = 64 << 20;  // bytes
  mallopt(M_MMAP_THRESHOLD, kMapFrom);
  mallopt(M_TRIM_THRESHOLD, -1);
  mallopt(M_TOP_PAD, kGrowBy);
#endif
}

std::int64_t peak_memory() {
  constexpr std::int64_t kUnit = 1024;  // getrusage counts in it on Linux
  rusage usage = {};
  return getrusage(RUSAGE_SELF, &usage) == 0 ? usage.ru_maxrss * kUnit : 0;
}

std::int64_t free_memory() { return std::min({free_in_system(), free_in_groups(), free_in_address_space()}); }

void require_memory(double bytes, const std::string& what, const std::string& remedy) {
  constexpr double kGiB = 1 << 30;
  const auto free = static_cast<double>(free_memory());
  if (bytes > free)
    throw Error(fmt::format("{} needs {:.1f} GiB of memory, {:.1f} GiB are free; {}", what, bytes / kGiB,
                            free / kGiB, remedy));
}

}  // namespace aelab
