// aelab compare

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "aelab/cli/commands.h"
#include "aelab/core/files.h"
#include "aelab/core/signals.h"
#include "aelab/core/text.h"
#include "aelab/reports/report.h"
#include "aelab/runs/comparison_results.h"
#include "aelab/runs/comparison_runs.h"

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

/// Of a comparison file, or of the folder that one has been run in.
Comparison open_comparison(const CompareOptions& options) {
  if (fs::is_directory(options.file)) {
    if (!options.overrides.empty() || !options.output.empty())
      throw Error(options.file +
                  ": a comparison's folder goes on as it is; overrides and --output go with a file");
    return load_comparison(options.file);
  }
  auto config = read_comparison_config(read_file(options.file), options.file, options.overrides);
  if (!options.output.empty()) config.output = options.output;
  return Comparison(std::move(config), options.file);
}

std::string seconds_cell(const std::optional<double>& seconds) { return seconds ? duration(*seconds) : "-"; }

void print_dry_run(const Comparison& comparison, const std::vector<ContenderCost>& costs) {
  const auto seeds = static_cast<double>(comparison.config().seeds.size());
  double total = 0;
  fmt::print("{:<32} {:>4} {:>11} {:>7} {:>8} {:>12}\n", "variant", "runs", "parameters", "epochs", "steps",
             "time a run");
  for (std::size_t i = 0; i < costs.size(); ++i) {
    const auto& cost = costs[i];
    const auto count = [](const std::optional<std::int64_t>& number) {
      return number ? std::to_string(*number) : std::string("-");
    };
    fmt::print("{:<32} {:>4} {:>11} {:>7} {:>8} {:>12}\n", comparison.contenders()[i].name, seeds,
               cost.parameters, cost.closed_form ? "closed" : count(cost.epochs),
               cost.closed_form ? "form" : count(cost.steps), seconds_cell(cost.seconds));
    for (const auto& setting : cost.solved) fmt::print("    {}\n", setting);
    total += seeds * cost.seconds.value_or(0);
  }
  fmt::print(
      "{} runs, {} of them finished; about {} of training on {} thread{} each, start and measuring aside\n",
      comparison.runs().size(), finished_runs(comparison), duration(total), comparison.config().threads,
      comparison.config().threads == 1 ? "" : "s");
}

std::string in_shell(const std::string& text) {
  const bool plain =
      text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./,=+") ==
      std::string::npos;
  return plain ? text : "'" + text + "'";
}

void print_plan(Comparison& comparison) {
  open_folder(comparison);
  for (const auto& run : comparison.runs())
    fmt::print("aelab compare {} --only {}\n", in_shell(comparison.folder().string()), in_shell(run.id));
}

void print_results(const ComparisonResults& results, const std::vector<std::string>& drawn,
                   const fs::path& folder) {
  fmt::print("{}", terminal_table(results));
  if (!results.missing().empty()) {
    fmt::print("\nnot counted:\n");
    for (const auto& missing : results.missing()) fmt::print("  {}\n", missing);
  }
  if (!drawn.empty())
    fmt::print("\n{}: from the top, test samples, {}\n", (folder / "images/reconstructions.png").string(),
               join(drawn, ", "));
  fmt::print("\n{}\n\nall of this as a page: {}\n{}\n", verdict(results), (folder / "report.html").string(),
             folder.string());
}

/// What goes wrong with a file or a picture costs no table: it is said, and the exit code tells.
template <class Work>
bool attempt(Work work) {
  try {
    work();
    return true;
  } catch (const std::exception& error) {
    fmt::print(stderr, "aelab: {}\n", first_line(error.what()));
    return false;
  }
}

int report_results(const Comparison& comparison, bool as_json) {
  if (!fs::exists(comparison.folder() / "config.json"))
    throw Error(comparison.folder().string() +
                ": holds no comparison to collect; name the folder that one ran in");
  const auto results = collect(comparison);
  std::vector<std::string> drawn;
  bool written = attempt([&] { write_results(comparison, results); });
  written = attempt([&] { drawn = draw_comparison(comparison, results); }) && written;
  if (as_json) {
    auto value = to_json(results);
    value["folder"] = comparison.folder();
    fmt::print("{}\n", value.dump());
  } else {
    print_results(results, drawn, comparison.folder());
  }
  written = attempt([&] { write_report(comparison.folder()); }) && written;
  if (results.missing().empty()) return written ? 0 : 1;
  fmt::print(stderr, "aelab: {} of {} runs do not count\n", results.missing().size(),
             comparison.runs().size());
  return 1;
}

int compare(const CompareOptions& options) {
  auto comparison = open_comparison(options);
  const StopSignals signals;
  if (options.only) return exit_code(do_run(comparison, *options.only));
  if (options.collect) return report_results(comparison, options.json);
  const auto costs = comparison.check(/*timed=*/options.dry_run);
  for (const auto& note : comparison.notes()) fmt::print(stderr, "{}\n", note);
  if (options.dry_run) return print_dry_run(comparison, costs), 0;
  if (options.plan) return print_plan(comparison), 0;
  const auto program = fs::read_symlink("/proc/self/exe").string();
  const int signal =
      do_runs(comparison, {.jobs = options.jobs,
                           .worker = {program, "compare", comparison.folder().string(), "--only"},
                           .quiet = options.quiet,
                           .plain = options.plain});
  if (!signal) return report_results(comparison, options.json);
  fmt::print(stderr, "aelab: stopped; go on with: aelab compare {}\n", comparison.folder().string());
  return exit_code(signal);
}

}  // namespace

void add_compare(CLI::App& app, Command& chosen) {
  auto options = std::make_shared<CompareOptions>();
  auto* command = app.add_subcommand("compare", "Run and compare the variants that a JSON file describes");
  command->add_option("FILE", options->file, "the comparison file, or the folder of one to go on with")
      ->required();
  command->add_option("OVERRIDES", options->overrides, "path.to.key=value, laid over the file");
  command->add_option("--output", options->output, "the folder of comparisons");
  command->add_option("--jobs", options->jobs, "runs at once; as many as the processors have threads for")
      ->check([](const std::string& text) {
        const bool counts = text.find_first_not_of("0123456789") == text.npos && std::atoll(text.c_str()) > 0;
        return counts ? "" : "must be a whole number from 1";
      });
  auto* dry_run = command->add_flag("--dry-run", options->dry_run, "only show what would run, and its cost");
  auto* plan =
      command->add_flag("--plan", options->plan, "only print a command for each run, to be run anywhere");
  auto* only = command->add_option("--only", options->only, "do one run, such as dense/seed-1");
  auto* collect = command->add_flag("--collect", options->collect, "run nothing; compare what is there");
  plan->excludes(dry_run);
  only->excludes(dry_run)->excludes(plan);
  collect->excludes(dry_run)->excludes(plan)->excludes(only);
  command->add_flag("--json", options->json,
                    "print one JSON object: what comparison.json holds, and the folder");
  command->add_flag("--quiet", options->quiet, "no progress display");
  command->add_flag("--plain", options->plain, "a line a run, no live line");
  command->footer("Example: aelab compare experiments/which-autoencoder/comparison.json --jobs 2");
  command->callback([options, &chosen] { chosen = [options] { return compare(*options); }; });
}

}  // namespace aelab::cli
