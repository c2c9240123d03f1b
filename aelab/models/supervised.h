#pragma once

#include "aelab/models/autoencoder.h"
#include "aelab/nn/layers.h"

namespace aelab {

/// The supervised autoencoder (Le, Patterson & White 2018, "Supervised autoencoders: improving generalization
/// performance with unsupervised regularizers", equation 2): any autoencoder, with a linear layer from the
/// code to the classes. Its objective has, beside the autoencoder's, `weight` times the cross-entropy of the
/// classes, as the term "classification": of each row, in nats, from the bottleneck's reading of its code. A
/// likelihood with a large deviation, whose reconstruction term is nearly constant, leaves a plain
/// classifier. The codes are the features of its last layer.
class Supervised : public Autoencoder {
 public:
  struct Config {
    static constexpr std::string_view kind = "supervised";
    static constexpr std::string_view summary = "any autoencoder, with a linear classifier of the code";
    static constexpr std::string_view also_known_as[] = {"supervised-autoencoder", "classifier", "lenet"};
    static constexpr std::string_view terms[] = {"classification", "error"};
    AutoencoderConfig base = {};
    Schedule weight = 1.0;

    void fields(Fields& f);
    static std::vector<Config> examples();
  };

  static AutoencoderConfig expand(const Config& config);
  /// Throws a FieldError if the data have no labels.
  Supervised(const Config& config, const Context& context);

  std::vector<Phase> phases() override;
  bool classifies() const override { return true; }
  Tensor classify(const Tensor& x) const override { return logits(encode(x)).argmax(1); }
  /// The classes' scores, [batch, ...code] -> [batch, classes]: logarithms of their probabilities but for a
  /// constant of each row.
  Tensor logits(const Tensor& code) const { return head_->forward(code.flatten(1), Activation::linear); }

 private:
  Schedule weight_;
  std::shared_ptr<Affine> head_;

  void add_classification(const Batch& batch, const Pass& pass, const Step& step, Terms& terms) const;
};

}  // namespace aelab
