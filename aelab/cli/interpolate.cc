// aelab interpolate

#include "aelab/tools/interpolation.h"

#include <nlohmann/json.hpp>

#include "aelab/cli/commands.h"
#include "aelab/cli/options.h"
#include "aelab/cli/output.h"

namespace aelab::cli {
namespace {

int print_interpolation(const InterpolationOutcome& outcome, bool as_json) {
  const auto& [folder, files, decoded, pixels] = outcome;
  if (as_json) {
    nlohmann::json value = {{"folder", folder}, {"files", files}, {"distance", {{"decoded", decoded}}}};
    if (pixels) value["distance"]["pixels"] = *pixels;
    print_json(value);
    return 0;
  }
  print("distance/decoded  {:.6g}\n", decoded);
  if (pixels) print("distance/pixels   {:.6g}\n", *pixels);
  print("{}\n", folder.string());
  return 0;
}

}  // namespace

void add_interpolate(CLI::App& app, Command& chosen) {
  FolderCommand<InterpolationConfig> command(
      app, "interpolate", "Interpolate between samples in a run's latent space",
      "print one JSON object: folder, files, distance", {{"output", "FOLDER"}}, kRunOrModel);
  known_as(command.app(), {"morph", "walk"});
  command.footer(
      "Writes interpolation.json, decoded.npy and, for images, interpolation.png: the decoded points above "
      "the same points interpolated in pixel space. Prints the mean distance of both to the nearest training "
      "input, or the nearest row of --data, then the folder. With --data, the run's own data are not "
      "needed.\n"
      "Example: aelab interpolate runs/first-run/1 --from 3 --to 17 --steps 12\n"
      "Example: aelab interpolate runs/first-run/1 --kind traversal --from 3\n"
      "Example: aelab interpolate runs/first-run/1 --from-class 3 --to-class 8 --seed 1 --method spherical");
  command.does(chosen, [](const std::string& folder, const InterpolationConfig& config, bool as_json) {
    return print_interpolation(interpolate(folder, config), as_json);
  });
}

}  // namespace aelab::cli
