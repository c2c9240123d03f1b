// aelab report

#include "aelab/reports/report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "aelab/cli/commands.h"

namespace aelab::cli {

void add_report(CLI::App& app, Command& chosen) {
  struct Options {
    std::string folder;
    bool json = false;
  };
  auto options = std::make_shared<Options>();
  auto* command =
      app.add_subcommand("report", "Write the report of a run or a comparison, or an index of many");
  command
      ->add_option("FOLDER", options->folder,
                   "the folder of a run or of a comparison, or one that contains many")
      ->required();
  command->add_flag("--json", options->json, "print one JSON object: report, kind, gaps");
  command->footer("Example: aelab report comparisons/which-autoencoder");
  command->callback([options, &chosen] {
    chosen = [options] {
      const auto report = write_report(options->folder);
      if (options->json)
        fmt::print("{}\n",
                   nlohmann::json{{"report", report.file}, {"kind", report.kind}, {"gaps", report.gaps}}.dump(
                       -1, ' ', false, nlohmann::json::error_handler_t::replace));
      else
        fmt::print("{}\n", report.file.string());
      return 0;
    };
  });
}

}  // namespace aelab::cli
