// aelab report

#include "aelab/reports/report.h"

#include <nlohmann/json.hpp>

#include "aelab/cli/commands.h"
#include "aelab/cli/output.h"

namespace aelab::cli {
namespace {

/// Says what the page does not show, and why.
void remark_gaps(const std::vector<std::string>& gaps) {
  constexpr std::size_t kMost = 10;
  for (std::size_t i = 0; i < std::min(kMost, gaps.size()); ++i)
    remark("aelab: not in the report: " + gaps[i]);
  if (gaps.size() > kMost)
    remark(fmt::format("aelab: {} more are listed at the end of the report", gaps.size() - kMost));
}

}  // namespace

void add_report(CLI::App& app, Command& chosen) {
  struct Options {
    std::string folder;
    bool json = false;
  };
  auto options = std::make_shared<Options>();
  auto* command =
      app.add_subcommand("report", "Write the report of a run or a comparison, or an index of many");
  known_as(*command, {"plot", "show", "html"});
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
        print_json(nlohmann::json{{"report", report.file}, {"kind", report.kind}, {"gaps", report.gaps}});
      else
        print("{}\n", report.file.string());
      if (!options->json) remark_gaps(report.gaps);
      return 0;
    };
  });
}

}  // namespace aelab::cli
