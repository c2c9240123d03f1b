// aelab run, resume, evaluate

#include <nlohmann/json.hpp>

#include "aelab/cli/commands.h"
#include "aelab/cli/options.h"
#include "aelab/cli/output.h"
#include "aelab/core/files.h"
#include "aelab/core/signals.h"
#include "aelab/core/text.h"
#include "aelab/reports/report.h"
#include "aelab/runs/file_kinds.h"
#include "aelab/runs/overrides.h"
#include "aelab/runs/run.h"

namespace aelab::cli {
namespace {

namespace fs = std::filesystem;

nlohmann::json to_json(const std::vector<Result>& results) {
  auto metrics = nlohmann::json::object();
  for (const auto& [measure, value] : results)
    metrics[measure.name] = value ? nlohmann::json(*value) : "not applicable";
  return metrics;
}

void print_run_results(const std::vector<Result>& results) {
  std::size_t width = 0;
  for (const auto& result : results) width = std::max(width, result.measure.name.size());
  for (const auto& [measure, value] : results)
    print("{:<{}}  {}\n", measure.name, width, value ? fmt::format("{:.6g}", *value) : "not applicable");
}

int report(const RunOutcome& outcome, bool as_json) {
  const auto status = outcome.signal ? "stopped" : outcome.diverged.empty() ? "completed" : "diverged";
  if (as_json) {
    print_json(nlohmann::json{
        {"folder", outcome.folder}, {"status", status}, {"metrics", to_json(outcome.results)}});
  } else {
    print_run_results(outcome.results);
    print("{}\n", outcome.folder.string());
  }
  const bool ended_early = !outcome.diverged.empty() && outcome.results.empty();
  if (outcome.was_complete)
    remark(ended_early ? "aelab: this run was already ended where it diverged; nothing was measured"
                       : "aelab: this run was already complete; its recorded results are printed");
  else
    write_report(outcome.folder);
  for (const auto& said : outcome.remarks) remark("aelab: " + said);
  if (!outcome.diverged.empty()) return complain("the run diverged: " + outcome.diverged, 1);
  if (!outcome.signal) return 0;
  return complain("stopped; resume with: aelab resume " + in_shell(outcome.folder.string()),
                  exit_code(outcome.signal));
}

Which checkpoint_named(const std::string& name) {
  for (const auto which : {Which::last, Which::previous, Which::best})
    if (name == name_of(which)) return which;
  throw Error("resume: --checkpoint: must be last, previous or best, not \"" + name + "\"");
}

/// Throws an Error with the command that takes the folder, or the run file in it, if `path` is a folder.
void refuse_folder(const std::string& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) return;
  const auto kind = kind_of_folder(path);
  if (kind == "comparison")
    throw Error(path + ": is the folder of a comparison; resume it with: aelab compare " + in_shell(path));
  if (kind == "run") throw Error(path + ": is a folder; resume its run with: aelab resume " + in_shell(path));
  const auto file = fs::path(path) / "run.json";
  throw Error(path + ": is a folder, not a run file" +
              (fs::exists(file, error) ? "; did you mean " + file.string() + "?" : runs_meant(path)));
}

/// How a command shows its progress.
struct ProgressFlags {
  bool quiet = false, plain = false;

  void add(CLI::App& command) {
    command.add_flag("--quiet", quiet, "show no progress");
    command.add_flag("--plain", plain, "show one line per epoch, without the live bar");
  }
};

}  // namespace

void add_run(CLI::App& app, Command& chosen) {
  struct Options {
    std::string file, output;
    std::vector<std::string> overrides;
    bool json = false;
    ProgressFlags progress;
  };
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("run", "Train the autoencoder that a run file describes");
  known_as(*command, {"train", "fit"});
  command->add_option("FILE", options->file, "run file (JSON)")->required()->type_name("FILE");
  command->add_option("OVERRIDES", options->overrides, "path.to.key=value: replaces a value of the file")
      ->type_name("OVERRIDE");
  command->add_option("--output", options->output, "folder for run folders, instead of the file's \"output\"")
      ->type_name("FOLDER");
  command->add_flag("--json", options->json, "print one JSON object: folder, status, metrics");
  options->progress.add(*command);
  command->footer("Example: aelab run experiments/first-run/run.json training.epochs=3 callbacks[0].every=1");
  command->callback([options, &chosen] {
    chosen = [options] {
      const auto& [quiet, plain] = options->progress;
      RunOptions how{.origin = options->file, .problems = {}, .quiet = quiet, .plain = plain};
      refuse_folder(options->file);
      auto config =
          read_run_config(read_file_or_pipe(options->file), options->file, options->overrides, how.problems);
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
    ProgressFlags progress;
  };
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("resume", "Resume a run that was stopped or killed");
  known_as(*command, {"continue", "restart"});
  command->add_option("RUN_FOLDER", options->folder, "folder of the run")
      ->required()
      ->type_name("RUN_FOLDER");
  command->add_option("--checkpoint", options->from, "checkpoint to resume from if the last one is corrupted")
      ->type_name("last|previous|best")
      ->capture_default_str();
  command->add_flag("--json", options->json, "print one JSON object: folder, status, metrics");
  options->progress.add(*command);
  command->footer("Example: aelab resume runs/first-run/1");
  command->callback([options, &chosen] {
    chosen = [options] {
      const StopSignals signals;
      const auto& [quiet, plain] = options->progress;
      const RunOptions how{.problems = {}, .quiet = quiet, .plain = plain};
      return report(resume(options->folder, checkpoint_named(options->from), how), options->json);
    };
  });
}

void add_evaluate(CLI::App& app, Command& chosen) {
  FolderCommand<EvaluationConfig> command(app, "evaluate", "Measure a run's model on its own or other data",
                                          "print one JSON object of metrics", {{"metrics", "METRICS"}});
  known_as(command.app(), {"eval", "test", "score", "measure", "validate"});
  command.footer(
      "Example: aelab evaluate runs/convolutional/1 --data fashion-mnist --metrics reconstruction,accuracy\n"
      "Example: aelab evaluate runs/first-run/1 --metrics 'reconstruction,{\"kind\": \"probe\", \"pixels\": "
      "true}'");
  command.does(chosen, [](const std::string& folder, const EvaluationConfig& config, bool as_json) {
    const auto results = evaluate_run(folder, config);
    as_json ? print_json(to_json(results)) : print_run_results(results);
    return any_measured(results)
               ? 0
               : complain("nothing was measured: no metric is applicable to this model and these rows", 1);
  });
}

}  // namespace aelab::cli
