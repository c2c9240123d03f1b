#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

namespace aelab {

enum class WholeRead { done, failed, other_length };

/// Fills `content` by as many calls of read(to, count) as that takes. `read` returns how many bytes it gave,
/// 0 at the end, and a negative number when it failed. Libraries give at most 2 or 4 GiB a call.
template <class Read>
WholeRead read_some(Read&& read, std::string& content) {
  constexpr std::size_t kAtOnce = std::size_t{1} << 24;  // bytes
  for (std::size_t done = 0; done < content.size();) {
    const std::int64_t got = read(content.data() + done, std::min(kAtOnce, content.size() - done));
    if (got <= 0) return got < 0 ? WholeRead::failed : WholeRead::other_length;
    done += static_cast<std::size_t>(got);
  }
  return WholeRead::done;
}

/// The same, and one more call for a single byte that must not follow: a reader looks at the checksum behind
/// the last one.
template <class Read>
WholeRead read_whole(Read read, std::string& content) {
  if (const auto problem = read_some(read, content); problem != WholeRead::done) return problem;
  char beyond = 0;
  const std::int64_t rest = read(&beyond, std::size_t{1});
  return rest == 0 ? WholeRead::done : rest < 0 ? WholeRead::failed : WholeRead::other_length;
}

}  // namespace aelab
