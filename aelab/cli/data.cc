// aelab data

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "aelab/cli/commands.h"
#include "aelab/core/config.h"
#include "aelab/core/json.h"
#include "aelab/core/text.h"
#include "aelab/runs/data_export.h"

namespace aelab::cli {
namespace {

void print_description(const nlohmann::json& data) {
  fmt::print("source   {}\norigin   {}\nshape    {}\n", data["source"].get<std::string>(),
             data["origin"].get<std::string>(), to_string(data["shape"].get<Shape>()));
  for (const auto& [part, range] : data["range"].items())
    fmt::print("{:<8} {} rows, values from {} to {}\n", part, data["rows"][part].get<std::int64_t>(),
               shortest(range[0].get<double>()), shortest(range[1].get<double>()));
  const auto names = data.value("class_names", std::vector<std::string>());
  fmt::print("classes  {}{}\n", data["classes"].get<std::int64_t>(),
             names.empty() ? "" : ": " + join(names, ", "));
  for (const auto& file : data["files"])
    fmt::print("file     {} {} bytes, CRC-32 {}\n", file["path"].get<std::string>(),
               file["bytes"].get<std::uint64_t>(), file["crc32"].get<std::string>());
}

}  // namespace

void add_data(CLI::App& app, Command& chosen) {
  struct Options {
    std::string data, output;
    bool json = false;
  };
  auto options = std::make_shared<Options>();
  auto* command =
      app.add_subcommand("data", "Read a data source, say what it holds, write it as .npy if asked to");
  command->add_option("SOURCE", options->data, "a data source's name, or a JSON object as in a run file")
      ->required();
  command->add_option("--output", options->output, "folder for train.npy, train-labels.npy, test.npy, ...");
  command->add_flag("--json", options->json, "print one JSON object");
  command->footer(
      "Shows the source's rows as they are, before \"transforms\" and the split.\n"
      "Example: aelab data '{\"source\": \"csv\", \"train_files\": \"table.csv\", \"label\": \"kind\"}'");
  command->callback([options, &chosen] {
    chosen = [options] {
      const auto value = options->data.starts_with('{') ? parse_json(options->data, "SOURCE")
                                                        : nlohmann::json(options->data);
      DataConfig config;
      read_config(value, config, "SOURCE");
      const auto data = open_dataset(config.source);
      auto description = describe_data(data);
      if (!options->output.empty()) description["written"] = export_data(data, options->output);
      options->json ? fmt::print("{}\n", description.dump()) : print_description(description);
      return 0;
    };
  });
}

}  // namespace aelab::cli
