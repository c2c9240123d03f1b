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

/// The exact method for these parts: closed form or propagation where the encoder is dense layers and the
/// bottleneck has a slope, else autograd.
JacobianMethod exact_jacobian_method(const Parts& parts);

/// Whether the code has a Jacobian: codes from a finite set have none.
bool has_jacobian(const Parts& parts);
/// Throws a FieldError of the owner of `user`, a penalty that needs it in training, if it has none or is not
/// that of a row alone.
void require_jacobian(const Parts& parts, std::string_view user);

/// "closed form for one dense layer", ...
std::string in_words(JacobianMethod method);

// The code is the bottleneck's deterministic reading of the pre-code. `step` is the pass's own.

/// ||J||_F^2 of each sample, [batch], exact, differentiable by the parameters. The method autograd needs a
/// pass.input that requires gradients.
Tensor squared_jacobian_norm(const Pass& pass, const Parts& parts, const Step& step = {});

/// Its estimate: the mean over `directions` random signs v of ||v^T J||^2, [batch]. Needs a pass.input that
/// requires gradients.
Tensor estimated_jacobian_norm(const Pass& pass, std::int64_t directions, const Parts& parts,
                               const Step& step = {});

/// ||J(x) - J(y)||_F^2 of each pair of samples, [batch], exact, differentiable by the parameters. The method
/// autograd needs inputs that require gradients.
Tensor squared_jacobian_distance(const Pass& at_x, const Pass& at_y, const Parts& parts,
                                 const Step& step = {});

/// J itself at x, [batch, code, input], both flattened, at a step outside training: the product of the layers
/// of a dense encoder, by autograd otherwise. Not differentiable; works in inference mode too.
Tensor jacobian(const Parts& parts, const Tensor& x, const Step& step = {});

}  // namespace aelab
