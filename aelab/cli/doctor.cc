// aelab doctor

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "aelab/cli/commands.h"
#include "aelab/core/config.h"
#include "aelab/core/error.h"
#include "aelab/data/source.h"
#include "aelab/runs/environment.h"

namespace aelab::cli {
namespace {

using nlohmann::json;

/// Whether a source needs no config of its own.
bool stands_alone(Choice<Source> source) {
  Problems problems;
  return problems.attempt([&] { check_config(source, "data"); });
}

/// Each source that opens without a config of its own: what it has and where, or what to do about it.
json check_data() {
  auto found = json::object();
  for (const auto& kind : Source::registry().all()) {
    const auto source = Choice<Source>::named(kind.name);
    if (!stands_alone(source)) continue;
    try {
      const auto data = open_dataset(source);
      const auto rows = data.train.size() + (data.test ? data.test->size() : 0);
      found[kind.name] = {
          {"found", true}, {"rows", rows}, {"shape", to_string(data.shape())}, {"origin", data.origin}};
    } catch (const Error& error) {
      found[kind.name] = {{"found", false}, {"advice", error.what()}};
    }
  }
  return found;
}

/// What could be better on this machine, and how.
json advice(const json& report) {
  auto all = json::array();
  if (!report["cuda"].get<bool>())
    all.push_back(
        "no CUDA: training runs on the processor; a LibTorch with CUDA is used where Torch_DIR names one");
  if (report["threads"] < report["processors"])
    all.push_back("fewer threads than processors: OMP_NUM_THREADS or \"training.threads\" limits them");
  if (!report["mkldnn"].get<bool>())
    all.push_back("LibTorch was built without oneDNN: convolutions will be slow; the CPU wheel has it");
  for (const auto& [name, state] : report["data"].items())
    if (!state["found"].get<bool>()) all.push_back(name + ": " + state["advice"].get<std::string>());
  return all;
}

void print_report(const json& report) {
  for (const auto& [key, value] : report.items())
    if (!value.is_structured())
      fmt::print("{:<21} {}\n", key, value.is_string() ? value.get<std::string>() : value.dump());
  for (const auto& [key, value] : report["kernels"].items())
    fmt::print("kernels {:<13} {}\n", key, value.get<std::string>());
  for (const auto& [name, state] : report["data"].items())
    fmt::print("data {:<16} {}\n", name,
               state["found"].get<bool>()
                   ? fmt::format("{} rows of {}, {}", state["rows"].get<std::int64_t>(),
                                 state["shape"].get<std::string>(), state["origin"].get<std::string>())
                   : std::string("not found"));
  for (const auto& line : report["advice"]) fmt::print("- {}\n", line.get<std::string>());
}

}  // namespace

void add_doctor(CLI::App& app, Command& chosen) {
  auto as_json = std::make_shared<bool>(false);
  auto* command =
      app.add_subcommand("doctor", "Say what is installed here, which data are found, and what is missing");
  command->add_flag("--json", *as_json, "print one JSON object");
  command->footer("Example: aelab doctor");
  command->callback([as_json, &chosen] {
    chosen = [as_json] {
      auto report = environment();
      report["data"] = check_data();
      report["advice"] = advice(report);
      if (*as_json)
        fmt::print("{}\n", report.dump(2));
      else
        print_report(report);
      return 0;
    };
  });
}

}  // namespace aelab::cli
