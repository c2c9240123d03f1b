// aelab data

#include <nlohmann/json.hpp>

#include "aelab/cli/commands.h"
#include "aelab/cli/options.h"
#include "aelab/cli/output.h"
#include "aelab/core/config.h"
#include "aelab/core/files.h"
#include "aelab/core/json.h"
#include "aelab/core/layout.h"
#include "aelab/core/text.h"
#include "aelab/runs/data_export.h"

namespace aelab::cli {
namespace {

/// Some values, separated by commas; numbers in five digits. Shortened so that a column of a table has room.
std::string first_values(const nlohmann::json& values) {
  std::vector<std::string> texts;
  for (const auto& value : values)
    texts.push_back(value.is_number_float() ? fmt::format("{:.5g}", value.get<double>())
                    : value.is_string()     ? value.get<std::string>()
                                            : value.dump());
  return shortened(join(texts, ", "), text_width() * 2 / 5);
}

/// The columns of a table, one per line, with that of the labels at the end.
void print_columns(const nlohmann::json& data) {
  constexpr std::size_t kShown = 40;
  const auto& columns = data["columns"];
  const auto shown = std::min(columns.size(), kShown);
  const auto number = [](const nlohmann::json& value) { return fmt::format("{:.5g}", value.get<double>()); };
  std::vector<std::vector<std::string>> cells = {{"column", "type", "min", "max", "mean", "first rows"}};
  for (std::size_t i = 0; i < shown; ++i) {
    const auto& column = columns[i];
    cells.push_back({column["name"].get<std::string>(), column["type"].get<std::string>(),
                     number(column["least"]), number(column["most"]), number(column["mean"]),
                     first_values(column["first"])});
  }
  if (data.contains("label"))
    cells.push_back(
        {data["label"].get<std::string>(), "label", "", "", "", first_values(data["first_labels"])});
  print("columns  {}\n", columns.size());
  print_text(aligned(cells, text_width()));
  if (columns.size() > shown) print("  and {} more\n", columns.size() - shown);
}

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
                           range[0].get<float>(), range[1].get<float>()));
  const auto names = data.value("class_names", std::vector<std::string>());
  line("classes",
       std::to_string(data["classes"].get<std::int64_t>()) + (names.empty() ? "" : ": " + join(names, ", ")));
  for (const auto& note : data["notes"]) line("note", note.get<std::string>());
  if (data.contains("columns")) print_columns(data);
  for (const auto& file : data["files"])
    line("file", fmt::format("{} {} bytes, CRC-32 {}", file["path"].get<std::string>(),
                             file["bytes"].get<std::uint64_t>(), file["crc32"].get<std::string>()));
}

/// What a run file would have as its "data": an object, a source's name, or what reads a path.
nlohmann::json data_of(const std::string& text) {
  if (text.starts_with('{')) return parse_json(text, "SOURCE");
  if (Source::registry().find(text) || !file_exists(text)) return text;
  return {{"source", source_of_file(text)}, {"files", text}};
}

}  // namespace

void add_data(CLI::App& app, Command& chosen) {
  struct Options {
    std::string data, output;
    bool json = false;
  };
  auto options = std::make_shared<Options>();
  auto* command =
      app.add_subcommand("data", "Describe a data source or file, and optionally write it as .npy files");
  known_as(*command, {"dataset", "inspect", "head"});
  command
      ->add_option("SOURCE", options->data, "data source: a name, a JSON object as in a run file, or a path")
      ->required()
      ->type_name("SOURCE");
  command
      ->add_option("--output", options->output,
                   "folder to write train.npy, train-labels.npy, test.npy, ... to")
      ->type_name("FOLDER");
  command->add_flag("--json", options->json, "print one JSON object");
  command->footer(
      "The rows are described as the source holds them, before \"transforms\" and the split, with what was "
      "guessed about a file.\n"
      "Example: aelab data table.csv\n"
      "Example: aelab data '{\"source\": \"csv\", \"files\": \"table.csv\", \"label\": \"species\"}'");
  command->callback([options, &chosen] {
    chosen = [options] {
      const auto value = data_of(options->data);
      DataConfig config;
      Problems problems;
      read_config(value, config, problems);
      problems.raise("SOURCE");
      for (const auto& said : problems.remarks()) remark("SOURCE: " + said);
      const auto data = open_dataset(config.source);
      auto description = describe_data(data);
      if (!options->output.empty()) description["written"] = export_data(data, options->output);
      if (options->json) return print_json(description), 0;
      print_description(description);
      if (!value.is_object()) return 0;
      nlohmann::ordered_json snippet = {{"source", value["source"]}};
      snippet.update(nlohmann::ordered_json(value));
      print_wrapped("\nIn a run file:\n  \"data\": " + spaced(snippet) + "\n", 2);
      return 0;
    };
  });
}

}  // namespace aelab::cli
