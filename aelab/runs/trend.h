#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "aelab/evaluation/metric.h"

namespace aelab {

/// By how large a share a positive loss would shrink over another stretch of training as long as the last
/// one, if it went on as it did there: 1 - exp(slope * k), where k is a fifth of the epochs (rounded up, at
/// least 3), and slope the least-squares slope of log(loss) over the last k epochs. Absent for fewer than
/// three epochs, and where one of the last k losses is not positive or not finite.
std::optional<double> projected_improvement(std::span<const double> losses);

/// A run whose projected improvement is above this was still improving when its training ended.
constexpr double kStillImproving = 0.01;
/// The rule in words.
constexpr const char* kTrendRule =
    "A run counts as still improving if extrapolating its monitored loss over the last 20 % of the epochs "
    "(at "
    "least 3) predicts a further decrease of more than 1 %.";

/// How the training of a completed run ended, by its metrics.jsonl.
struct RunTrend {
  /// Of the monitored metric in the run's last phase; what the checkpoint callback monitors, by default
  /// validation/loss, or train/loss without validation. Absent for closed forms.
  std::optional<double> improvement = {};
  /// The loss of the last epoch, in training, validation or what is monitored, that is NaN or infinite; "" if
  /// none is.
  std::string diverged = {};
};

/// Error when config.json or metrics.jsonl of the run folder cannot be read; nothing is known where there is
/// no metrics.jsonl.
RunTrend read_trend(const std::filesystem::path& folder);

/// Why a run that was trained to its end counts as diverged: "reconstruction/mse is nan", or the loss that
/// `trend` names; "" if it does not. A metric that does not apply has no value.
std::string divergence_of(const RunTrend& trend, const std::vector<Result>& results);

}  // namespace aelab
