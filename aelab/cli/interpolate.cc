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

void add_endpoint(CLI::App& command, ConfigOptions& options, const std::string& name,
                  const std::string& where) {
  options.add(command, name, OptionType::number, where + ": a row of the part, from 0");
  options.add(command, name + "-class", OptionType::number, where + ": a sample of this class");
}

}  // namespace

void add_interpolate(CLI::App& app, Command& chosen) {
  struct Options {
    std::string folder;
    ConfigOptions config;
    bool json = false;
  };
  auto options = std::make_shared<Options>();
  auto& config = options->config;
  auto* command =
      app.add_subcommand("interpolate", "Walk between samples through a run's code, and decode the way");
  command->add_option("RUN_FOLDER", options->folder, "the run's folder")->required();
  add_endpoint(*command, config, "from", "the first sample");
  add_endpoint(*command, config, "to", "the second sample");
  add_endpoint(*command, config, "down", "a grid's lower left corner");
  add_endpoint(*command, config, "diagonal", "a grid's lower right corner");
  config.add(
      *command, "kind", OptionType::text,
      "strip [default]: from one sample to another; grid: between four corners; manifold: the plane of a "
      "2-number code");
  config.add(*command, "steps", OptionType::number, "points along each side, both ends included [10]");
  config.add(*command, "method", OptionType::text, "linear [default] or spherical");
  config.add(*command, "space", OptionType::text,
             "code [default], or input: between the inputs, then encoded and decoded");
  config.add(*command, "seed", OptionType::number,
             "draw the samples of classes; their first ones when left out");
  config.add(*command, "part", OptionType::text, "train, validation or test [default]");
  config.add(*command, "checkpoint", OptionType::text, "best [default], last or ema");
  config.add(*command, "output", OptionType::text, "folder for the results [RUN_FOLDER/interpolations/<n>]");
  command->add_flag("--json", options->json, "print one JSON object: folder, files, distance");
  command->footer(
      "Writes interpolation.json, decoded.npy and, of pictures, interpolation.png: decoded points above "
      "mixed\n"
      "pixels. Prints the mean distance of both from the nearest training input, and the folder.\n"
      "Example: aelab interpolate runs/first-run/1 --from 3 --to 17 --steps 12\n"
      "Example: aelab interpolate runs/first-run/1 --from-class 3 --to-class 8 --seed 1 --method spherical");
  command->callback([options, &chosen] {
    chosen = [options] {
      InterpolationConfig read;
      options->config.read(read, "interpolate");
      return print_interpolation(interpolate_run(options->folder, read), options->json);
    };
  });
}

}  // namespace aelab::cli
