// The built-in metrics, samplers and anomaly scores, one line each.

#include "aelab/evaluation/metrics/accuracy.h"
#include "aelab/evaluation/metrics/anomaly.h"
#include "aelab/evaluation/metrics/classification.h"
#include "aelab/evaluation/metrics/clustering.h"
#include "aelab/evaluation/metrics/code_statistics.h"
#include "aelab/evaluation/metrics/codebook_use.h"
#include "aelab/evaluation/metrics/dictionary.h"
#include "aelab/evaluation/metrics/disentanglement.h"
#include "aelab/evaluation/metrics/frechet.h"
#include "aelab/evaluation/metrics/generation.h"
#include "aelab/evaluation/metrics/image_quality.h"
#include "aelab/evaluation/metrics/jacobian_statistics.h"
#include "aelab/evaluation/metrics/latent_statistics.h"
#include "aelab/evaluation/metrics/likelihood.h"
#include "aelab/evaluation/metrics/pca_gap.h"
#include "aelab/evaluation/metrics/probe.h"
#include "aelab/evaluation/metrics/rate_distortion.h"
#include "aelab/evaluation/metrics/recommendation.h"
#include "aelab/evaluation/metrics/reconstruction.h"
#include "aelab/evaluation/metrics/robustness.h"
#include "aelab/evaluation/metrics/sparse_probe.h"
#include "aelab/evaluation/samplers/autoregressive_sampler.h"
#include "aelab/evaluation/samplers/flow_sampler.h"
#include "aelab/evaluation/samplers/gaussian_samplers.h"
#include "aelab/evaluation/samplers/kernel_sampler.h"
#include "aelab/evaluation/samplers/prior_sampler.h"
#include "aelab/evaluation/scores/density_score.h"
#include "aelab/evaluation/scores/likelihood_score.h"
#include "aelab/evaluation/scores/mahalanobis_score.h"
#include "aelab/evaluation/scores/reconstruction_score.h"

namespace aelab {

Registry<Metric>& Metric::registry() {
  static auto registry = Registry<Metric>("metric", "metrics", "kind")
                             .add<Reconstruction>()
                             .add<ImageQuality>()
                             .add<CodeStatistics>()
                             .add<DictionaryQuality>()
                             .add<Accuracy>()
                             .add<Classification>()
                             .add<Probe>()
                             .add<SparseProbe>()
                             .add<Clustering>()
                             .add<JacobianStatistics>()
                             .add<Robustness>()
                             .add<PcaGap>()
                             .add<Disentanglement>()
                             .add<LikelihoodEstimate>()
                             .add<LatentStatistics>()
                             .add<RateDistortion>()
                             .add<CodebookUse>()
                             .add<Generation>()
                             .add<Frechet>()
                             .add<AnomalyDetection>()
                             .add<Recommendation>();
  return registry;
}

Registry<Sampler>& Sampler::registry() {
  static auto registry = Registry<Sampler>("sampler", "samplers", "kind")
                             .add<PriorSampler>()
                             .add<GaussianSampler>()
                             .add<MixtureSampler>()
                             .add<KernelSampler>()
                             .add<FlowSampler>()
                             .add<AutoregressiveSampler>();
  return registry;
}

Registry<AnomalyScore>& AnomalyScore::registry() {
  static auto registry = Registry<AnomalyScore>("score", "scores", "kind")
                             .add<ReconstructionScore>()
                             .add<LikelihoodScore>()
                             .add<MahalanobisScore>()
                             .add<DensityScore>();
  return registry;
}

}  // namespace aelab
