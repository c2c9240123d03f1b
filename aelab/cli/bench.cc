// aelab bench

#include "aelab/tools/bench.h"

#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "aelab/cli/commands.h"
#include "aelab/cli/output.h"
#include "aelab/core/files.h"
#include "aelab/core/text.h"
#include "aelab/nn/kernels.h"

namespace aelab::cli {
namespace {

using nlohmann::json;

struct BenchOptions {
  std::vector<std::string> files;
  std::string filter;
  double seconds = 3;
  bool json = false, calibrate = false;
};

/// The run files, or else the standard workloads whose names contain `filter`. Error if no name does.
std::vector<std::function<Workload()>> chosen_workloads(const BenchOptions& options) {
  std::vector<std::function<Workload()>> chosen;
  for (const auto& file : options.files) {
    auto config = read_run_config(read_file_or_pipe(file), file);
    chosen.emplace_back([config = std::move(config), file] { return workload_of(config, file); });
  }
  if (!options.files.empty()) return chosen;
  for (const auto& name : standard_workloads())
    if (name.find(options.filter) != std::string::npos)
      chosen.emplace_back([name] { return standard_workload(name); });
  if (chosen.empty())
    throw Error("bench: --filter: no workload's name contains \"" + options.filter +
                "\". Known: " + join(standard_workloads(), ", "));
  return chosen;
}

json time_workloads(const BenchOptions& options) {
  const auto workloads = chosen_workloads(options);
  const auto ceilings = measure_ceilings();
  json report = {{"workloads", json::array()},
                 {"ceilings",
                  {{"matrix_product_gflops", ceilings.matrix_product_gflops},
                   {"memory_gb_per_s", ceilings.memory_gb_per_s}}}};
  if (!options.json)
    print("{:<28}{:>12}{:>12}{:>12}{:>16}\n", "", "median ms", "min ms", "limit ms", "samples/s");
  for (const auto& make : workloads) {
    const auto workload = make();
    const auto time = measure_step(workload, ceilings, options.seconds);
    report["workloads"].push_back({{"name", workload.name},
                                   {"median_ms", time.median_ms},
                                   {"min_ms", time.min_ms},
                                   {"limit_ms", time.limit_ms},
                                   {"samples_per_second", time.samples_per_second}});
    if (!options.json)
      print("{:<28}{:>12.3f}{:>12.3f}{:>12.3f}{:>16.0f}\n", workload.name, time.median_ms, time.min_ms,
            time.limit_ms, time.samples_per_second);
  }
  if (!options.json)
    print("ceilings: matrix product {:.0f} GFLOP/s, memory {:.1f} GB/s\n", ceilings.matrix_product_gflops,
          ceilings.memory_gb_per_s);
  return report;
}

json check_rule(const BenchOptions& options) {
  json report = {{"calibration", json::array()}};
  if (!options.json) print("{:<28}{:>10}{:>10}{:>10}{:>10}\n", "", "chosen", "ms", "other", "ms");
  for (const auto& layer : calibrate()) {
    report["calibration"].push_back({{"layer", layer.layer},
                                     {"chosen", layer.chosen},
                                     {"chosen_ms", layer.chosen_ms},
                                     {"other", layer.other},
                                     {"other_ms", layer.other_ms}});
    if (!options.json)
      print("{:<28}{:>10}{:>10.3f}{:>10}{:>10.3f}{}\n", layer.layer, layer.chosen, layer.chosen_ms,
            layer.other, layer.other_ms, layer.other_ms < 0.9 * layer.chosen_ms ? "  slower" : "");
  }
  return report;
}

bool is_positive_number(const std::string& text) {
  char* end = nullptr;
  const double number = std::strtod(text.c_str(), &end);
  return !text.empty() && *end == '\0' && number > 0 && std::isfinite(number);
}

}  // namespace

void add_bench(CLI::App& app, Command& chosen) {
  auto options = std::make_shared<BenchOptions>();
  auto* command = app.add_subcommand("bench", "Time the training step of run files or of standard workloads");
  command->add_option("FILES", options->files, "run files; the standard workloads if omitted")
      ->type_name("FILE");
  command
      ->add_option("--filter", options->filter,
                   "time only the standard workloads whose names contain this text")
      ->type_name("TEXT");
  command->add_option("--seconds", options->seconds, "time to measure each workload for")
      ->type_name("SECONDS")
      ->capture_default_str()
      ->check(
          [](const std::string& text) { return is_positive_number(text) ? "" : "must be a number above 0"; });
  command->add_flag(
      "--calibrate", options->calibrate,
      "time layers and the likelihood with every available kernel instead, to check the rule that "
      "chooses kernels on this machine");
  command->add_flag("--json", options->json, "print one JSON object");
  command->footer("Example: aelab bench --filter mlp");
  command->callback([options, &chosen] {
    chosen = [options] {
      const auto report = options->calibrate ? check_rule(*options) : time_workloads(*options);
      if (options->json) print_json(report);
      return 0;
    };
  });
}

}  // namespace aelab::cli
