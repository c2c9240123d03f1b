#pragma once

#include <memory>
#include <vector>

#include "aelab/nn/layers.h"
#include "aelab/nn/parts.h"

namespace aelab {

enum class Cell {
  lstm,  ///< long short-term memory (Hochreiter & Schmidhuber 1997), with a forget gate that is open at first
  gru,   ///< gated recurrent unit (Cho et al. 2014), in PyTorch's form: reset after the product
};
std::span<const std::string_view> names(Cell);

/// A recurrent layer over time. Parameters have the names, the shapes and the order of gates of PyTorch's
/// LSTM and GRU: weight_ih [gates width, in], weight_hh [gates width, width], bias_ih and bias_hh [gates
/// width].
class RecurrentLayer : public torch::nn::Module {
 public:
  RecurrentLayer(Cell cell, std::int64_t in, std::int64_t width, Initialization initialization,
                 Initializer& initializer);
  /// The output of each time step from a state of zeros: [batch, length, in] -> [batch, length, width]. With
  /// `length`, x is [batch, in], the same input of all these time steps.
  Tensor forward(const Tensor& x, std::optional<std::int64_t> length = {}) const;
  std::int64_t width() const { return width_; }

 private:
  Cell cell_;
  std::int64_t width_;
  Tensor weight_ih_, weight_hh_, bias_ih_, bias_hh_;

  /// The new hidden state, and the new cell state in `memory`, from both parts of the gates [batch, gates
  /// width].
  Tensor step(const Tensor& of_input, const Tensor& of_hidden, const Tensor& hidden, Tensor& memory) const;
};

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
