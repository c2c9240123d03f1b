// aelab run, resume, evaluate

#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "aelab/cli/commands.h"
#include "aelab/cli/options.h"
#include "aelab/cli/output.h"
#include "aelab/core/files.h"
#include "aelab/core/layout.h"
#include "aelab/core/signals.h"
#include "aelab/core/text.h"
#include "aelab/reports/report.h"
#include "aelab/runs/file_kinds.h"
#include "aelab/runs/overrides.h"
#include "aelab/runs/run.h"
#include "aelab/runs/run_plan.h"
#include "aelab/runs/together.h"

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

const char* status_of(const RunOutcome& outcome) {
  return outcome.signal ? "stopped" : outcome.diverged.empty() ? "completed" : "diverged";
}

const char* status_of(const MemberOutcome& member) {
  if (member.failure.empty()) return status_of(member.run);
  return member.ended_diverged ? "diverged" : "failed";
}

/// A column of results for each model.
void print_results(const TogetherOutcome& outcome) {
  std::vector<std::vector<std::string>> cells = {{""}};
  for (const auto& member : outcome.members) {
    cells.front().push_back(member.name);
    for (const auto& result : member.run.results)
      if (std::none_of(cells.begin() + 1, cells.end(),
                       [&](const auto& row) { return row.front() == result.measure.name; }))
        cells.push_back({result.measure.name});
  }
  for (std::size_t i = 1; i < cells.size(); ++i)
    for (const auto& member : outcome.members) {
      const auto& results = member.run.results;
      const auto found = std::find_if(results.begin(), results.end(), [&](const auto& result) {
        return result.measure.name == cells[i].front();
      });
      cells[i].push_back(found == results.end() ? "-"
                         : found->value         ? fmt::format("{:.6g}", *found->value)
                                                : "not applicable");
    }
  if (cells.size() > 1) print_text(aligned(cells, columns_of(STDOUT_FILENO)));
}

nlohmann::json to_json(const TogetherOutcome& outcome) {
  auto runs = nlohmann::json::array();
  for (const auto& member : outcome.members) {
    runs.push_back({{"name", member.name},
                    {"folder", member.run.folder},
                    {"status", status_of(member)},
                    {"metrics", to_json(member.run.results)}});
    if (!member.failure.empty()) runs.back()["message"] = member.failure;
  }
  const auto* status = outcome.signal ? "stopped" : outcome.unsuccessful() > 0 ? "failed" : "completed";
  return {{"folder", outcome.folder}, {"status", status}, {"runs", runs}};
}

int report(const TogetherOutcome& outcome, bool as_json) {
  if (as_json) {
    print_json(to_json(outcome));
  } else {
    print_results(outcome);
    print("{}\n", outcome.folder.string());
  }
  std::vector<std::string> failed;
  for (const auto& member : outcome.members) {
    for (const auto& said : member.run.remarks) remark("aelab: " + member.name + ": " + said);
    if (!member.failure.empty())
      failed.push_back(member.name + " " + status_of(member) + ": " + member.failure);
    if (!member.run.diverged.empty()) failed.push_back(member.name + " diverged: " + member.run.diverged);
  }
  write_report(outcome.folder);  // with those of the runs
  if (outcome.signal)
    return complain("stopped; resume with: aelab resume " + in_shell(outcome.folder.string()),
                    exit_code(outcome.signal));
  if (failed.empty()) return 0;
  return complain(fmt::format("{} of {} models did not complete: {}", failed.size(), outcome.members.size(),
                              join(failed, "; ")),
                  1);
}

std::string in_megabytes(double bytes) {
  const double megabytes = bytes / (1 << 20);
  return fmt::format("{:.{}f}", megabytes, megabytes < 10 ? 2 : 0);
}

