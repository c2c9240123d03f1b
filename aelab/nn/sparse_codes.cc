#include "aelab/nn/sparse_codes.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "aelab/nn/largest.h"
#include "aelab/nn/layers.h"
#include "aelab/nn/sparse_kernels.h"
#include "aelab/nn/work.h"

namespace aelab {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// x w^T
at::Tensor product(const at::Tensor& x, const at::Tensor& w) { return linear(x, w, at::Tensor()); }

bool is_plain(const at::Tensor& x) { return x.is_cpu() && x.scalar_type() == at::kFloat; }

/// Calls `work(i)` for i < count, in threads where there is enough work: `each` multiply-adds in one.
template <class Work>
void in_threads(std::int64_t count, std::int64_t each, Work work) {
  constexpr std::int64_t kGrain = 65536;  // multiply-adds that are worth a thread
  at::parallel_for(0, count, std::max<std::int64_t>(1, kGrain / std::max<std::int64_t>(1, each)),
                   [&](auto begin, auto end) {
                     for (auto i = begin; i < end; ++i) work(i);
                   });
}

/// A sparse matrix by rows, with plain values.
struct SparseRows {
  at::Tensor offsets;  ///< [rows + 1]
  at::Tensor columns;  ///< [count]
  at::Tensor values;   ///< [count]

  std::int64_t rows() const { return offsets.size(0) - 1; }
  std::int64_t mean_length() const { return columns.size(0) / std::max<std::int64_t>(1, rows()); }
};

SparseRows rows_of(const at::Tensor& places, const at::Tensor& offsets, const at::Tensor& values) {
  return {offsets.contiguous(), places.select(0, 1).contiguous(), values.contiguous()};
}

/// Its transpose with `columns` rows, whose elements are in the order of its rows.
SparseRows transposed_rows(const SparseRows& matrix, std::int64_t columns) {
  SparseRows result{at::zeros({columns + 1}, matrix.offsets.options()), at::empty_like(matrix.columns),
                    at::empty_like(matrix.values)};
  const auto* from = matrix.offsets.const_data_ptr<std::int64_t>();
  const auto* column = matrix.columns.const_data_ptr<std::int64_t>();
  const auto* value = matrix.values.const_data_ptr<float>();
  auto* to = result.offsets.mutable_data_ptr<std::int64_t>();
  for (std::int64_t i = 0; i < matrix.columns.size(0); ++i) ++to[column[i] + 1];
  for (std::int64_t c = 0; c < columns; ++c) to[c + 1] += to[c];
  std::vector<std::int64_t> next(to, to + columns);
  auto* row = result.columns.mutable_data_ptr<std::int64_t>();
  auto* moved = result.values.mutable_data_ptr<float>();
  for (std::int64_t r = 0; r < matrix.rows(); ++r)
    for (auto i = from[r]; i < from[r + 1]; ++i) {
      const auto at = next[static_cast<std::size_t>(column[i])]++;
      row[at] = r;
      moved[at] = value[i];
    }
  return result;
}

/// The sparse matrix times a dense one [columns, width], on each of whose results `finish(row, result)` is
/// called.
template <class Finish>
at::Tensor sparse_product(const SparseRows& matrix, const at::Tensor& dense, Finish finish) {
  const auto width = dense.size(1);
  const auto right = dense.contiguous();
  auto result = at::empty({matrix.rows(), width}, right.options());
  const auto* offset = matrix.offsets.const_data_ptr<std::int64_t>();
  const auto* column = matrix.columns.const_data_ptr<std::int64_t>();
  const auto* value = matrix.values.const_data_ptr<float>();
  const auto* from = right.const_data_ptr<float>();
  auto* to = result.mutable_data_ptr<float>();
  in_threads(matrix.rows(), (1 + matrix.mean_length()) * width, [&](auto r) {
    sparse::chosen().combine(to + r * width, nullptr, value + offset[r], from, column + offset[r],
                             offset[r + 1] - offset[r], width);
    finish(r, to + r * width);
  });
  return result;
}

at::Tensor sparse_product(const SparseRows& matrix, const at::Tensor& dense) {
  return sparse_product(matrix, dense, [](auto, auto) {});
}

/// left[r] . right[c] for each element (r, c) of the matrix: [count].
at::Tensor products_at(const SparseRows& matrix, const at::Tensor& left, const at::Tensor& right) {
  const auto width = left.size(1);
  const auto rows = left.contiguous(), vectors = right.contiguous();
  auto result = at::empty({matrix.columns.size(0)}, rows.options());
  const auto* offset = matrix.offsets.const_data_ptr<std::int64_t>();
  const auto* column = matrix.columns.const_data_ptr<std::int64_t>();
  const auto *row = rows.const_data_ptr<float>(), *vector = vectors.const_data_ptr<float>();
  auto* to = result.mutable_data_ptr<float>();
  in_threads(matrix.rows(), (1 + matrix.mean_length()) * width, [&](auto r) {
    sparse::chosen().dots(to + offset[r], row + r * width, vector, column + offset[r],
                          offset[r + 1] - offset[r], width);
  });
  return result;
}

/// The norms of the vectors [n, features]: [n].
at::Tensor norms_of(const at::Tensor& vectors) {
  const auto rows = vectors.contiguous();
  const auto width = rows.size(1);
  auto norms = at::empty({rows.size(0)}, rows.options());
  const auto* row = rows.const_data_ptr<float>();
  auto* to = norms.mutable_data_ptr<float>();
  in_threads(rows.size(0), width,
             [&](auto i) { to[i] = std::sqrt(sparse::chosen().squared_norm(row + i * width, width)); });
  return norms;
}

/// values_at() whose gradient is sparse, unless it is to be differentiated again.
class ValuesAt : public torch::autograd::Function<ValuesAt> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& places,
                            const at::Tensor& flat) {
    context->save_for_backward({places, flat});
    context->saved_data["shape"] = x.sizes().vec();
    return x.reshape(-1).gather(0, flat);
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const auto shape = context->saved_data["shape"].toIntVector();
    const auto& gradient = gradients[0];
    if (at::GradMode::is_enabled())
      return {at::zeros({shape[0] * shape[1]}, gradient.options()).scatter(0, saved[1], gradient).view(shape),
              {},
              {}};
    return {at::_sparse_coo_tensor_unsafe(saved[0], gradient, shape, gradient.options().layout(at::kSparse),
                                          /*is_coalesced=*/true),
            {},
            {}};
  }
};

