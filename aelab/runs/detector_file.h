#pragma once

#include <filesystem>

#include "aelab/evaluation/detector.h"
#include "aelab/runs/trained_model.h"

namespace aelab {

/// Writes a detector as a safetensors file: the state of its score and the scores that thresholds are chosen
/// by, each tensor with its type and a checksum, and as metadata "score" the score's config and "model" the
/// CRC-32 of the weights of the model that it belongs to; "points" where scores are those of points.
void write_detector(const std::filesystem::path& path, const Detector& detector, const Autoencoder& model);

/// Reads a detector of this model, which must outlive it: it gives the same scores and thresholds as the one
/// that was written. Throws an Error if the file is corrupted, is none of a detector, or is of another model.
Detector read_detector(const std::filesystem::path& path, const Autoencoder& model);

/// Where a run's folder keeps the detector of this score and of these weights:
/// detectors/<score>-<checksum>.safetensors.
std::filesystem::path detector_path(const std::filesystem::path& folder, const Choice<AnomalyScore>& score,
                                    const Autoencoder& model);

/// A detector for the model of a run's folder, by the reconstruction error if no score is chosen: the one
/// that the folder has, or one that is fitted to the run's training rows, which must be there then, and kept.
/// `checkpoint` is the one of the model.
Detector open_detector(const std::filesystem::path& folder, const TrainedModel& model,
                       Choice<AnomalyScore> score = {}, Which checkpoint = Which::best);

}  // namespace aelab
