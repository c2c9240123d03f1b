// The kinds of parts that aelab brings: one line each.

#include "aelab/nn/bottlenecks.h"
#include "aelab/nn/bounds.h"
#include "aelab/nn/code_penalties.h"
#include "aelab/nn/convolutional_1d_backbone.h"
#include "aelab/nn/convolutional_backbone.h"
#include "aelab/nn/corruptions.h"
#include "aelab/nn/crosscoder_backbone.h"
#include "aelab/nn/dense_backbone.h"
#include "aelab/nn/dictionary_backbone.h"
#include "aelab/nn/dictionary_penalties.h"
#include "aelab/nn/divergence_parts.h"
#include "aelab/nn/finite_scalar_bottleneck.h"
#include "aelab/nn/flow_prior.h"
#include "aelab/nn/gated_bottleneck.h"
#include "aelab/nn/gaussian_bottleneck.h"
#include "aelab/nn/jump_relu_bottleneck.h"
#include "aelab/nn/lbfgs.h"
#include "aelab/nn/likelihoods.h"
#include "aelab/nn/matching_pursuit_bottleneck.h"
#include "aelab/nn/mixed_likelihood.h"
#include "aelab/nn/mmd_penalty.h"
#include "aelab/nn/multinomial_likelihood.h"
#include "aelab/nn/optimizers.h"
#include "aelab/nn/penalties.h"
#include "aelab/nn/posteriors.h"
#include "aelab/nn/priors.h"
#include "aelab/nn/recurrent_backbone.h"
#include "aelab/nn/residual_backbone.h"
#include "aelab/nn/sparse_bottlenecks.h"
#include "aelab/nn/transcoder_backbone.h"
#include "aelab/nn/vector_quantized_bottleneck.h"

namespace aelab {

Registry<Corruption>& Corruption::registry() {
  static auto registry = Registry<Corruption>("corruption", "corruptions", "kind")
                             .add<NoCorruption>()
                             .add<Masking>()
                             .add<ColumnMasking>()
                             .add<GaussianNoise>()
                             .add<SaltAndPepper>();
  return registry;
}

Registry<Backbone, const BackboneContext&>& Backbone::registry() {
  static auto registry = Registry<Backbone, const BackboneContext&>("backbone", "backbones", "kind")
                             .add<DenseBackbone>()
                             .add<ConvolutionalBackbone>()
                             .add<Convolutional1dBackbone>()
                             .add<RecurrentBackbone>()
                             .add<ResidualBackbone>()
                             .add<DictionaryBackbone>()
                             .add<TranscoderBackbone>()
                             .add<CrosscoderBackbone>();
  return registry;
}

Registry<Bottleneck>& Bottleneck::registry() {
  static auto registry = Registry<Bottleneck>("bottleneck", "bottlenecks", "kind")
                             .add<DeterministicBottleneck>()
                             .add<KSparseBottleneck>()
                             .add<GaussianBottleneck>()
                             .add<VectorQuantizedBottleneck>()
                             .add<FiniteScalarBottleneck>()
                             .add<JumpReluBottleneck>()
                             .add<TopKBottleneck>()
                             .add<AbsoluteTopKBottleneck>()
                             .add<BatchTopKBottleneck>()
                             .add<GatedBottleneck>()
                             .add<MatchingPursuitBottleneck>();
  return registry;
}

Registry<Prior>& Prior::registry() {
  static auto registry = Registry<Prior>("prior", "priors", "kind")
                             .add<StandardPrior>()
                             .add<MixturePrior>()
                             .add<VampPrior>()
                             .add<FlowPrior>();
  return registry;
}

Registry<Posterior>& Posterior::registry() {
  static auto registry = Registry<Posterior>("posterior", "posteriors", "kind")
                             .add<DiagonalPosterior>()
                             .add<InverseAutoregressivePosterior>();
  return registry;
}

Registry<Bound>& Bound::registry() {
  static auto registry = Registry<Bound>("bound", "bounds", "kind")
                             .add<MeanBound>()
                             .add<ImportanceWeightedBound>()
                             .add<DoublyReparameterizedBound>();
  return registry;
}

Registry<Likelihood>& Likelihood::registry() {
  static auto registry = Registry<Likelihood>("likelihood", "likelihoods", "kind")
                             .add<BernoulliLikelihood>()
                             .add<GaussianLikelihood>()
                             .add<HeteroscedasticLikelihood>()
                             .add<MixedLikelihood>()
                             .add<MultinomialLikelihood>();
  return registry;
}

Registry<Penalty>& Penalty::registry() {
  static auto registry = Registry<Penalty>("penalty", "penalties", "kind")
                             .add<L1Penalty>()
                             .add<WeightDecayPenalty>()
                             .add<KlSparsityPenalty>()
                             .add<ContractivePenalty>()
                             .add<ContractiveHessianPenalty>()
                             .add<CodeNormPenalty>()
                             .add<DecoderJacobianPenalty>()
                             .add<MmdPenalty>()
                             .add<TotalCorrelation>()
                             .add<MutualInformation>()
                             .add<DimensionwiseDivergence>()
                             .add<WeightedL1Penalty>()
                             .add<AuxKPenalty>()
                             .add<MatryoshkaPenalty>()
                             .add<GateReconstruction>()
                             .add<PreActivationPenalty>();
  return registry;
}

Registry<Optimizer, const NamedTensors&>& Optimizer::registry() {
  static auto registry = Registry<Optimizer, const NamedTensors&>("optimizer", "optimizers", "kind")
                             .add<Adam>()
                             .add<AdamW>()
                             .add<Sgd>()
                             .add<RmsProp>()
                             .add<Adadelta>()
                             .add<Lbfgs>();
  return registry;
}

}  // namespace aelab
