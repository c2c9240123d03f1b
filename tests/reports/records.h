#pragma once

// Folders of runs and comparisons, made without LibTorch.

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "aelab/core/files.h"
#include "aelab/core/image.h"
#include "tests/support.h"

namespace aelab {

using Json = nlohmann::json;

inline void put_json(const std::filesystem::path& path, const Json& value) {
  std::filesystem::create_directories(path.parent_path());
  put_file(path, value.dump());
}

inline std::string small_picture() {
  return encode_png({.width = 3, .height = 2, .channels = 1, .pixels = {0, 50, 100, 150, 200, 250}});
}

/// Every file of a run as JSON, by its path within the folder; "metrics.jsonl" is a list of its lines.
inline Json run_record(const std::string& variant = "dense", double error = 0.25) {
  return {
      {"config.json",
       {{"name", "small"},
        {"seed", 3},
        {"format", 1},
        {"data", {{"source", {{"source", "digits"}}}}},
        {"model",
         {{"variant", variant},
          {"code", 2},
          {"expanded", {{"backbone", {{"kind", "dense"}, {"hidden", {8}}}}}}}}}},
      {"status.json",
       {{"status", "completed"}, {"parameters", 20}, {"epochs", 2}, {"steps", 8}, {"seconds", 1.5}}},
      {"environment.json",
       {{"aelab", "0.1.0"}, {"kernels", {{"mkl", true}}}, {"time", "2026-01-02T03:04:05Z"}}},
      {"evaluation.json",
       {{"checkpoint", "best"},
        {"part", "test"},
        {"metrics", {{"reconstruction/mse", error}, {"code/l0", "not applicable"}}},
        {"measures",
         {{{"name", "reconstruction/mse"},
           {"definition", "mean of squares"},
           {"better", "lower"},
           {"version", 1}},
          {{"name", "code/l0"}, {"definition", "active"}, {"better", "neither"}, {"version", 1}}}},
        {"cautions", {"the code has collapsed"}}}},
      {"metrics.jsonl",
       {{{"epoch", 1}, {"step", 4}, {"phase", "train"}, {"train/loss", 3.0}},
        {{"epoch", 2}, {"step", 8}, {"phase", "fine-tuning"}, {"train/loss", 2.0}}}},
      {"summary/summary.json",
       {{"format", 1},
        {"part", "test"},
        {"data", {{"source", "digits"}, {"shape", {1, 8, 8}}, {"train", 90}, {"validation", 5}, {"test", 5}}},
        {"model",
         {{"variant", variant},
          {"summary", "fully connected"},
          {"input", {1, 8, 8}},
          {"code", {2}},
          {"parts",
           {{{"part", "backbone"},
             {"kind", "dense"},
             {"summary", "layers"},
             {"settings", {{"hidden", {8}}}}}}},
          {"methods", {"contractive: closed form"}}}},
        {"layers", {{{"network", "encoder"}, {"what", "dense, relu"}, {"output", {8}}, {"parameters", 520}}}},
        {"parameters", {{{"name", "backbone.encoder_0.weight"}, {"shape", {8, 64}}, {"count", 512}}}},
        {"pictures",
         {{"inputs", {{"what", "samples"}}}, {"reconstructions", {{"what", "their reconstructions"}}}}},
        {"codes",
         {{"rows", 3},
          {"axes", "the two code dimensions"},
          {"singular_values", {2.0, 1.0}},
          {"x", {1, 2, 3}},
          {"y", {3, 2, 1}},
          {"labels", {0, 1, 1}}}},
        {"latent", {{"rows", 3}, {"divergences", {0.5, 2.0}}, {"variances_of_means", {0.25, 1.0}}}},
        {"jacobian", {{"rows", 3}, {"singular_values", {4.0, 0.5}}}}}}};
}

inline void put_run(const std::filesystem::path& folder, const Json& record = run_record()) {
  for (const auto& [file, value] : record.items()) {
    if (!value.is_array()) {
      put_json(folder / file, value);
      continue;
    }
    std::filesystem::create_directories(folder);
    std::string lines;
    for (const auto& line : value) lines += line.dump() + "\n";
    put_file(folder / file, lines);
  }
  std::filesystem::create_directories(folder / "summary");
  for (const auto* name : {"inputs", "reconstructions"})
    put_file(folder / "summary" / (std::string(name) + ".png"), small_picture());
  put_file(folder / "log.txt", "phase \"train\" begins\n");
}

/// comparison.json of two variants under two seeds.
inline Json comparison_results() {
  const auto run = [](const std::string& id, int seed) {
    return Json{{"seed", seed}, {"id", id},   {"state", "completed"}, {"parameters", 20},
                {"epochs", 2},  {"steps", 8}, {"seconds", seed}};
  };
  const auto row = [](const std::string& variant, double mean, bool best) {
    return Json{{"variant", variant},
                {"n", 2},
                {"mean", mean},
                {"deviation", 0.01},
                {"interval", {mean - 0.1, mean + 0.1}},
                {"worst", mean + 0.01},
                {"best", best},
                {"level", "decided"},
                {"reason", "significant"},
                {"sentence", variant + (best ? " leads." : " is worse.")},
                {"pareto_optimal", {{"parameters", best}}},
                {"values", {mean - 0.01, mean + 0.01}}};
  };
  auto better = row("sparse", 0.2, true);
  better["against_baseline"] = {
      {"n", 2}, {"mean", -0.1}, {"interval", {-0.2, -0.01}}, {"p_holm", 0.01}, {"effect", -2.0}};
  const auto costs = [](double low, double high) {
    const auto range = [](double from, double to) {
      return Json{{"mean", (from + to) / 2}, {"low", from}, {"high", to}};
    };
    return Json{{"parameters", range(20, 20)},
                {"epochs", range(2, 2)},
                {"steps", range(8, 8)},
                {"seconds", range(low, high)}};
  };
  return {{"format", 2},
          {"name", "which"},
          {"seeds", {1, 2}},
          {"baseline", "dense"},
          {"part", "test"},
          {"significance", 0.05},
          {"levels", {{"decided", "all differ"}, {"not judged", "nothing is known"}}},
          {"best", "what is decided"},
          {"counts", {{"planned", 4}, {"completed", 4}}},
          {"excluded", ""},
          {"metric", "reconstruction/mse"},
          {"verdict", "sparse leads. sparse is lower (better). Two seeds are few."},
          {"summary", "sparse leads."},
          {"details", {"sparse is lower (better)."}},
          {"caveats", {"Two seeds are few."}},
          {"excluded_runs", Json::array()},
          {"variants",
           {{{"name", "dense"},
             {"settings", Json::object()},
             {"closed_form", false},
             {"code", 4},
             {"costs", costs(1, 2)},
             {"runs", {run("dense/seed-1", 1), run("dense/seed-2", 2)}}},
            {{"name", "sparse"},
             {"settings", {{"model.variant", "sparse"}}},
             {"closed_form", false},
             {"code", 2},
             {"costs", costs(1, 2)},
             {"still_improving", {{"runs", 1}, {"of", 2}}},
             {"runs", {run("sparse/seed-1", 1), run("sparse/seed-2", 2)}}}}},
          {"measures",
           {{{"name", "reconstruction/mse"},
             {"definition", "mean of squares"},
             {"better", "lower"},
             {"version", 1},
             {"claim",
              {{"leader", "sparse"},
               {"level", "decided"},
               {"reason", "significant"},
               {"sentence", "sparse leads."},
               {"explanation", "The difference from dense is significant."},
               {"counts", {{"significant", 1}, {"not_applicable", 0}}}}},
             {"rows", {row("dense", 0.3, false), better}}}}},
          {"robustness",
           {{"trained_with", {"dense", "sparse"}},
            {"tested_with", {"clean", "masking"}},
            {"mean", {{0.1, 0.2}, {0.3, nullptr}}}}}};
}

inline void put_comparison(const std::filesystem::path& folder, const Json& results = comparison_results()) {
  put_json(folder / "comparison.json", results);
  put_json(folder / "config.json", {{"name", "which"},
                                    {"variants", {{{"name", "dense"}}, {{"name", "sparse"}}}},
                                    {"base", {{"data", {{"source", "digits"}}}}}});
  put_json(folder / "environment.json", {{"aelab", "0.1.0"}, {"time", "2026-01-02T03:04:05Z"}});
  for (const auto* variant : {"dense", "sparse"})
    for (const auto* seed : {"seed-1", "seed-2"})
      put_run(folder / "runs" / variant / seed, run_record(variant));
}

}  // namespace aelab
