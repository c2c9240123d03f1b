// aelab data

#include <nlohmann/json.hpp>

#include <cmath>
#include <set>

#include "aelab/cli/commands.h"
#include "aelab/cli/options.h"
#include "aelab/cli/output.h"
#include "aelab/core/config.h"
#include "aelab/core/files.h"
#include "aelab/core/json.h"
#include "aelab/core/layout.h"
#include "aelab/core/links.h"
#include "aelab/core/text.h"
#include "aelab/runs/run.h"
#include "aelab/tools/data_export.h"

namespace aelab::cli {
namespace {

constexpr int kFewDigits = 5;  // of numbers in a table, unless more tell them apart

/// Shortened so that the other columns of a table have room.
std::string first_values(const std::vector<std::string>& texts) {
  return shortened(join(texts, ", "), text_width() * 2 / 5);
}

std::vector<std::string> labels_as_text(const nlohmann::json& labels) {
  std::vector<std::string> texts;
  for (const auto& label : labels)
    texts.push_back(label.is_string() ? label.get<std::string>() : label.dump());
  return texts;
}

/// A number in so many digits; large ones without an exponent where more than a few digits matter.
std::string number_as_text(double number, int digits) {
  constexpr double kLarge = 1e15;
  const double size = std::abs(number);
  if (size >= kLarge) return fmt::format("{:.{}g}", number, digits);
  if (number == std::floor(number)) return fmt::format("{:.0f}", number + 0.);  // no -0
  const int whole_digits = size < 1 ? 1 : static_cast<int>(std::floor(std::log10(size))) + 1;
  return fmt::format("{:.{}g}", number, digits > kFewDigits ? std::max(digits, whole_digits) : digits);
}

/// Numbers in as few digits, five or more, as tell them apart; whole numbers in full.
std::vector<std::string> numbers_as_text(const std::vector<double>& numbers) {
  constexpr int kMostDigits = 17;
  const std::set<double> different(numbers.begin(), numbers.end());
  int digits = kFewDigits;
  for (; digits < kMostDigits; ++digits) {
    std::set<std::string> rounded;
    for (const auto number : numbers) rounded.insert(fmt::format("{:.{}g}", number, digits));
    if (rounded.size() >= different.size()) break;
  }
  std::vector<std::string> texts;
  for (const auto number : numbers) texts.push_back(number_as_text(number, digits));
  return texts;
}

/// In as many digits as tell a mean from the least and the largest value.
std::string mean_as_text(double mean, const std::vector<double>& numbers) {
  const bool constant = numbers[0] == numbers[1];
  return constant ? numbers_as_text({mean}).front() : numbers_as_text({numbers[0], numbers[1], mean}).back();
}

/// What a column of a table that is more than numbers holds: "Ulm (12), Bonn (7), and 3 more", "0 to 12, mean
/// 3.4".
std::string values_as_text(const nlohmann::json& column) {
  constexpr std::size_t kMost = 4;
  if (column.contains("categories")) {
    auto counts = column["categories"].get<std::vector<nlohmann::json>>();
    std::stable_sort(counts.begin(), counts.end(), [](const auto& a, const auto& b) {
      return a["rows"].template get<std::int64_t>() > b["rows"].template get<std::int64_t>();
    });
    std::vector<std::string> texts;
    for (const auto& count : counts)
      texts.push_back(
          fmt::format("{} ({})", count["category"].get<std::string>(), count["rows"].get<std::int64_t>()));
    return fmt::format("{}: {}", counts.size(), join_some(texts, kMost));
  }
  if (!column.contains("least")) return {};
  if (column["least"].is_string())
    return fmt::format("{} to {}", column["least"].get<std::string>(), column["most"].get<std::string>());
  const std::vector<double> numbers = {column["least"].get<double>(), column["most"].get<double>()};
  const auto texts = numbers_as_text(numbers);
  return fmt::format("{} to {}, mean {}", texts[0], texts[1],
                     mean_as_text(column["mean"].get<double>(), numbers));
}

/// The columns of a table that is more than numbers: its schema, one per line.
void print_schema(const nlohmann::json& data) {
  constexpr std::size_t kShown = 100;
  const auto& columns = data["columns"];
  const auto shown = std::min(columns.size(), kShown);
  std::vector<std::vector<std::string>> cells = {{"column", "kind", "missing", "values", "first rows"}};
  for (std::size_t i = 0; i < shown; ++i) {
    const auto& column = columns[i];
    auto first = column["first"].get<std::vector<std::string>>();
    for (auto& text : first)
      if (text.empty()) text = "-";
    cells.push_back({column["name"].get<std::string>(), column["type"].get<std::string>(),
                     fmt::format("{:.3g} %", 100 * column["missing"].get<double>()),
                     shortened(values_as_text(column), text_width() * 2 / 5), first_values(first)});
  }
  if (data.contains("label"))
    cells.push_back({data["label"].get<std::string>(), "label", "0 %", "",
                     first_values(labels_as_text(data["first_labels"]))});
  print("columns  {}\n", columns.size());
  print_text(aligned(cells, text_width()));
  if (columns.size() > shown) print("  and {} more\n", columns.size() - shown);
}

/// The columns of a table, one per line, with that of the labels at the end.
void print_columns(const nlohmann::json& data) {
  constexpr std::size_t kShown = 40;
  const auto& columns = data["columns"];
  const auto shown = std::min(columns.size(), kShown);
  std::vector<std::vector<std::string>> cells = {{"column", "type", "min", "max", "mean", "first rows"}};
  for (std::size_t i = 0; i < shown; ++i) {
    const auto& column = columns[i];
    auto numbers = column["first"].get<std::vector<double>>();
    for (const auto* key : {"most", "least"}) numbers.insert(numbers.begin(), column[key].get<double>());
    const auto texts = numbers_as_text(numbers);
    cells.push_back({column["name"].get<std::string>(), column["type"].get<std::string>(), texts[0], texts[1],
                     mean_as_text(column["mean"].get<double>(), numbers),
                     first_values({texts.begin() + 2, texts.end()})});
  }
  if (data.contains("label"))
    cells.push_back({data["label"].get<std::string>(), "label", "", "", "",
                     first_values(labels_as_text(data["first_labels"]))});
  print("columns  {}\n", columns.size());
  print_text(aligned(cells, text_width()));
  if (columns.size() > shown) print("  and {} more\n", columns.size() - shown);
}

void print_line(const std::string& name, const std::string& text) {
  constexpr std::size_t kColumn = 9;
  print_text(entry(name, text, kColumn, text_width()));
}

void print_files(const nlohmann::json& files) {
  for (const auto& file : files) {
    const auto name = checksum_name(file);
    print_line("file", fmt::format("{} {} bytes, CRC-32 {}{}", file["path"].get<std::string>(),
                                   file["bytes"].get<std::uint64_t>(), name == "crc32" ? "" : "of 64 blocks ",
                                   file[name].get<std::string>()));
  }
}

/// "scale (6 values), angle (40 values)"
std::string factors_as_text(const nlohmann::json& factors) {
  std::vector<std::string> texts;
  for (const auto& factor : factors)
    texts.push_back(fmt::format("{} ({} values)", factor["name"].get<std::string>(),
                                factor["values"].get<std::int64_t>()));
  return join(texts, ", ");
}

/// Whether a table is more than numbers: its columns then have shares of missing cells.
bool is_typed(const nlohmann::json& data) {
  return data.contains("columns") && !data["columns"].empty() && data["columns"][0].contains("missing");
}

void print_description(const nlohmann::json& data) {
  const auto line = print_line;
  line("source", data["source"].get<std::string>());
  line("origin", data["origin"].get<std::string>());
  line("shape", to_string(data["shape"].get<Shape>()));
  for (const auto& [part, range] : data["range"].items())
    if (is_typed(data))
      line(part, fmt::format("{} rows", data["rows"][part].get<std::int64_t>()));
    else
      line(part, fmt::format("{} rows, values from {} to {}", data["rows"][part].get<std::int64_t>(),
                             range[0].get<float>(), range[1].get<float>()));
  constexpr std::size_t kClasses = 10;
  const auto names = data.value("class_names", std::vector<std::string>());
  line("classes", std::to_string(data["classes"].get<std::int64_t>()) +
                      (names.empty() ? "" : ": " + join_some(names, kClasses)));
  if (data.contains("factors")) line("factors", factors_as_text(data["factors"]));
  for (const auto& note : data["notes"]) line("note", note.get<std::string>());
  if (data.contains("columns")) is_typed(data) ? print_schema(data) : print_columns(data);
  print_files(data["files"]);
}

/// Compares the files that a run used with what it recorded of them, byte by byte as far as it did.
int verify_run(const std::string& folder, bool as_json) {
  const auto files = verified_data(folder);
  if (as_json) return print_json(nlohmann::json{{"files", files}, {"as_recorded", true}}), 0;
  print_files(files);
  const auto record = (std::filesystem::path(folder) / "data.json").string();
  const auto in_blocks = [](const nlohmann::json& file) { return file["compared"] != "crc32"; };
  if (std::none_of(files.begin(), files.end(), in_blocks)) return print("as recorded in {}\n", record), 0;
  print_wrapped(
      "Lengths, and the CRC-32 of 64 blocks of each file, are as recorded in " + record +
      ". The CRC-32 of all bytes is not on record, as the files have more than a gigabyte: compare it "
      "with what this command printed before to find a change between the blocks.\n");
  return 0;
}

/// The files that a source's config names, each with the checksum of all its bytes; those that cannot be read
/// are left out.
nlohmann::json files_of_config(const Choice<Source>& source) {
  auto files = nlohmann::json::array();
  Problems unreadable;
  const auto written = write_config(source);
  for (const auto& [key, paths] : written.items())
    if (key.ends_with("files"))
      for (const auto& path : paths)
        unreadable.attempt([&, &named = path] { files.push_back(whole_file(named.get<std::string>())); });
  return files;
}

/// Opens and describes the source. With --verify the checksums of its files do not wait for what is in them:
/// where that cannot be read, they are printed before the error.
nlohmann::json describe_source(const Choice<Source>& source, const std::string& output, bool verify,
                               bool as_json) {
  try {
    const auto data = open_dataset(source);
    auto description = describe_data(data, verify ? kAllWhole : kMostWhole);
    if (!output.empty()) description["written"] = export_data(data, output);
    return description;
  } catch (const Error&) {
    if (!verify) throw;
    if (const auto files = files_of_config(source); !files.empty())
      as_json ? print_json(nlohmann::json{{"files", files}}) : print_files(files);
    throw;
  }
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
    bool json = false, verify = false;
  };
  auto options = std::make_shared<Options>();
  auto* command =
      app.add_subcommand("data", "Describe a data source or file, and optionally write it as .npy files");
  known_as(*command, {"dataset", "inspect", "head"});
  command
      ->add_option("SOURCE", options->data,
                   "data source: a name, a JSON object as in a run file, or a path; with --verify also a "
                   "run's folder")
      ->required()
      ->type_name("SOURCE");
  command
      ->add_option("--output", options->output,
                   "folder to write train.npy, train-labels.npy, train-factors.npy, test.npy, ... to")
      ->type_name("FOLDER");
  command->add_flag("--verify", options->verify,
                    "compute the CRC-32 of all bytes, also of files of more than a gigabyte; of a run's "
                    "folder, compare the files that the run used with what it recorded");
  command->add_flag("--json", options->json, "print one JSON object");
  command->footer(
      "The rows are described as the source holds them, before \"transforms\" and the split, with what was "
      "guessed about a file.\n"
      "Example: aelab data table.csv\n"
      "Example: aelab data runs/iris/1 --verify\n"
      "Example: aelab data '{\"source\": \"csv\", \"files\": \"table.csv\", \"label\": \"species\"}'");
  command->callback([options, &chosen] {
    chosen = [options] {
      if (options->verify && has_entry(std::filesystem::path(options->data) / "config.json"))
        return verify_run(options->data, options->json);
      const auto value = data_of(options->data);
      DataConfig config;
      Problems problems;
      read_config(value, config, problems);
      problems.raise("SOURCE");
      for (const auto& said : problems.remarks()) remark("SOURCE: " + said);
      const auto description =
          describe_source(config.source, options->output, options->verify, options->json);
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
