// aelab apply

#include <nlohmann/json.hpp>

#include "aelab/cli/commands.h"
#include "aelab/cli/options.h"
#include "aelab/cli/output.h"
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
  print("error/mean         {:.6g}\n", error.mean);
  print("error/median       {:.6g}\n", error.median);
  print("error/quantile_95  {:.6g}\n", error.quantile_95);
  for (const auto& [row, value] : error.largest) print("error/row {:<8} {:.6g}\n", row, value);
}

int print_application(const ApplicationOutcome& outcome, bool as_json) {
  if (as_json) {
    nlohmann::json value = {{"folder", outcome.folder}, {"files", outcome.files}, {"rows", outcome.rows}};
    if (outcome.error) value["error"] = error_json(*outcome.error);
    print_json(value);
    return 0;
  }
  print("rows               {}\n", outcome.rows);
  if (outcome.error) print_error(*outcome.error);
  print("{}\n", outcome.folder.string());
  return 0;
}

}  // namespace

void add_apply(CLI::App& app, Command& chosen) {
  FolderCommand<ApplicationConfig> command(
      app, "apply", "Write a run's codes, reconstructions and reconstruction errors for any data",
      "print one JSON object: folder, files, rows, error", {{"output", "FOLDER"}});
  command.footer(
      "Each result is written to its own file. The error of a row is the squared error of its "
      "reconstruction, "
      "summed over features. The mean, median and 95 % quantile of the errors and the five rows with the "
      "largest errors are printed, then the folder.\n"
      "Rows keep their order and are numbered from 0. The run's transforms are applied to other data too.\n"
      "Example: aelab apply runs/denoising/1 --write reconstruction "
      "--data '{\"source\": \"npy\", \"train_files\": \"noisy.npy\"}'\n"
      "Example: aelab apply runs/convolutional/1 --data fashion-mnist --write error --format csv");
  command.does(chosen, [](const std::string& folder, const ApplicationConfig& config, bool as_json) {
    return print_application(apply_run(folder, config), as_json);
  });
}

}  // namespace aelab::cli
