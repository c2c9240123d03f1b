#pragma once

#include "aelab/models/autoencoder.h"
#include "aelab/nn/discriminator.h"

namespace aelab {

/// An autoencoder with a discriminator of its codes, trained by two updates in each step: "model", which
/// trains the autoencoder, then "discriminator", which sees what that changed. The gradients of each are
/// taken for its own parameters alone. Validation, and the choice of the best checkpoint, are by the model's.
class WithDiscriminator : public Autoencoder {
 public:
  std::vector<Phase> phases() override;

 protected:
  WithDiscriminator(const AutoencoderConfig& parts, const DiscriminatorConfig& config,
                    const Context& context);

  /// What the discriminator makes of the pass's codes, as a term of the model.
  virtual void add_adversary(const Pass& pass, const Step& step, Terms& terms) const = 0;
  virtual TermOutline adversary() const = 0;
  /// The discriminator's cost for the pass's codes, which have no gradient: of each code, or of the batch.
  virtual Tensor discriminator_cost(const Pass& pass, const Step& step) const = 0;
  virtual Additivity discriminator_additivity() const = 0;

  const Discriminator& discriminator() const { return *discriminator_; }

 private:
  DiscriminatorConfig config_;
  std::shared_ptr<Discriminator> discriminator_;

  Update discriminator_update();
};

}  // namespace aelab
