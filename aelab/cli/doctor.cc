// aelab doctor

#include <nlohmann/json.hpp>

#include "aelab/cli/commands.h"
#include "aelab/cli/output.h"
#include "aelab/core/config.h"
#include "aelab/core/error.h"
#include "aelab/core/layout.h"
#include "aelab/data/formats/parquet_file.h"
#include "aelab/data/source.h"
#include "aelab/runs/environment.h"

namespace aelab::cli {
namespace {

using nlohmann::json;

/// Whether a source opens without any settings.
bool stands_alone(Choice<Source> source) {
  Problems problems;
  return problems.attempt([&] { check_config(source, "data"); });
}

/// Each source that opens without settings: its rows and origin, or how to get it.
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

/// What could be improved on this machine, and how.
json advice(const json& report) {
  auto all = json::array();
  if (!report["cuda"].get<bool>())
    all.push_back(
        "no CUDA: training runs on the CPU; set Torch_DIR to a LibTorch with CUDA before building to use a "
        "GPU");
  if (report["threads"] < report["processors"])
    all.push_back("fewer threads than processors: OMP_NUM_THREADS limits them");
  if (!report["mkldnn"].get<bool>())
    all.push_back(
        "LibTorch was built without oneDNN: convolutions will be slow; PyTorch's CPU wheel includes it");
  if (arrow_version().empty()) all.push_back("no Arrow: Parquet files are not read; " + arrow_advice());
  for (const auto& [name, state] : report["data"].items())
    if (!state["found"].get<bool>()) all.push_back(name + ": " + state["advice"].get<std::string>());
  return all;
}

void print_report(const json& report) {
  constexpr std::size_t kColumn = 22;
  const auto line = [](const std::string& name, const std::string& text) {
    print_text(entry(name, text, kColumn, text_width()));
  };
  for (const auto& [key, value] : report.items())
    if (!value.is_structured()) line(key, value.is_string() ? value.get<std::string>() : value.dump());
  for (const auto& [key, value] : report["kernels"].items()) line("kernels " + key, value.get<std::string>());
  for (const auto& [name, state] : report["data"].items())
    line("data " + name,
         state["found"].get<bool>()
             ? fmt::format("{} rows of {}, {}", state["rows"].get<std::int64_t>(),
                           state["shape"].get<std::string>(), state["origin"].get<std::string>())
             : std::string("not found"));
  for (const auto& advice : report["advice"]) print_wrapped("- " + advice.get<std::string>() + "\n", 2);
}

}  // namespace

void add_doctor(CLI::App& app, Command& chosen) {
  auto as_json = std::make_shared<bool>(false);
  auto* command = app.add_subcommand(
      "doctor", "Show versions, hardware and available data sets, with advice on what is missing");
  command->add_flag("--json", *as_json, "print one JSON object");
  command->footer("Example: aelab doctor");
  command->callback([as_json, &chosen] {
    chosen = [as_json] {
      auto report = environment();
      report["arrow"] = arrow_version().empty() ? "not found" : arrow_version();
      report["data"] = check_data();
      report["advice"] = advice(report);
      if (*as_json)
        print_json(nlohmann::ordered_json(report), 2);
      else
        print_report(report);
      return 0;
    };
  });
}

}  // namespace aelab::cli
