// aelab apply

#include <algorithm>
#include <nlohmann/json.hpp>

#include "aelab/cli/commands.h"
#include "aelab/cli/options.h"
#include "aelab/cli/output.h"
#include "aelab/tools/application.h"

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
  print("error/mean         {:.6g}\n", error.mean);
  print("error/median       {:.6g}\n", error.median);
  print("error/quantile_95  {:.6g}\n", error.quantile_95);
  for (const auto& [row, value] : error.largest) print("error/row {:<8} {:.6g}\n", row, value);
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
    print_json(value);
    return 0;
  }
  print("rows               {}\n", outcome.rows);
  if (writes(outcome, "reconstruction.")) print("reconstructions    {}\n", outcome.reconstruction_units);
  if (outcome.error) {
    print("error of a row     squared, summed over features, {}\n", outcome.error_units);
    print_error(*outcome.error);
  }
  print("{}\n", outcome.folder.string());
  return 0;
}

}  // namespace

void add_apply(CLI::App& app, Command& chosen) {
  FolderCommand<ApplicationConfig> command(
      app, "apply", "Write a run's codes, reconstructions and reconstruction errors for any data",
      "print one JSON object: folder, files, rows, units, columns, error", {{"output", "FOLDER"}},
      kRunOrModel);
  known_as(command.app(), {"predict", "encode", "transform", "reconstruct", "infer"});
  command.footer(
      "Each result is written to its own file; row and label are columns of every csv file. Reconstructions "
      "are in the units of the source: the run's transforms are undone, as far as they have inverses. The "
      "error of a row is its squared error, summed over features, of the transformed values. The mean, "
      "median and 95 % quantile of the errors and the five rows with the largest errors are printed, then "
      "the folder.\n"
      "The number of a row is its place in the source, from 0: training and test files are numbered "
      "separately. The run's transforms are applied to other data too, and for these the run's own data are "
      "not needed: the model may also be a checkpoint, or a file that aelab export --format model wrote.\n"
      "Example: aelab apply runs/denoising/1 --write reconstruction --data '{\"source\": \"idx\", \"files\": "
      "\"noisy.idx\"}'\n"
      "Example: aelab apply runs/convolutional/1 --data fashion-mnist --write error --format csv\n"
      "imputed is the table as it was read, with its missing cells filled by the model.\n"
      "Example: aelab apply runs/survey/1 --data new.csv --write imputed\n"
      "Example: aelab apply wine.safetensors --data new.csv --write code");
  command.does(chosen, [](const std::string& folder, const ApplicationConfig& config, bool as_json) {
    return print_application(apply_model(folder, config), as_json);
  });
}

}  // namespace aelab::cli
