#include "aelab/runs/environment.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <torch/version.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "aelab/core/config.h"
#include "aelab/core/error.h"
#include "aelab/core/files.h"
#include "aelab/core/json.h"
#include "aelab/core/links.h"
#include "aelab/core/text.h"
#include "aelab/core/version.h"
#include "aelab/nn/kernels.h"
#include "aelab/runs/record.h"

namespace aelab {
namespace {

std::string processor() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);)
    if (line.starts_with("model name")) return line.substr(line.find(": ") + 2);
  return "unknown";
}

/// Environment variables that choose instructions or limit threads of numerical libraries, and with them the
/// last bits of results. The number of threads is recorded with the config.
nlohmann::json numerical_variables() {
  constexpr std::string_view kPrefixes[] = {"ATEN_", "DNNL_", "KMP_", "MKL_", "OMP_", "ONEDNN_", "TORCH_"};
  auto found = nlohmann::json::object();
  for (auto entry = environ; *entry; ++entry) {
    const std::string_view variable(*entry);
    const auto equals = variable.find('=');
    if (variable.substr(0, equals).ends_with("_NUM_THREADS")) continue;
    if (std::any_of(std::begin(kPrefixes), std::end(kPrefixes),
                    [&](auto prefix) { return variable.starts_with(prefix); }))
      found[std::string(variable.substr(0, equals))] = variable.substr(equals + 1);
  }
  return found;
}

std::string now() {
  const auto time = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  char text[32];
  std::tm utc{};
  gmtime_r(&time, &utc);
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text;
}

}  // namespace

nlohmann::json environment() {
  const auto used = kernels();
  return {{"aelab", version()},
          {"libtorch", TORCH_VERSION},
          {"processor", processor()},
          {"processors", std::thread::hardware_concurrency()},
          {"instruction_set", at::get_cpu_capability()},
          {"threads", at::get_num_threads()},
          {"variables", numerical_variables()},
          {"cuda", at::hasCUDA()},
          {"kernels", write_config(used)},
          {"mkl", at::hasMKL()},
          {"mkldnn", at::hasMKLDNN()},
          {"folder", std::filesystem::current_path()},
          {"time", now()}};
}

std::vector<std::string> changed_surroundings(const std::filesystem::path& folder) {
  const auto path = folder / "environment.json";
  if (!has_entry(path)) return {};
  nlohmann::json then;
  try {
    then = read_json(folder, "environment.json");
    if (!then.is_object()) throw Error(path.string() + ": is not a JSON object");
  } catch (const Error& error) {
    return {"caution: this run may have begun on another machine: " + first_line(error.what())};
  }
  const auto now = environment();
  std::vector<std::string> notes;
  for (const auto* key : {"aelab", "libtorch", "processor", "instruction_set", "variables"})
    if (then.contains(key) && then[key] != now[key])
      notes.push_back("caution: the results may differ in their last bits: " + std::string(key) + " is now " +
                      now[key].dump() + ", and was " + then[key].dump() + " when the run began");
  return notes;
}

}  // namespace aelab