void print_estimate(const FilePlan& plan) {
  std::vector<std::vector<std::string>> cells = {{"model", "parameters", "epochs", "steps", "parameters, MiB",
                                                  "gradients", "optimizer", "activations", "batches",
                                                  "in all, MiB"}};
  for (const auto& run : plan.runs) {
    const auto& memory = run.memory;
    const auto number = [](const std::optional<std::int64_t>& count) {
      return count ? std::to_string(*count) : std::string("-");
    };
    cells.push_back({run.name, std::to_string(run.parameters),
                     run.closed_form ? "closed" : number(run.epochs),
                     run.closed_form ? "form" : number(run.steps)});
    for (const auto bytes : {memory.parameters, memory.gradients, memory.optimizer + memory.callbacks,
                             memory.activations, memory.rows, memory.peak()})
      cells.back().push_back(in_megabytes(bytes));
  }
  print_text(aligned(cells, columns_of(STDOUT_FILENO)));
  constexpr double kGiB = 1 << 30;
  print_wrapped(fmt::format(
      "training needs about {:.2f} GiB of memory, {:.2f} of it for the program and its data; {:.2f} GiB are "
      "free. Metrics and the summary, which follow training, are not counted. Nothing was created\n",
      plan.peak() / kGiB, plan.program / kGiB, (plan.free + plan.program) / kGiB));
}

nlohmann::json to_json(const FilePlan& plan) {
  auto runs = nlohmann::json::array();
  for (const auto& run : plan.runs) {
    const auto& memory = run.memory;
    runs.push_back({{"name", run.name},
                    {"parameters", run.parameters},
                    {"memory",
                     {{"parameters", memory.parameters},
                      {"gradients", memory.gradients},
                      {"optimizer", memory.optimizer},
                      {"callbacks", memory.callbacks},
                      {"activations", memory.activations},
                      {"batches", memory.rows},
                      {"peak", memory.peak()}}}});
    for (const auto& [key, count] : {std::pair("epochs", run.epochs), {"steps", run.steps}})
      if (count) runs.back()[key] = *count;
  }
  return {{"runs", runs}, {"program", plan.program}, {"peak", plan.peak()}, {"free", plan.free}};
}

int report(const FilePlan& plan, bool as_json) {
  for (const auto& note : plan.notes) remark(note);
  as_json ? print_json(to_json(plan)) : print_estimate(plan);
  if (plan.peak() <= plan.free + plan.program) return 0;
  return complain("training needs more memory than is free: choose smaller models or batches", 1);
}

int report(const RunOutcome& outcome, bool as_json) {
  const auto* status = status_of(outcome);
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
  if (kind == "together")
    throw Error(path +
                ": is the folder of models that are trained together; resume them with: aelab resume " +
                in_shell(path));
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
    bool json = false, dry_run = false;
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
  command->add_flag("--dry-run", options->dry_run,
                    "check everything, and show the steps and the memory that training would take");
  command->add_flag("--json", options->json, "print one JSON object: folder, status, metrics");
  options->progress.add(*command);
  command->footer("Example: aelab run experiments/first-run/run.json training.epochs=3 callbacks[0].every=1");
  command->callback([options, &chosen] {
    chosen = [options] {
      const auto& [quiet, plain] = options->progress;
      RunOptions how{.origin = options->file, .problems = {}, .quiet = quiet, .plain = plain};
      refuse_folder(options->file);
      auto file =
          read_run_file(read_file_or_pipe(options->file), options->file, options->overrides, how.problems);
      if (!options->output.empty()) {
        file.output = options->output;
        for (auto& config : file.runs) config.output = options->output;
      }
      const StopSignals signals;
      if (options->dry_run) return report(plan(std::move(file), std::move(how)), options->json);
      if (file.together) return report(run_together(std::move(file), std::move(how)), options->json);
      return report(run(std::move(file.runs.front()), std::move(how)), options->json);
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
  command
      ->add_option("RUN_FOLDER", options->folder, "folder of the run, or of models that are trained together")
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
      if (kind_of_folder(options->folder) == "together") {
        if (checkpoint_named(options->from) != Which::last)
          throw Error("resume: --checkpoint: is for one run: name one in " + options->folder);
        return report(resume_together(options->folder, how), options->json);
      }
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
