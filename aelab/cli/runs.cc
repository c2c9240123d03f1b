// aelab run, resume, evaluate

#include <fmt/format.h>

#include <iostream>
#include <nlohmann/json.hpp>

#include "aelab/cli/commands.h"
#include "aelab/cli/options.h"
#include "aelab/core/files.h"
#include "aelab/core/signals.h"
#include "aelab/core/text.h"
#include "aelab/reports/report.h"
#include "aelab/runs/overrides.h"
#include "aelab/runs/run.h"

namespace aelab::cli {
namespace {

std::string shown(const std::optional<double>& value) { return value ? shortest(*value) : "not applicable"; }

nlohmann::json to_json(const std::vector<Result>& results) {
  auto metrics = nlohmann::json::object();
  for (const auto& [measure, value] : results)
    metrics[measure.name] = value ? nlohmann::json(*value) : "not applicable";
  return metrics;
}

void print_results(const std::vector<Result>& results) {
  std::size_t width = 0;
  for (const auto& result : results) width = std::max(width, result.measure.name.size());
  for (const auto& [measure, value] : results)
    fmt::print("{:<{}}  {}\n", measure.name, width, value ? fmt::format("{:.6g}", *value) : shown(value));
}

int report(const RunOutcome& outcome, bool as_json) {
  const auto status = outcome.signal ? "stopped" : "completed";
  if (as_json) {
    fmt::print(
        "{}\n",
        nlohmann::json{{"folder", outcome.folder}, {"status", status}, {"metrics", to_json(outcome.results)}}
            .dump());
  } else {
    print_results(outcome.results);
    fmt::print("{}\n", outcome.folder.string());
  }
  if (outcome.was_complete)
    fmt::print(
        stderr,
        "aelab: this run was complete already: nothing was done, and its results are those on record\n");
  else
    write_report(outcome.folder);
  if (!outcome.remark.empty()) fmt::print(stderr, "aelab: {}\n", outcome.remark);
  if (!outcome.signal) return 0;
  fmt::print(stderr, "aelab: stopped; go on with: aelab resume {}\n", outcome.folder.string());
  return exit_code(outcome.signal);
}

Which checkpoint_named(const std::string& name) {
  for (const auto which : {Which::last, Which::previous, Which::best})
    if (name == name_of(which)) return which;
  throw Error("--checkpoint: must be last, previous or best, not \"" + name + "\"");
}

}  // namespace

void add_run(CLI::App& app, Command& chosen) {
  struct Options {
    std::string file, output;
    std::vector<std::string> overrides;
    bool json = false, quiet = false, plain = false;
  };
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("run", "Train the autoencoder that a JSON file describes");
  command->add_option("FILE", options->file, "the run file")->required();
  command->add_option("OVERRIDES", options->overrides, "path.to.key=value, laid over the file");
  command->add_option("--output", options->output, "the folder of run folders");
  command->add_flag("--json", options->json, "print one JSON object: folder, status, metrics");
  command->add_flag("--quiet", options->quiet, "no progress display");
  command->add_flag("--plain", options->plain, "a line an epoch, no live bar");
  command->footer("Example: aelab run experiments/first-run/run.json training.epochs=3 callbacks[0].every=1");
  command->callback([options, &chosen] {
    chosen = [options] {
      RunOptions how{
          .origin = options->file, .problems = {}, .quiet = options->quiet, .plain = options->plain};
      auto config =
          read_run_config(read_file(options->file), options->file, options->overrides, how.problems);
      if (!options->output.empty()) config.output = options->output;
      const StopSignals signals;
      return report(run(std::move(config), std::move(how)), options->json);
    };
  });
}

void add_resume(CLI::App& app, Command& chosen) {
  struct Options {
    std::string folder, from = "last";
    bool json = false;
  };
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("resume", "Go on with a run that was stopped or killed");
  command->add_option("RUN_FOLDER", options->folder, "the run's folder")->required();
  command->add_option("--checkpoint", options->from,
                      "where to go on: last [default], or previous or best where that one came to harm");
  command->add_flag("--json", options->json, "print one JSON object: folder, status, metrics");
  command->footer("Example: aelab resume runs/first-run/1");
  command->callback([options, &chosen] {
    chosen = [options] {
      const StopSignals signals;
      return report(resume(options->folder, checkpoint_named(options->from)), options->json);
    };
  });
}

void add_evaluate(CLI::App& app, Command& chosen) {
  FolderCommand command(app, "evaluate", "Measure a run's model, on its own data or on others",
                        "print one JSON object of metrics");
  command.add("data", OptionType::data, "a data source's name, or a JSON object as in a run file");
  command.add("part", OptionType::text,
              "train, validation or test [default; of --data without one, all rows]");
  command.add("checkpoint", OptionType::text, "best [default], last, ema or previous");
  command.add(
      "metrics", OptionType::list,
      "names, or JSON objects as in a run file, with commas between them; the run's own when left out");
  command.footer(
      "Example: aelab evaluate runs/convolutional/1 --data fashion-mnist --metrics reconstruction,accuracy\n"
      "Example: aelab evaluate runs/first-run/1 --metrics 'reconstruction,{\"kind\": \"probe\", \"pixels\": "
      "true}'");
  command.does<EvaluationConfig>(
      chosen, [](const std::string& folder, const EvaluationConfig& config, bool as_json) {
        const auto results = evaluate_run(folder, config);
        as_json ? fmt::print("{}\n", to_json(results).dump()) : print_results(results);
        return 0;
      });
}

}  // namespace aelab::cli
