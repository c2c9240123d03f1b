// aelab interpolate

#include "aelab/runs/interpolation.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "aelab/cli/commands.h"
#include "aelab/cli/options.h"

namespace aelab::cli {
namespace {

int print_interpolation(const InterpolationOutcome& outcome, bool as_json) {
  const auto& [folder, files, decoded, pixels] = outcome;
  if (as_json) {
    nlohmann::json value = {{"folder", folder}, {"files", files}, {"distance", {{"decoded", decoded}}}};
    if (pixels) value["distance"]["pixels"] = *pixels;
    fmt::print("{}\n", value.dump());
    return 0;
  }
  fmt::print("distance/decoded  {:.6g}\n", decoded);
  if (pixels) fmt::print("distance/pixels   {:.6g}\n", *pixels);
  fmt::print("{}\n", folder.string());
  return 0;
}

void add_endpoint(FolderCommand& command, const std::string& name, const std::string& where) {
  command.add(name, OptionType::number, where + ": a row of the part, from 0");
  command.add(name + "-class", OptionType::text, where + ": a sample of this class, by name or number");
}

}  // namespace

void add_interpolate(CLI::App& app, Command& chosen) {
  FolderCommand command(app, "interpolate", "Walk between samples through a run's code, and decode the way",
                        "print one JSON object: folder, files, distance");
  add_endpoint(command, "from", "the first sample");
  add_endpoint(command, "to", "the second sample");
  add_endpoint(command, "down", "a grid's lower left corner");
  add_endpoint(command, "diagonal", "a grid's lower right corner");
  command.add(
      "kind", OptionType::text,
      "strip [default]: from one sample to another; grid: between four corners; manifold: the plane of a "
      "2-number code");
  command.add("steps", OptionType::number, "points along each side, both ends included [10]");
  command.add("method", OptionType::text, "linear [default] or spherical");
  command.add("space", OptionType::text,
              "code [default], or input: between the inputs, then encoded and decoded");
  command.add("seed", OptionType::number, "draw the samples of classes; their first ones when left out");
  command.add("part", OptionType::text, "train, validation or test [default]");
  command.add("checkpoint", OptionType::text, "best [default], last, ema or previous");
  command.add("output", OptionType::text, "folder for the results [RUN_FOLDER/interpolations/<n>]");
  command.footer(
      "Writes interpolation.json, decoded.npy and, of pictures, interpolation.png: decoded points above "
      "mixed\n"
      "pixels. Prints the mean distance of both from the nearest training input, and the folder.\n"
      "Example: aelab interpolate runs/first-run/1 --from 3 --to 17 --steps 12\n"
      "Example: aelab interpolate runs/first-run/1 --from-class 3 --to-class 8 --seed 1 --method spherical");
  command.does<InterpolationConfig>(
      chosen, [](const std::string& folder, const InterpolationConfig& config, bool as_json) {
        return print_interpolation(interpolate_run(folder, config), as_json);
      });
}

}  // namespace aelab::cli
