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

namespace fs = std::filesystem;

/// A table's columns, a line each.
void print_columns(const nlohmann::json& columns) {
  constexpr std::size_t kShown = 40, kLongest = 24;
  std::size_t width = 6;
  const auto shown = std::min(columns.size(), kShown);
  for (std::size_t i = 0; i < shown; ++i)
    width = std::max(width, std::min(columns[i]["name"].get_ref<const std::string&>().size(), kLongest));
  fmt::print("columns  {}\n  {:<{}} {:>11} {:>11} {:>11}  first values\n", columns.size(), "", width, "least",
             "most", "mean");
  for (std::size_t i = 0; i < shown; ++i) {
    const auto& column = columns[i];
    std::vector<std::string> first;
    for (const auto& value : column["first"]) first.push_back(fmt::format("{:.5g}", value.get<double>()));
    fmt::print("  {:<{}} {:>11.5g} {:>11.5g} {:>11.5g}  {}\n", column["name"].get<std::string>(), width,
               column["least"].get<double>(), column["most"].get<double>(), column["mean"].get<double>(),
               join(first, ", "));
  }
  if (columns.size() > shown) fmt::print("  and {} more\n", columns.size() - shown);
}

void print_description(const nlohmann::json& data) {
  fmt::print("source   {}\norigin   {}\nshape    {}\n", data["source"].get<std::string>(),
             data["origin"].get<std::string>(), to_string(data["shape"].get<Shape>()));
  for (const auto& [part, range] : data["range"].items())
    fmt::print("{:<8} {} rows, values from {} to {}\n", part, data["rows"][part].get<std::int64_t>(),
               range[0].get<float>(), range[1].get<float>());
  const auto names = data.value("class_names", std::vector<std::string>());
  fmt::print("classes  {}{}\n", data["classes"].get<std::int64_t>(),
             names.empty() ? "" : ": " + join(names, ", "));
  for (const auto& note : data["notes"]) fmt::print("note     {}\n", note.get<std::string>());
  if (data.contains("columns")) print_columns(data["columns"]);
  for (const auto& file : data["files"])
    fmt::print("file     {} {} bytes, CRC-32 {}\n", file["path"].get<std::string>(),
               file["bytes"].get<std::uint64_t>(), file["crc32"].get<std::string>());
}

/// What a run file would have as its "data": an object, a source's name, or what reads a path.
nlohmann::json data_of(const std::string& text) {
  if (text.starts_with('{')) return parse_json(text, "SOURCE");
  std::error_code ignored;
  if (Source::registry().find(text) || !fs::exists(text, ignored)) return text;
  return {{"source", source_of_file(text)}, {"files", text}};
}

}  // namespace

void add_data(CLI::App& app, Command& chosen) {
  struct Options {
    std::string data, output;
    bool json = false;
  };
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("data", "Describe a data source or file, or write it as .npy");
  command
      ->add_option("SOURCE", options->data, "a data source's name, a JSON object as in a run file, or a path")
      ->required();
  command->add_option("--output", options->output, "folder for train.npy, train-labels.npy, test.npy, ...");
  command->add_flag("--json", options->json, "print one JSON object");
  command->footer(
      "Shows the source's rows as they are, before the split and \"transforms\", and what was guessed\n"
      "about a file.\n"
      "Example: aelab data table.csv\n"
      "Example: aelab data '{\"source\": \"csv\", \"files\": \"table.csv\", \"label\": \"kind\"}'");
  command->callback([options, &chosen] {
    chosen = [options] {
      const auto value = data_of(options->data);
      DataConfig config;
      Problems problems;
      read_config(value, config, problems);
      problems.raise("SOURCE");
      for (const auto& remark : problems.remarks()) fmt::print(stderr, "SOURCE: {}\n", remark);
      const auto data = open_dataset(config.source);
      auto description = describe_data(data);
      if (!options->output.empty()) description["written"] = export_data(data, options->output);
      if (options->json) return fmt::print("{}\n", description.dump()), 0;
      print_description(description);
      if (!value.is_object()) return 0;
      nlohmann::ordered_json snippet = {{"source", value["source"]}};
      snippet.update(nlohmann::ordered_json(value));
      fmt::print("\nIn a run file:\n  \"data\": {}\n", snippet.dump());
      return 0;
    };
  });
}

}  // namespace aelab::cli
