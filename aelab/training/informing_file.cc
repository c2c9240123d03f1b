#include "aelab/training/informing_file.h"

#include "aelab/core/error.h"
#include "aelab/core/links.h"

namespace aelab {

namespace fs = std::filesystem;

std::string set_aside(const fs::path& path) {
  if (!has_entry(path)) return {};
  auto aside = path;
  aside += ".damaged";
  const auto first = aside.string();
  for (int number = 2; has_entry(aside); ++number) aside = first + "." + std::to_string(number);
  std::error_code error;
  fs::rename(path, aside, error);
  if (error)
    throw Failure(path.string() + ": cannot be renamed to " + aside.string() + ": " + error.message());
  return aside.filename();
}

GrowingFile open_informing_file(Training& training, const std::string& name, GrowingFile::Mark mark) {
  const auto path = training.folder / name;
  const auto damage = GrowingFile::damage(path, mark);
  if (damage.empty()) return GrowingFile(path, mark);
  const auto aside = set_aside(path);
  training.caution(path.string() + " " + damage + "; a new file is begun" +
                   (aside.empty() ? "" : ", and the damaged one is kept as " + aside));
  return GrowingFile(path);
}

}  // namespace aelab
