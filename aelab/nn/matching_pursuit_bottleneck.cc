#include "aelab/nn/matching_pursuit_bottleneck.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "aelab/nn/largest.h"
#include "aelab/nn/layers.h"
#include "aelab/nn/sparse_codes.h"

namespace aelab {
namespace {

/// What a pursuit chooses in each of k turns.
struct Choices {
  Tensor columns;  ///< int64 [batch, k]
  Tensor counted;  ///< bool [batch, k]: before the row is done
  Tensor code;     ///< [batch, elements]
};

/// The products of vectors [elements, features] with each other, [elements, elements], by which a turn reads
/// and changes one row of products for each row, instead of multiplying; undefined where making them is more
/// work than the turns of so many rows, or takes too much memory.
Tensor products_among(const Tensor& vectors, std::int64_t k, std::int64_t rows) {
  constexpr std::int64_t kMostElements = 8192;  // 256 MiB
  const auto elements = vectors.size(0);
  if (elements > std::min(kMostElements, k * rows)) return {};
  return linear(vectors, vectors, Tensor());
}

/// The choices by products [batch, elements] of rows with vectors [elements, features], without gradients;
/// `energy` [batch] are the squared norms of the rows, where a residual's norm below `residual` ends a row.
Choices choose_in_turn(const Tensor& products, const Tensor& vectors, std::int64_t k, const Tensor& energy,
                       double residual) {
  const at::NoGradGuard no_grad;
  const auto d = vectors.detach().contiguous(), among = products_among(d, k, products.size(0));
  auto left = products.detach().clone();
  auto code = at::zeros_like(left), done = at::zeros({left.size(0)}, left.options().dtype(at::kBool));
  auto rest = energy.defined() ? energy.detach() : Tensor();
  std::vector<Tensor> columns, counted;
  for (std::int64_t turn = 0; turn < k; ++turn) {
    const auto [largest, column] = left.max(1, /*keepdim=*/true);
    const auto counts = done.logical_not();
    const auto value = largest.relu() * counts.unsqueeze(1);
    const auto again = code.gather(1, column).squeeze(1) > 0;
    columns.push_back(column.squeeze(1));
    counted.push_back(counts);
    code.scatter_add_(1, column, value);
    done = done | again | (value.squeeze(1) <= 0);
    if (turn + 1 == k) break;
    if (rest.defined()) {  // |r - v d|^2, where v is r . d
      const auto norms = d.index_select(0, columns.back()).square().sum(1);
      rest = rest - value.squeeze(1).square() * (2 - norms);
      done = done | (rest < residual * residual);
    }
    if (among.defined())
      left.addcmul_(among.index_select(0, columns.back()), value, -1);
    else
      left.sub_(linear(value * d.index_select(0, columns.back()), d, Tensor()));
  }
  return {at::stack(columns, 1), at::stack(counted, 1), code};
}

/// The solution v [batch, k] of v + lower v = b by forward substitution, where `lower` [batch, k, k] has
/// nothing on the diagonal and above.
Tensor substituted(const Tensor& lower, const Tensor& b) {
  auto left = b;
  std::vector<Tensor> values;
  for (std::int64_t turn = 0; turn < b.size(1); ++turn) {
    values.push_back(left.select(1, turn));
    left = left - lower.select(2, turn) * values.back().unsqueeze(1);
  }
  return at::stack(values, 1);
}

}  // namespace

void MatchingPursuitBottleneck::Config::fields(Fields& f) {
  f("k", k, "number of elements that are chosen, at most", between(1, kWidest))
      .also_known_as({"max_iterations", "n_active", "num_active", "l0", "k_sparse"});
  f("residual", residual, "norm of the residual below which a row is done", at_least(0))
      .also_known_as({"residual_threshold", "tol", "tolerance"});
}

Shape MatchingPursuitBottleneck::pre_code_shape(const Shape& code) const {
  auto shape = code;
  if (config_.residual > 0 && !shape.empty()) ++shape.front();
  return shape;
}

void MatchingPursuitBottleneck::build(const Shape& code, std::int64_t /*seed*/) {
  code_ = code;
  if (config_.k > elements(code))
    throw FieldError("k", "is more than the " + std::to_string(elements(code)) +
                              " elements to choose from; the code is " + to_string(code));
  if (!encoder_.dictionary || !encoder_.dictionary().vectors.defined())
    throw FieldError("../backbone",
                     "matching-pursuit needs a decoder that is linear in the code: choose \"dictionary\", or "
                     "\"dense\" without hidden layers");
  if (config_.residual > 0 && !encoder_.encodes_by_dictionary)
    throw FieldError(
        "residual",
        "needs pre-codes that are the products with the dictionary's vectors: choose the backbone "
        "\"dictionary\" with \"tied\": true and \"bias\": false, or leave it out");
}

ActiveElements MatchingPursuitBottleneck::pursue(const Tensor& pre_code) const {
  const auto vectors = encoder_.dictionary().vectors;
  const auto width = vectors.size(0), batch = pre_code.size(0);
  const bool is_whole = pre_code.size(1) == width;
  const auto products = is_whole ? pre_code : pre_code.narrow(1, 0, width);
  const auto choices = choose_in_turn(products, vectors, config_.k,
                                      is_whole ? Tensor() : pre_code.select(1, width), config_.residual);
  auto active = largest_of_rows(choices.code, config_.k);  // the chosen ones, and zeros where they are fewer
  const auto columns = active.places.select(0, 1).view({batch, config_.k, 1});
  const auto turns = ((columns == choices.columns.unsqueeze(1)) & choices.counted.unsqueeze(1))
                         .to(products.scalar_type());  // [batch, place, turn]
  // The values v solve v_t + sum_{s < t} v_s (d_s . d_t) = x . d_t.
  const auto chosen = vectors.index_select(0, choices.columns.flatten()).view({batch, config_.k, -1});
  const auto among = at::bmm(chosen, chosen.transpose(1, 2)).tril(-1);
  const auto first = values_at(products, active, is_whole && encoder_.takes_sparse_gradients);
  const auto in_turn = at::bmm(turns.transpose(1, 2), first.view({batch, config_.k, 1})).squeeze(2);
  active.values = at::bmm(turns, substituted(among, in_turn).unsqueeze(2)).flatten().relu();
  return active;
}

Tensor MatchingPursuitBottleneck::whole(const ActiveElements& active) const {
  auto shape = code_;
  shape.insert(shape.begin(), active.rows());
  return dense(active).view(shape);
}

Tensor MatchingPursuitBottleneck::read(const Tensor& pre_code, const Step&) const {
  return whole(pursue(pre_code.flatten(1)));
}

void MatchingPursuitBottleneck::code(Pass& pass, const Step&) const {
  pass.active = pursue(pass.pre_code.flatten(1));
  pass.code = whole(pass.active);
}

}  // namespace aelab
