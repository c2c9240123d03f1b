#include "aelab/runs/run_config.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "aelab/core/config.h"
#include "aelab/core/json.h"
#include "aelab/runs/overrides.h"

namespace aelab {

bool is_folder_name(std::string_view name, std::string_view beside) {
  constexpr std::string_view kSigns = "-_.";
  return !name.empty() && name.size() <= 100 && name.front() != '.' && name.front() != '-' &&
         std::all_of(name.begin(), name.end(), [&](char c) {
           return std::isalnum(static_cast<unsigned char>(c)) || kSigns.find(c) != kSigns.npos ||
                  beside.find(c) != beside.npos;
         });
}

void ModelConfig::fields(Fields& f) {
  f.flatten(variant);
  f("initialize_from", initialize_from,
    "weights to begin with: another run's, or those of a safetensors file");
  f("expanded", expanded, "what the variant expanded to; written into run folders, checked when read");
}

void RunConfig::fields(Fields& f) {
  f("$schema", schema, "the schema that an editor checks this file with");
  f("format", format, "version of this format", between(1, 1));
  f("name", name, "names the run's folder");
  f("seed", seed, "of initial weights, shuffling, noise and the split");
  f("data", data, "what to train on");
  f("model", model, "which autoencoder");
  f("training", training, "how to train it");
  f("callbacks", callbacks,
    "what happens beside training, added to progress, log, checkpoint and stop-on-nan");
  f("evaluation", evaluation, "what to measure after training, on the test part with the best checkpoint");
  f("output", output, "the folder of run folders: <output>/<name>/<n>");
  f.require(is_folder_name(name), "name", kNoFolderName);
  f.require(!data.source.empty(), "data", "is missing: say which, such as {\"source\": \"digits\"}");
  f.require(!model.variant.empty(), "model",
            "is missing: say which, such as {\"variant\": \"dense\", \"code\": 32}");
}

RunConfig read_run_config(const std::string& text, const std::string& file,
                          const std::vector<std::string>& overrides, Problems& problems) {
  auto value = parse_json(text, file);
  apply_overrides(value, overrides);
  RunConfig config;
  read_config(value, config, problems);
  return config;
}

RunConfig read_run_config(const std::string& text, const std::string& file,
                          const std::vector<std::string>& overrides) {
  Problems problems;
  auto config = read_run_config(text, file, overrides, problems);
  problems.raise(file);
  return config;
}

}  // namespace aelab
