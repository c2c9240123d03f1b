// The built-in metrics, one line each.

#include "aelab/evaluation/metrics/accuracy.h"
#include "aelab/evaluation/metrics/classification.h"
#include "aelab/evaluation/metrics/clustering.h"
#include "aelab/evaluation/metrics/code_statistics.h"
#include "aelab/evaluation/metrics/image_quality.h"
#include "aelab/evaluation/metrics/jacobian_statistics.h"
#include "aelab/evaluation/metrics/pca_gap.h"
#include "aelab/evaluation/metrics/probe.h"
#include "aelab/evaluation/metrics/reconstruction.h"
#include "aelab/evaluation/metrics/robustness.h"

namespace aelab {

Registry<Metric>& Metric::registry() {
  static auto registry = Registry<Metric>("metric", "metrics", "kind")
                             .add<Reconstruction>()
                             .add<ImageQuality>()
                             .add<CodeStatistics>()
                             .add<Accuracy>()
                             .add<Classification>()
                             .add<Probe>()
                             .add<Clustering>()
                             .add<JacobianStatistics>()
                             .add<Robustness>()
                             .add<PcaGap>();
  return registry;
}

}  // namespace aelab
