// The metrics that aelab brings: one line each.

#include "aelab/evaluation/metrics/accuracy.h"
#include "aelab/evaluation/metrics/clustering.h"
#include "aelab/evaluation/metrics/code_statistics.h"
#include "aelab/evaluation/metrics/image_quality.h"
#include "aelab/evaluation/metrics/probe.h"
#include "aelab/evaluation/metrics/reconstruction.h"

namespace aelab {

Registry<Metric>& Metric::registry() {
  static auto registry = Registry<Metric>("metric", "metrics", "kind")
                             .add<Reconstruction>()
                             .add<ImageQuality>()
                             .add<CodeStatistics>()
                             .add<Accuracy>()
                             .add<Probe>()
                             .add<Clustering>();
  return registry;
}

}  // namespace aelab