/// combine() by LibTorch's operators.
at::Tensor combined_densely(const ActiveElements& active, const at::Tensor& vectors, bool normalized) {
  return product(dense(active), (normalized ? unit_rows(vectors) : vectors).t());
}

class Combine : public torch::autograd::Function<Combine> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& values, const at::Tensor& vectors,
                            const at::Tensor& places, const at::Tensor& offsets, bool normalized) {
    const auto norms = normalized ? norms_of(vectors) : at::Tensor();
    context->save_for_backward({values, vectors, places, offsets, norms});
    return sparse_product(scaled_rows(places, offsets, values, norms), vectors);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const auto &values = saved[0], &vectors = saved[1], &places = saved[2], &offsets = saved[3],
               &norms = saved[4];
    variable_list results(5);
    const ActiveElements active{
        .places = places, .offsets = offsets, .values = values, .width = vectors.size(0)};
    const auto g = gradients[0].contiguous();
    if (at::GradMode::is_enabled()) {
      const auto used = norms.defined() ? unit_rows(vectors) : vectors;
      if (context->needs_input_grad(0)) results[0] = values_at(product(g, used), active);
      if (context->needs_input_grad(1)) {
        const auto by_used = product(dense(active).t(), g.t());
        results[1] = norms.defined() ? (by_used - (by_used * used).sum(1, true) * used) /
                                           vectors.norm(2, 1, /*keepdim=*/true)
                                     : by_used;
      }
      return results;
    }
    const auto rows = scaled_rows(places, offsets, values, norms);
    if (context->needs_input_grad(0)) {
      results[0] = products_at(rows, g, vectors);
      if (norms.defined()) results[0] = results[0] / norms.gather(0, places.select(0, 1));
    }
    if (context->needs_input_grad(1)) results[1] = vector_gradient(rows, g, vectors, norms);
    return results;
  }

 private:
  /// The elements, divided by the norms of their vectors if these are defined.
  static SparseRows scaled_rows(const at::Tensor& places, const at::Tensor& offsets, const at::Tensor& values,
                                const at::Tensor& norms) {
    return rows_of(places, offsets, norms.defined() ? values / norms.gather(0, places.select(0, 1)) : values);
  }

  /// The sums over rows of value g; where vectors are divided by their norms, less what is parallel to them.
  static at::Tensor vector_gradient(const SparseRows& rows, const at::Tensor& g, const at::Tensor& vectors,
                                    const at::Tensor& norms) {
    const auto by_vector = transposed_rows(rows, vectors.size(0));
    if (!norms.defined()) return sparse_product(by_vector, g);
    const auto all = vectors.contiguous();
    const auto width = all.size(1);
    const auto *vector = all.const_data_ptr<float>(), *norm = norms.const_data_ptr<float>();
    return sparse_product(by_vector, g, [&](std::int64_t c, float* gradient) {
      if (norm[c] == 0) return;
      float parallel = 0;
      sparse::chosen().dots(&parallel, gradient, vector, &c, 1, width);
      parallel = -parallel / (norm[c] * norm[c]);
      add_to(gradient, parallel, vector + c * width, width);
    });
  }
  static void add_to(float* to, float factor, const float* row, std::int64_t width) {
    for (std::int64_t j = 0; j < width; ++j) to[j] += factor * row[j];
  }
};

}  // namespace

