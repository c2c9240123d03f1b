// aelab compare

#include <unistd.h>

#include <nlohmann/json.hpp>

#include "aelab/cli/commands.h"
#include "aelab/cli/options.h"
#include "aelab/cli/output.h"
#include "aelab/comparisons/results.h"
#include "aelab/comparisons/runs.h"
#include "aelab/comparisons/words.h"
#include "aelab/core/files.h"
#include "aelab/core/layout.h"
#include "aelab/core/signals.h"
#include "aelab/core/text.h"
#include "aelab/reports/report.h"
#include "aelab/runs/file_kinds.h"

namespace aelab::cli {
namespace {

namespace fs = std::filesystem;

struct CompareOptions {
  std::string file, output;
  std::optional<std::string> only;
  std::vector<std::string> overrides;
  std::int64_t jobs = 0;
  bool dry_run = false, plan = false, collect = false, json = false, quiet = false, plain = false;
};

/// The comparison of a file, or of the folder where one has been run.
Comparison open_comparison(const CompareOptions& options) {
  if (fs::is_directory(options.file)) {
    if (kind_of_folder(options.file) == "run")
      throw Error(options.file + ": is the folder of a run; resume it with: aelab resume " +
                  in_shell(options.file));
    if (!options.overrides.empty() || !options.output.empty())
      throw Error(
          options.file +
          ": is the folder of a comparison, whose settings are fixed; overrides and --output need a file");
    return load_comparison(options.file);
  }
  auto config = read_comparison_config(read_file_or_pipe(options.file), options.file, options.overrides);
  if (!options.output.empty()) config.output = options.output;
  return Comparison(std::move(config), options.file);
}

std::string seconds_cell(const std::optional<double>& seconds) { return seconds ? duration(*seconds) : "-"; }

void print_dry_run(const Comparison& comparison, const std::vector<ContenderCost>& costs) {
  const auto seeds = comparison.config().seeds.size();
  const auto count = [](const std::optional<std::int64_t>& number) {
    return number ? std::to_string(*number) : std::string("-");
  };
  double total = 0;
  std::vector<std::vector<std::string>> cells = {
      {"variant", "runs", "parameters", "epochs", "steps", "time per run"}};
  std::string solved;
  for (std::size_t i = 0; i < costs.size(); ++i) {
    const auto& cost = costs[i];
    const auto& name = comparison.contenders()[i].name;
    cells.push_back({name, std::to_string(seeds), std::to_string(cost.parameters),
                     cost.closed_form ? "closed" : count(cost.epochs),
                     cost.closed_form ? "form" : count(cost.steps), seconds_cell(cost.seconds)});
    if (!cost.solved.empty()) solved += "  " + name + ": " + join(cost.solved, ", ") + "\n";
    total += static_cast<double>(seeds) * cost.seconds.value_or(0);
  }
  print_text(aligned(cells, columns_of(STDOUT_FILENO)));
  if (!solved.empty()) print_wrapped("set by the budget of parameters:\n" + solved, 2);
  const auto threads = comparison.config().threads;
  print_wrapped(
      fmt::format("{}, {} finished; about {} of training on {} each, without start-up and evaluation\n",
                  counted(comparison.runs().size(), "run"), finished_runs(comparison), duration(total),
                  counted(static_cast<std::size_t>(threads), "thread")));
}

void print_plan(Comparison& comparison) {
  open_folder(comparison);
  for (const auto& run : comparison.runs())
    print("aelab compare {} --only {}\n", in_shell(comparison.folder().string()), in_shell(run.id));
}

void print_comparison(const ComparisonResults& results, const std::vector<std::string>& drawn,
                      const fs::path& folder) {
  print_wrapped(terminal_table(results), 2);
  if (const auto excluded = results.excluded(); !excluded.empty()) {
    print("\nexcluded runs:\n");
    for (const auto& run : excluded) print_entry("  " + run);
  }
  if (!drawn.empty())
    print_wrapped("\n" + (folder / "images/reconstructions.png").string() + ": from the top, test samples, " +
                  join(drawn, ", ") + "\n");
  print_wrapped("\n" + terminal_verdict(results) + "\n");
  print("report: {}\n{}\n", (folder / "report.html").string(), folder.string());
}

/// A file or an image that cannot be written is reported, and the table is printed all the same. Whether all
/// went well.
template <class Work>
bool attempt(Work work) {
  try {
    work();
    return true;
  } catch (const std::exception& error) {
    complain(first_line(error.what()), 1);
    return false;
  }
}

int report_results(const Comparison& comparison, bool as_json) {
  if (!fs::exists(comparison.folder() / "config.json"))
    throw Error(comparison.folder().string() +
                ": holds no comparison to collect; give the folder of one that was run");
  const auto results = collect(comparison);
  std::vector<std::string> drawn;
  bool written = attempt([&] { write_results(comparison, results); });
  written = attempt([&] { drawn = draw_comparison(comparison, results); }) && written;
  if (as_json) {
    auto value = to_json(results);
    value["folder"] = comparison.folder();
    print_json(value);
  } else {
    print_comparison(results, drawn, comparison.folder());
  }
  written = attempt([&] { write_report(comparison.folder()); }) && written;
  if (const auto exclusion = results.exclusion(); !exclusion.empty()) return complain(exclusion, 1);
  return written ? 0 : 1;
}

int compare(const CompareOptions& options) {
  auto comparison = open_comparison(options);
  const StopSignals signals;
  if (options.only) return exit_code(do_run(comparison, *options.only));
  if (options.collect) return report_results(comparison, options.json);
  const auto costs = comparison.check(/*timed=*/options.dry_run);
  for (const auto& note : comparison.notes()) remark(note);
  if (options.dry_run) return print_dry_run(comparison, costs), 0;
  if (options.plan) return print_plan(comparison), 0;
  const auto program = fs::read_symlink("/proc/self/exe").string();
  const ComparisonOptions how = {.jobs = options.jobs,
                                 .worker = {program, "compare", comparison.folder().string(), "--only"},
                                 .quiet = options.quiet,
                                 .plain = options.plain};
  const int signal = as_options("compare", [&] { return do_runs(comparison, how); });
  if (!signal) return report_results(comparison, options.json);
  return complain("stopped; resume with: aelab compare " + in_shell(comparison.folder().string()),
                  exit_code(signal));
}

}  // namespace

void add_compare(CLI::App& app, Command& chosen) {
  auto options = std::make_shared<CompareOptions>();
  auto* command =
      app.add_subcommand("compare", "Run and compare the variants that a comparison file describes");
  known_as(*command, {"sweep", "search", "tune", "benchmark"});
  command
      ->add_option("FILE", options->file, "comparison file (JSON), or the folder of a comparison to resume")
      ->required()
      ->type_name("FILE");
  command->add_option("OVERRIDES", options->overrides, "path.to.key=value: replaces a value of the file")
      ->type_name("OVERRIDE");
  command
      ->add_option("--output", options->output,
                   "folder for comparison folders, instead of the file's \"output\"")
      ->type_name("FOLDER");
  command
      ->add_option("--jobs", options->jobs,
                   "number of runs at a time; if omitted, as many as the processors' threads allow")
      ->type_name("N")
      ->check([](const std::string& text) {
        const bool counts = text.find_first_not_of("0123456789") == text.npos && std::atoll(text.c_str()) > 0;
        return counts ? "" : "must be a whole number from 1";
      });
  auto* dry_run = command->add_flag("--dry-run", options->dry_run,
                                    "show what would run and how long it would take, without running it");
  auto* plan =
      command->add_flag("--plan", options->plan, "print a command for each run, to run them elsewhere");
  auto* only =
      command->add_option("--only", options->only, "do one run, such as dense/seed-1")->type_name("RUN");
  auto* collect =
      command->add_flag("--collect", options->collect, "compare the finished runs, without running any");
  plan->excludes(dry_run);
  only->excludes(dry_run)->excludes(plan);
  collect->excludes(dry_run)->excludes(plan)->excludes(only);
  command->add_flag("--json", options->json,
                    "print one JSON object: the content of comparison.json, and folder");
  command->add_flag("--quiet", options->quiet, "show no progress");
  command->add_flag("--plain", options->plain, "show one line per run, without the live line");
  command->footer("Example: aelab compare experiments/which-autoencoder/comparison.json --jobs 2");
  command->callback([options, &chosen] { chosen = [options] { return compare(*options); }; });
}

}  // namespace aelab::cli
