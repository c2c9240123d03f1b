// aelab export

#include "aelab/runs/export.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "aelab/cli/commands.h"
#include "aelab/cli/options.h"

namespace aelab::cli {

void add_export(CLI::App& app, Command& chosen) {
  struct Options {
    std::string folder;
    ConfigOptions config;
    bool json = false;
  };
  auto options = std::make_shared<Options>();
  auto& config = options->config;
  auto* command = app.add_subcommand("export", "Write the weights of a run's model for other programs");
  command->add_option("RUN_FOLDER", options->folder, "the run's folder")->required();
  config.add(*command, "format", OptionType::text,
             "safetensors or npz; npz where --output ends in .npz, else safetensors");
  config.add(*command, "checkpoint", OptionType::text, "best [default], last or ema");
  config.add(*command, "output", OptionType::text, "the file [RUN_FOLDER/model.safetensors or model.npz]");
  command->add_flag("--json", options->json, "print one JSON object: file");
  command->footer(
      "The names are those of the model's parameters, such as backbone.encoder_0.weight. Prints the file.\n"
      "Example: aelab export runs/first-run/1 --format npz");
  command->callback([options, &chosen] {
    chosen = [options] {
      ExportConfig read;
      options->config.read(read, "export");
      const auto file = export_run(options->folder, read);
      fmt::print("{}\n", options->json ? nlohmann::json{{"file", file}}.dump() : file.string());
      return 0;
    };
  });
}

}  // namespace aelab::cli