at::Tensor values_at(const at::Tensor& x, const ActiveElements& places, bool sparse_gradient) {
  const auto flat = flat_places(places);
  const bool is_sparse = sparse_gradient && is_plain(x) && x.dim() == 2;
  return is_sparse ? ValuesAt::apply(x, places.places, flat) : x.reshape(-1).gather(0, flat);
}

at::Tensor dense(const ActiveElements& active) {
  const auto rows = active.rows();
  return at::zeros({rows * active.width}, active.values.options())
      .scatter(0, flat_places(active), active.values)
      .view({rows, active.width});
}

at::Tensor combine(const ActiveElements& active, const at::Tensor& vectors, bool normalized) {
  if (!is_plain(active.values) || !is_plain(vectors)) return combined_densely(active, vectors, normalized);
  count_multiply_adds(active.values.numel() * vectors.size(1), active.values.requires_grad(),
                      vectors.requires_grad());
  return Combine::apply(active.values, vectors, active.places, active.offsets, normalized);
}

at::Tensor unit_rows(const at::Tensor& vectors) { return vectors / vectors.norm(2, 1, /*keepdim=*/true); }

at::Tensor sums_of_norms(const at::Tensor& vectors, at::IntArrayRef blocks) {
  if (blocks.empty()) return vectors.norm(2, 1);
  at::Tensor sum;
  for (const auto& block : vectors.split_with_sizes(blocks, 1)) {
    const auto norms = block.norm(2, 1);
    sum = sum.defined() ? sum + norms : norms;
  }
  return sum;
}

void normalize_rows(const at::Tensor& vectors) {
  const at::NoGradGuard no_grad;
  const auto norms = is_plain(vectors) ? norms_of(vectors).unsqueeze(1) : vectors.norm(2, 1, true);
  vectors.div_(at::where(norms > 0, norms, 1));
}

namespace {

class EncodeForSparse : public torch::autograd::Function<EncodeForSparse> {
 public:
  using Optional = const std::optional<at::Tensor>&;
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
                            Optional bias, Optional center, Optional scale) {
    const auto input = center ? x.detach() - center->detach() : x.detach();
    auto y = linear(input, weight.detach(), bias ? bias->detach() : at::Tensor());
    if (scale) y.mul_(scale->detach());
    context->save_for_backward({x, weight, bias.value_or(at::Tensor()), center.value_or(at::Tensor()),
                                scale.value_or(at::Tensor()), scale ? y : at::Tensor()});
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const Saved all{saved[0], saved[1], saved[2], saved[3], saved[4], saved[5]};
    const auto& g = gradients[0];
    return g.is_sparse() ? by_sparse(*context, all, g.coalesce()) : by_dense(*context, all, g);
  }

