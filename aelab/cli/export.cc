// aelab export

#include "aelab/tools/export.h"

#include <nlohmann/json.hpp>

#include "aelab/cli/commands.h"
#include "aelab/cli/options.h"
#include "aelab/cli/output.h"

namespace aelab::cli {

void add_export(CLI::App& app, Command& chosen) {
  FolderCommand<ExportConfig> command(app, "export", "Write the weights of a run's model for other programs",
                                      "print one JSON object: file", {{"output", "FILE"}});
  known_as(command.app(), {"save", "convert", "onnx"});
  command.footer(
      "Tensors have the names of the model's parameters, such as backbone.encoder_0.weight. The file's path "
      "is printed.\n"
      "Example: aelab export runs/first-run/1 --format npz");
  command.does(chosen, [](const std::string& folder, const ExportConfig& config, bool as_json) {
    const auto file = export_run(folder, config);
    as_json ? print_json(nlohmann::json{{"file", file}}) : print("{}\n", file.string());
    return 0;
  });
}

}  // namespace aelab::cli
