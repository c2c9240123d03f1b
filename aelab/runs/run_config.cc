#include "aelab/runs/run_config.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "aelab/core/config.h"
#include "aelab/runs/file_kinds.h"
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
    "initial weights, from another run, a file of tensors or another package's folder")
      .also_known_as({"pretrained", "weights", "init_from", "checkpoint"});
  f("expanded", expanded,
    "the parts that the variant expands to; written into run folders, checked when read");
}

void RunConfig::fields(Fields& f) {
  f("$schema", schema, "JSON Schema that editors validate this file with");
  f("format", format, "version of this format", between(1, 1));
  f("name", name, "name of the run and its folder").also_known_as({"run_name", "experiment", "title"});
  f("seed", seed, "random seed of initial weights, shuffling, noise and the split", at_least(0))
      .also_known_as({"random_state", "random_seed", "rng"});
  f("data", data, "the data set and its splits").also_known_as({"dataset", "data_set"});
  f("model", model, "the autoencoder").also_known_as({"autoencoder", "network", "architecture"});
  f("training", training, "the training procedure").also_known_as({"trainer", "train", "fit"});
  f("callbacks", callbacks, "callbacks, added to the defaults progress, log, checkpoint and stop-on-nan")
      .also_known_as({"hooks"});
  f("evaluation", evaluation, "metrics, computed after training on the test split with the best checkpoint")
      .also_known_as({"metrics", "evaluate"});
  f("output", output, "the folder of run folders: <output>/<name>/<n>")
      .also_known_as({"output_dir", "out", "log_dir", "save_dir", "folder"});
  f.require(is_folder_name(name), "name", kNoFolderName);
  f.require(!data.source.empty(), "data", "is missing: name a source, such as {\"source\": \"digits\"}");
  f.require(!model.variant.empty(), "model",
            "is missing: choose a variant, such as {\"variant\": \"dense\", \"code\": 32}");
}

std::vector<std::string> hidden_widths(RunConfig run) {
  return width_fields(ConfigRef([&run](Fields& f) { f("model", run.model.variant, ""); }));
}

RunConfig read_run_config(const std::string& text, const std::string& file,
                          const std::vector<std::string>& overrides, Problems& problems) {
  auto value = parse_kind(text, file, "run");
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
