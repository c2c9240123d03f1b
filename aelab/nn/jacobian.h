#pragma once

#include "aelab/nn/parts.h"

namespace aelab {

/// How the squared Frobenius norm of the encoder's Jacobian d code / d input is computed.
enum class JacobianMethod {
  closed_form,  ///< one dense layer: sum_j s_j^2 sum_i W_ji^2, s the code's slope (Rifai et al. 2011, eq. 7)
  propagation,  ///< deeper dense encoders: products from the code's side, the input's by its Gram matrix
  autograd,     ///< any encoder: one backward pass for each code dimension
  hutchinson,   ///< any encoder: an unbiased estimate from random directions (Hutchinson 1989)
};

/// The exact method for this backbone: closed form, propagation or autograd.
JacobianMethod exact_jacobian_method(const Backbone& backbone);

/// "closed form for one dense layer", ...
std::string in_words(JacobianMethod method);

/// ||J||_F^2 of each sample, [batch], exact, differentiable by the parameters; `step` is the pass's own. The
/// method autograd needs a pass.input that requires gradients.
Tensor squared_jacobian_norm(const Pass& pass, const Parts& parts, const Step& step = {});

/// Its estimate: the mean over `directions` random signs v of ||v^T J||^2, [batch]. As above.
Tensor estimated_jacobian_norm(const Pass& pass, std::int64_t directions, const Noise& noise);

/// ||J(x) - J(y)||_F^2 of each pair of samples, [batch], exact, differentiable by the parameters; `step` is
/// that of both passes.
Tensor squared_jacobian_distance(const Pass& at_x, const Pass& at_y, const Parts& parts,
                                 const Step& step = {});

/// J itself at x, [batch, code, input], both flattened, outside training: the product of the layers of a
/// dense encoder, by autograd otherwise. Not differentiable; works in inference mode too.
Tensor jacobian(const Parts& parts, const Tensor& x);

}  // namespace aelab
