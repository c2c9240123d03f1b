// aelab data

#include <nlohmann/json.hpp>

#include "aelab/cli/commands.h"
#include "aelab/cli/options.h"
#include "aelab/cli/output.h"
#include "aelab/core/config.h"
#include "aelab/core/layout.h"
#include "aelab/core/text.h"
#include "aelab/runs/data_export.h"

namespace aelab::cli {
namespace {

void print_description(const nlohmann::json& data) {
  constexpr std::size_t kColumn = 9;
  const auto line = [](const std::string& name, const std::string& text) {
    print_text(entry(name, text, kColumn, text_width()));
  };
  line("source", data["source"].get<std::string>());
  line("origin", data["origin"].get<std::string>());
  line("shape", to_string(data["shape"].get<Shape>()));
  for (const auto& [part, range] : data["range"].items())
    line(part, fmt::format("{} rows, values from {} to {}", data["rows"][part].get<std::int64_t>(),
                           shortest(range[0].get<double>()), shortest(range[1].get<double>())));
  const auto names = data.value("class_names", std::vector<std::string>());
  line("classes",
       std::to_string(data["classes"].get<std::int64_t>()) + (names.empty() ? "" : ": " + join(names, ", ")));
  for (const auto& file : data["files"])
    line("file", fmt::format("{} {} bytes, CRC-32 {}", file["path"].get<std::string>(),
                             file["bytes"].get<std::uint64_t>(), file["crc32"].get<std::string>()));
}

}  // namespace

void add_data(CLI::App& app, Command& chosen) {
  struct Options {
    std::string data, output;
    bool json = false;
  };
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("data", "Describe a data source, and optionally write it as .npy files");
  command->add_option("SOURCE", options->data, "data source: a name, or a JSON object as in a run file")
      ->required()
      ->type_name("SOURCE");
  command
      ->add_option("--output", options->output,
                   "folder to write train.npy, train-labels.npy, test.npy, ... to")
      ->type_name("FOLDER");
  command->add_flag("--json", options->json, "print one JSON object");
  command->footer(
      "The rows are described as the source holds them, before \"transforms\" and the split.\n"
      "Example: aelab data '{\"source\": \"csv\", \"train_files\": \"iris.csv\", \"label\": \"species\"}'");
  command->callback([options, &chosen] {
    chosen = [options] {
      const auto value = data_value(options->data, "SOURCE");
      DataConfig config;
      read_config(value, config, "SOURCE");
      const auto data = open_dataset(config.source);
      auto description = describe_data(data);
      if (!options->output.empty()) description["written"] = export_data(data, options->output);
      options->json ? print_json(description) : print_description(description);
      return 0;
    };
  });
}

}  // namespace aelab::cli