 private:
  struct Saved {
    at::Tensor x, weight, bias, center, scale, y;
    at::Tensor input() const { return center.defined() ? x - center : x; }
  };
  /// Which of forward()'s tensors need a gradient. Autograd numbers those that are defined.
  struct Needs {
    bool x, weight, bias, center, scale;
    Needs(const AutogradContext& context, const Saved& saved)
        : x(context.needs_input_grad(0)), weight(context.needs_input_grad(1)) {
      std::size_t next = 2;
      const auto needs = [&](const at::Tensor& optional) {
        return optional.defined() && context.needs_input_grad(next++);
      };
      bias = needs(saved.bias);
      center = needs(saved.center);
      scale = needs(saved.scale);
    }
  };

  static variable_list by_dense(AutogradContext& context, const Saved& saved, const at::Tensor& gradient) {
    variable_list results(5);
    const Needs needs(context, saved);
    const auto g = saved.scale.defined() ? gradient * saved.scale : gradient;
    at::Tensor by_input;
    if (needs.x || needs.center) by_input = product(g, saved.weight.t());
    if (needs.x) results[0] = by_input;
    if (needs.weight) results[1] = product(g.t(), saved.input().t());
    if (needs.bias) results[2] = g.sum(0);
    if (needs.center) results[3] = -by_input.sum(0);
    if (needs.scale) results[4] = (gradient * saved.y).sum(0) / saved.scale;
    return results;
  }

  /// The sum of the values in each column: [width].
  static at::Tensor sums_by_column(const at::Tensor& columns, const at::Tensor& values, std::int64_t width) {
    return at::zeros({width}, values.options()).scatter_add_(0, columns, values);
  }

  static variable_list by_sparse(AutogradContext& context, const Saved& saved, const at::Tensor& gradient) {
    variable_list results(5);
    const Needs needs(context, saved);
    const auto width = saved.weight.size(0), rows = gradient.size(0);
    const auto places = gradient.indices(), columns = places.select(0, 1).contiguous();
    const auto raw = gradient.values();
    const auto values = saved.scale.defined() ? raw * saved.scale.gather(0, columns) : raw;
    const auto by_row = rows_of(places, offsets_of(places.select(0, 0), rows), values);
    const auto sums = sums_by_column(columns, values, width);
    if (needs.x) results[0] = sparse_product(by_row, saved.weight);
    if (needs.weight) {
      results[1] = sparse_product(transposed_rows(by_row, width), saved.input());
      count_multiply_adds(values.numel() * saved.weight.size(1), false, false);
    }
    if (needs.bias) results[2] = sums;
    if (needs.center) results[3] = -at::mv(saved.weight.t(), sums);
    if (needs.scale) {
      const auto y = saved.y.reshape(-1).gather(0, places.select(0, 0) * width + columns);
      results[4] = sums_by_column(columns, raw * y, width) / saved.scale;
    }
    return results;
  }

  /// Where the elements of each row begin, of rows in ascending order: [rows + 1].
  static at::Tensor offsets_of(const at::Tensor& row_of_each, std::int64_t rows) {
    auto offsets = at::zeros({rows + 1}, row_of_each.options());
    const auto in_order = row_of_each.contiguous();
    const auto* row = in_order.const_data_ptr<std::int64_t>();
    auto* to = offsets.mutable_data_ptr<std::int64_t>();
    for (std::int64_t i = 0; i < in_order.size(0); ++i) ++to[row[i] + 1];
    for (std::int64_t r = 0; r < rows; ++r) to[r + 1] += to[r];
    return offsets;
  }
};

std::optional<at::Tensor> optional_of(const at::Tensor& x) {
  return x.defined() ? std::optional(x) : std::nullopt;
}

}  // namespace

at::Tensor encode_for_sparse(const at::Tensor& x, const SparseEncoder& encoder) {
  return EncodeForSparse::apply(x, encoder.weight, optional_of(encoder.bias), optional_of(encoder.center),
                                optional_of(encoder.scale));
}

}  // namespace aelab
