// aelab export

#include "aelab/tools/export.h"

#include <nlohmann/json.hpp>

#include "aelab/cli/commands.h"
#include "aelab/cli/options.h"
#include "aelab/cli/output.h"
#include "aelab/runs/package_import.h"

namespace aelab::cli {
namespace {

/// What the name of the file made of it.
void say_guess(const ExportConfig& config) {
  if (config.format || config.output.empty()) return;
  remark("--output: by its name, the weights alone are written, as " +
         std::string(name_of(format_of(config))) +
         "; --format model writes a model for aelab apply and interpolate");
}

}  // namespace

void add_export(CLI::App& app, Command& chosen) {
  FolderCommand<ExportConfig> command(
      app, "export", "Write a run's model: its weights for other programs, or all of it in one file",
      "print one JSON object: file", {{"output", "FILE"}});
  known_as(command.app(), {"save", "convert", "onnx"});
  command.footer(
      "Tensors of weights have the names of the model's parameters, such as backbone.encoder_0.weight. A "
      "file "
      "of format model has weights, fitted transforms, config, columns and classes: aelab apply and "
      "interpolate take it in place of a run folder, and aelab::open_model() opens it. A sparse dictionary "
      "is "
      "written as a folder of SAELens, sparsify or dictionary_learning, for rows as they are before "
      "transforms. The path of the "
      "file or folder is printed.\n"
      "Example: aelab export runs/first-run/1 --format npz\n"
      "Example: aelab export runs/first-run/1 --format model --output first-run.safetensors");
  command.does(chosen, [](const std::string& folder, const ExportConfig& config, bool as_json) {
    const auto file = export_run(folder, config);
    say_guess(config);
    as_json ? print_json(nlohmann::json{{"file", file}}) : print("{}\n", file.string());
    return 0;
  });
}

void add_import(CLI::App& app, Command& chosen) {
  auto folder = std::make_shared<std::string>();
  auto* command =
      app.add_subcommand("import", "Print the model that begins with a dictionary of another package");
  command
      ->add_option("FOLDER", *folder,
                   "a sparse dictionary that SAELens, sparsify or dictionary_learning saved: cfg.json or "
                   "config.json and weights")
      ->required()
      ->type_name("FOLDER");
  command->footer(
      "The model is the \"model\" of a run file: its variant, sizes and \"initialize_from\". A remark "
      "says what the folder is.\nExample: aelab import their-sae > model.json");
  command->callback([folder, &chosen] {
    chosen = [folder] {
      const auto packaged = read_package_folder(*folder);
      remark(*folder + " is " + description_of(packaged));
      for (const auto& note : packaged.remarks) remark(note);
      print_json(model_for(packaged, *folder), 2);
      return 0;
    };
  });
}

}  // namespace aelab::cli
