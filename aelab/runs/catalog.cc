#include "aelab/runs/catalog.h"

#include "aelab/classifiers/classifier.h"
#include "aelab/data/sources/synthetic.h"
#include "aelab/evaluation/anomaly_score.h"
#include "aelab/evaluation/sampler.h"
#include "aelab/nn/posterior.h"
#include "aelab/runs/run_config.h"

namespace aelab {

std::vector<const Kinds*> catalog() {
  return {
      &Autoencoder::registry(), &Backbone::registry(),     &Corruption::registry(), &Bottleneck::registry(),
      &Likelihood::registry(),  &Bound::registry(),        &Prior::registry(),      &Posterior::registry(),
      &Penalty::registry(),     &Source::registry(),       &Transform::registry(),  &Distribution::registry(),
      &Optimizer::registry(),   &ScheduleKind::registry(), &Callback::registry(),   &Metric::registry(),
      &Sampler::registry(),     &AnomalyScore::registry(), &Classifier::registry()};
}

}  // namespace aelab
