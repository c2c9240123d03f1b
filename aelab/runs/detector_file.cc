#include "aelab/runs/detector_file.h"

#include <ATen/ATen.h>

#include <nlohmann/json.hpp>

#include "aelab/core/checksum.h"
#include "aelab/core/config.h"
#include "aelab/core/files.h"
#include "aelab/core/json.h"
#include "aelab/core/safetensors.h"
#include "aelab/core/terminal.h"
#include "aelab/evaluation/sampler.h"
#include "aelab/evaluation/scores/reconstruction_score.h"
#include "aelab/runs/initialization.h"
#include "aelab/runs/trained_run.h"
#include "aelab/training/saved_tensors.h"

namespace aelab {
namespace {

namespace fs = std::filesystem;

constexpr const char *kScoreConfig = "score", *kOfModel = "model", *kTrainingScores = "training",
                     *kValidationScores = "validation", *kStrangeRows = "strange", *kOfPoints = "points";
constexpr std::string_view kScoreState = "score/";

/// The tensors of a detector, by their names in its file.
NamedTensors tensors_of(const Detector& detector) {
  NamedTensors tensors = {{kTrainingScores, detector.training}, {kValidationScores, detector.validation}};
  if (detector.strange.defined()) tensors.emplace_back(kStrangeRows, detector.strange);
  for (const auto& [name, tensor] : detector.score->state())
    tensors.emplace_back(std::string(kScoreState) + name, tensor);
  return tensors;
}

void require_scores(const Detector& detector, const fs::path& path) {
  const auto is_list = [](const Tensor& scores) {
    return scores.dim() == 1 && scores.scalar_type() == at::kDouble;
  };
  if (is_list(detector.training) && is_list(detector.validation) && detector.training.numel() > 0 &&
      (!detector.strange.defined() || (detector.strange.scalar_type() == at::kBool &&
                                       detector.strange.sizes() == detector.validation.sizes())))
    return;
  throw Error(path.string() + ": does not have the scores of training and validation rows");
}

}  // namespace

void write_detector(const fs::path& path, const Detector& detector, const Autoencoder& model) {
  SavedTensors saved;
  for (const auto& [name, tensor] : tensors_of(detector)) saved.add(name, tensor);
  Metadata metadata = {{kScoreConfig, write_config(detector.config).dump()},
                       {kOfModel, weights_checksum(model)}};
  if (detector.of_points) metadata[kOfPoints] = "true";
  write_safetensors(path, saved.bytes, metadata);
}

Detector read_detector(const fs::path& path, const Autoencoder& model) {
  const auto file = SafetensorsFile::read(path);
  const auto& metadata = file.metadata();
  const auto config = metadata.find(kScoreConfig), of_model = metadata.find(kOfModel);
  if (config == metadata.end() || of_model == metadata.end() || !file.checked())
    throw Error(path.string() + ": is not a detector that aelab wrote");
  if (of_model->second != weights_checksum(model))
    throw Error(path.string() + ": was fitted to another model, or to another checkpoint of it");
  Detector detector;
  read_config(parse_json(config->second, path.string()), detector.config, path.string());
  NamedTensors all, state;
  for (const auto& tensor : file.tensors()) {
    const auto& name = tensor.name;
    const bool of_score = name.starts_with(kScoreState);
    (of_score ? state : all)
        .emplace_back(of_score ? name.substr(kScoreState.size()) : name, tensor_of(tensor));
  }
  detector.of_points = metadata.contains(kOfPoints);
  detector.training = tensor_named(all, kTrainingScores);
  detector.validation = tensor_named(all, kValidationScores);
  for (const auto& [name, tensor] : all)
    if (name == kStrangeRows) detector.strange = tensor;
  require_scores(detector, path);
  detector.score = detector.config.make();
  detector.score->load(model, state);
  return detector;
}

fs::path detector_path(const fs::path& folder, const Choice<AnomalyScore>& score, const Autoencoder& model) {
  const auto sum = checksum(write_config(score).dump() + weights_checksum(model));
  return folder / "detectors" / (score.kind() + "-" + sum + ".safetensors");
}

Detector open_detector(const fs::path& folder, const TrainedModel& model, Choice<AnomalyScore> score,
                       Which checkpoint) {
  if (score.empty()) score = ReconstructionScore::Config{};
  const auto path = detector_path(folder, score, *model.network());
  std::error_code ignored;
  if (fs::exists(path, ignored)) return read_detector(path, *model.network());
  const auto run = load_trained_run(folder, checkpoint);
  const auto compute = run.compute();
  auto detector = in_field("score", [&] { return fit_detector(*model.network(), run.data, score); });
  try {
    fs::create_directories(path.parent_path());
    write_detector(path, detector, *model.network());
  } catch (const std::exception& error) {
    say("aelab: caution: the detector is not kept, and is fitted again next time: " +
        std::string(error.what()) + "\n");
  }
  return detector;
}

}  // namespace aelab
