#pragma once

#include "aelab/classifiers/classifier.h"
#include "aelab/models/autoencoder.h"
#include "aelab/nn/layers.h"

namespace aelab {

enum class FineTuning { none, reconstruction };
std::span<const std::string_view> names(FineTuning);

/// A fully connected network from the code to the classes, with a softmax output.
struct StackNetwork {
  std::vector<std::int64_t> hidden = {};
  Activation activation = Activation::relu;
  std::optional<std::int64_t> epochs = {};

  void fields(Fields& f);
};

/// The stacked autoencoder, with greedy layer-wise pre-training: each layer is an autoencoder of any variant
/// on the clean codes of the layer below (Bengio et al. 2007; Vincent et al. 2010, section 3.5). The default
/// likelihood is Gaussian on codes that may leave [0, 1]. Optionally followed by fine-tuning of the whole
/// stack, with the first layer's corruption and likelihood, the last layer's bottleneck and bound and no
/// penalties; and by a classifier, fitted on the codes, or a network trained with the encoder. Training that
/// network changes the encoder but not the decoder: the model has no reconstructions afterwards.
class Stacked : public Autoencoder {
 public:
  struct Config {
    static constexpr std::string_view kind = "stacked";
    static constexpr std::string_view summary =
        "greedy layer-wise pre-training, then fine-tuning or classification";
    static constexpr std::string_view also_known_as[] = {"greedy", "layer-wise", "sdae", "deep-belief"};
    static constexpr std::string_view terms[] = {"classification", "error"};
    std::vector<Choice<Autoencoder>> layers = {};
    std::optional<std::int64_t> layer_epochs = {};
    FineTuning fine_tuning = FineTuning::none;
    std::optional<std::int64_t> fine_tuning_epochs = {};
    std::optional<Choice<Classifier>> classifier = {};
    std::optional<StackNetwork> network = {};

    void fields(Fields& f);
    static std::vector<Config> examples();
  };

  /// Throws an Error if layers do not fit on each other, or a classifier has no classes.
  Stacked(const Config& config, const Context& context);

  /// "layer 1", "layer 2", ..., "fine-tuning", "classifier", those that the config has.
  std::vector<Phase> phases() override;
  std::vector<std::string> methods() const override;
  std::vector<std::shared_ptr<Autoencoder>> layers() const override { return layers_; }
  bool reconstructs() const override { return !config_.network; }
  bool classifies() const override { return config_.network || is_fitted_; }
  Tensor classify(const Tensor& x) const override;
  NamedTensors fitted() const override;
  void load_fitted(const NamedTensors& state) override;

 private:
  using Layers = std::vector<std::shared_ptr<Autoencoder>>;

  Config config_;
  Layers layers_;
  std::int64_t classes_, seed_;
  std::vector<std::shared_ptr<Affine>> network_;
  std::shared_ptr<Classifier> classifier_;
  bool is_fitted_ = false;

  Stacked(const Config& config, const Context& context, Layers layers);
  static Layers make_layers(const Config& config, const Context& context);
  void make_network(const Context& context);

  Tensor encode_below(std::size_t layer, const Tensor& x) const;
  Dataset codes_below(std::size_t layer, const Dataset& data) const;
  Phase on_codes_below(std::size_t layer, Phase phase) const;
  Phase network_phase();
  Phase classifier_phase();
  Tensor logits(const Tensor& code) const;
};

}  // namespace aelab
