// aelab export

#include "aelab/runs/export.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "aelab/cli/commands.h"
#include "aelab/cli/options.h"

namespace aelab::cli {

void add_export(CLI::App& app, Command& chosen) {
  FolderCommand command(app, "export", "Write the weights of a run's model for other programs",
                        "print one JSON object: file");
  command.add("format", OptionType::text,
              "safetensors or npz; npz where --output ends in .npz, else safetensors");
  command.add("checkpoint", OptionType::text, "best [default], last, ema or previous");
  command.add("output", OptionType::text, "the file [RUN_FOLDER/model.safetensors or model.npz]");
  command.footer(
      "The names are those of the model's parameters, such as backbone.encoder_0.weight. Prints the file.\n"
      "Example: aelab export runs/first-run/1 --format npz");
  command.does<ExportConfig>(chosen, [](const std::string& folder, const ExportConfig& config, bool as_json) {
    const auto file = export_run(folder, config);
    fmt::print("{}\n", as_json ? nlohmann::json{{"file", file}}.dump() : file.string());
    return 0;
  });
}

}  // namespace aelab::cli
