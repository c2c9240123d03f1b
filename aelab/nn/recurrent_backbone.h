#pragma once

#include <memory>
#include <vector>

#include "aelab/nn/parts.h"
#include "aelab/nn/recurrent_layer.h"

namespace aelab {

/// Recurrent layers over series [channels, length], with a dense code (Srivastava, Mansimov & Salakhutdinov
/// 2015): a dense layer makes the code of the encoder's state after the last time step; the decoder, whose
/// layers are the encoder's in reverse order, reads the code in every time step, and a dense layer makes the
/// channels of its outputs. By default it begins with the last time step.
class RecurrentBackbone : public Backbone {
 public:
  struct Config {
    static constexpr std::string_view kind = "recurrent";
    static constexpr std::string_view summary = "LSTM or GRU layers over series, and a dense code";
    static constexpr std::string_view also_known_as[] = {"lstm", "gru", "rnn", "lstm-ae", "seq2seq"};
    static constexpr std::string_view capabilities[] = {capability::takes_code, capability::takes_condition};
    Cell cell = Cell::lstm;
    std::vector<std::int64_t> hidden = {64};
    bool reversed = true;
    double dropout = 0;
    Initialization initialization = Initialization::glorot_uniform;

    void fields(Fields& f);
    static std::vector<Config> examples();
    static Shape example_input() { return {2, 11}; }
  };

  RecurrentBackbone(const Config& config, const BackboneContext& context);
  Tensor encode(const Tensor& x, const Step& step) const override;
  Tensor decode(const Tensor& code, const Step& step) const override;
  Shape code_shape() const override { return {code_}; }
  std::vector<LayerOutline> layers() const override;

 private:
  Config config_;
  Shape output_;
  std::int64_t code_;
  std::vector<std::shared_ptr<RecurrentLayer>> encoder_, decoder_;
  std::shared_ptr<Affine> to_code_, to_output_;
};

}  // namespace aelab
