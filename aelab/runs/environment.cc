#include "aelab/runs/environment.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <torch/version.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "aelab/core/config.h"
#include "aelab/core/version.h"
#include "aelab/nn/kernels.h"

namespace aelab {
namespace {

std::string processor() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);)
    if (line.starts_with("model name")) return line.substr(line.find(": ") + 2);
  return "unknown";
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
          {"cuda", at::hasCUDA()},
          {"kernels", write_config(used)},
          {"mkl", at::hasMKL()},
          {"mkldnn", at::hasMKLDNN()},
          {"folder", std::filesystem::current_path()},
          {"time", now()}};
}

}  // namespace aelab
