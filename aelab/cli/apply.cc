// aelab apply

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "aelab/cli/commands.h"
#include "aelab/cli/options.h"
#include "aelab/runs/application.h"

namespace aelab::cli {
namespace {

nlohmann::json error_json(const ErrorSummary& error) {
  auto largest = nlohmann::json::array();
  for (const auto& [row, value] : error.largest) largest.push_back({{"row", row}, {"error", value}});
  return {{"mean", error.mean},
          {"median", error.median},
          {"quantile_95", error.quantile_95},
          {"largest", largest}};
}

void print_error(const ErrorSummary& error) {
  fmt::print("error/mean         {:.6g}\n", error.mean);
  fmt::print("error/median       {:.6g}\n", error.median);
  fmt::print("error/quantile_95  {:.6g}\n", error.quantile_95);
  for (const auto& [row, value] : error.largest) fmt::print("error/row {:<8} {:.6g}\n", row, value);
}

bool writes(const ApplicationOutcome& outcome, std::string_view what) {
  return std::any_of(outcome.files.begin(), outcome.files.end(),
                     [&](const auto& file) { return file.starts_with(what); });
}

int print_application(const ApplicationOutcome& outcome, bool as_json) {
  if (as_json) {
    nlohmann::json value = {
        {"folder", outcome.folder},
        {"files", outcome.files},
        {"rows", outcome.rows},
        {"units", {{"reconstruction", outcome.reconstruction_units}, {"error", outcome.error_units}}}};
    if (!outcome.columns.empty()) value["columns"] = outcome.columns;
    if (outcome.error) value["error"] = error_json(*outcome.error);
    fmt::print("{}\n", value.dump());
    return 0;
  }
  fmt::print("rows               {}\n", outcome.rows);
  if (writes(outcome, "reconstruction.")) fmt::print("reconstructions    {}\n", outcome.reconstruction_units);
  if (outcome.error) {
    fmt::print("error of a row     squared, summed over features, {}\n", outcome.error_units);
    print_error(*outcome.error);
  }
  fmt::print("{}\n", outcome.folder.string());
  return 0;
}

}  // namespace

void add_apply(CLI::App& app, Command& chosen) {
  FolderCommand command(app, "apply",
                        "Write a run's codes, reconstructions and errors of its own or other data",
                        "print one JSON object: folder, files, rows, units, columns, error");
  command.add("data", OptionType::data,
              "a data source's name, or a JSON object as in a run file; default: the run's own data");
  command.add("part", OptionType::text,
              "all, train, validation or test; default: all of --data, the run's own test split");
  command.add("write", OptionType::list, "code,reconstruction,error,row,label; default: all");
  command.add("format", OptionType::text,
              "npy [default], csv, or png: pictures of reconstructions below their originals");
  command.add("checkpoint", OptionType::text, "best [default], last, ema or previous");
  command.add("output", OptionType::text, "folder for the files [RUN_FOLDER/applications/<n>]");
  command.footer(
      "Writes one file each; row and label are columns of every csv file. Reconstructions are\n"
      "in the units of the source: the run's transforms are undone, as far as they have inverses.\n"
      "The error of a row is its squared error, summed over features, of the transformed values;\n"
      "its mean, median, 95 % quantile and five largest are printed, then the folder.\n"
      "A row's number is its place in the source, from 0: training and test files count each.\n"
      "Denoise your own files, or find what is unlike the training data:\n"
      "Example: aelab apply runs/denoising/1 --write reconstruction \\\n"
      "           --data '{\"source\": \"idx\", \"files\": \"noisy.idx\"}'\n"
      "Example: aelab apply runs/convolutional/1 --data fashion-mnist --write error --format csv");
  command.does<ApplicationConfig>(
      chosen, [](const std::string& folder, const ApplicationConfig& config, bool as_json) {
        return print_application(apply_run(folder, config), as_json);
      });
}

}  // namespace aelab::cli
