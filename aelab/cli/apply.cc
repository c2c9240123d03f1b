// aelab apply

#include <fmt/format.h>

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

int print_application(const ApplicationOutcome& outcome, bool as_json) {
  if (as_json) {
    nlohmann::json value = {{"folder", outcome.folder}, {"files", outcome.files}, {"rows", outcome.rows}};
    if (outcome.error) value["error"] = error_json(*outcome.error);
    fmt::print("{}\n", value.dump());
    return 0;
  }
  fmt::print("rows               {}\n", outcome.rows);
  if (outcome.error) print_error(*outcome.error);
  fmt::print("{}\n", outcome.folder.string());
  return 0;
}

}  // namespace

void add_apply(CLI::App& app, Command& chosen) {
  FolderCommand command(app, "apply",
                        "Write a run's codes, reconstructions and errors of its own or other data",
                        "print one JSON object: folder, files, rows, error");
  command.add("data", OptionType::data,
              "a data source's name, or a JSON object as in a run file; the run's own data when left out");
  command.add("part", OptionType::text,
              "all, train, validation or test; all of --data, the test part of the run's own when left out");
  command.add("write", OptionType::list, "code,reconstruction,error; all when left out");
  command.add("format", OptionType::text,
              "npy [default], csv, or png: pictures of reconstructions below their originals");
  command.add("checkpoint", OptionType::text, "best [default], last, ema or previous");
  command.add("output", OptionType::text, "folder for the files [RUN_FOLDER/applications/<n>]");
  command.footer(
      "Writes a file each. The error of a row is the squared error of its reconstruction, summed over "
      "features;\n"
      "its mean, median, 95 % quantile and the rows of the five largest are printed, and then the folder.\n"
      "Rows keep their order, and count from 0. A run's transforms change other data too, and its "
      "values.\n"
      "Denoise files of your own, or find what is unlike the training data:\n"
      "Example: aelab apply runs/denoising/1 --data '{\"source\": \"idx\", \"train_images\": \"noisy.idx\"}' "
      "--write reconstruction\n"
      "Example: aelab apply runs/convolutional/1 --data fashion-mnist --write error --format csv");
  command.does<ApplicationConfig>(
      chosen, [](const std::string& folder, const ApplicationConfig& config, bool as_json) {
        return print_application(apply_run(folder, config), as_json);
      });
}

}  // namespace aelab::cli
