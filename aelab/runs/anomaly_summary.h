#pragma once

#include <filesystem>

#include "aelab/runs/made.h"

namespace aelab {

/// Writes into a run's folder, where its evaluation has the metric "anomaly" and test rows have labels:
///
///     detectors/            the detectors of the metric's scores (runs/detector_file.h)
///     summary/anomaly.json  of each score that applies, on the test split: its measures with 95 % intervals;
///                           histograms of the scores of normal and of other rows, over the logarithm to base
///                           10 where "logarithmic"; numbers of rows, medians and shares above the threshold
///                           of each class; the same of blocks of normal rows, in the order of their file,
///                           with quartiles; the ROC curve and the precision-recall curve with bands, at the
///                           rates "grid"; the threshold; DeLong's test of whether its area under the ROC
///                           curve is the first score's; the rows with the highest scores, with what features
///                           add most to them and, of rows with up to 12 features, all values in the units of
///                           the source as far as transforms have inverses
///     summary/anomalies-<score>.png   these rows, if they are images, above their reconstructions
///
/// Scores that are NaN or infinite are left out. Failure as write_file's.
void write_anomaly_summary(const std::filesystem::path& folder, const RunConfig& config, const Made& made);

}  // namespace aelab
