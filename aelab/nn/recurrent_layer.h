#pragma once

#include <torch/nn/module.h>

#include <optional>
#include <span>
#include <string_view>

#include "aelab/nn/layers.h"

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
  at::Tensor forward(const at::Tensor& x, std::optional<std::int64_t> length = {}) const;
  std::int64_t width() const { return width_; }

 private:
  Cell cell_;
  std::int64_t width_;
  at::Tensor weight_ih_, weight_hh_, bias_ih_, bias_hh_;
};

}  // namespace aelab
