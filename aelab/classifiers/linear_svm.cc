#include "aelab/classifiers/linear_svm.h"

#include <ATen/ATen.h>
#include <linear.h>

#include <memory>

#include "aelab/classifiers/sparse_rows.h"

namespace aelab {
namespace {

struct FreeLinear {
  void operator()(::model* fitted) const { ::free_and_destroy_model(&fitted); }
};

/// The weights [classes, columns], rows in the order of the classes.
at::Tensor weights_of(const ::model& fitted, std::int64_t columns) {
  // LIBLINEAR stores one vector, of its first class, for two classes; else [columns, classes].
  const bool two = fitted.nr_class == 2;
  const auto stored = at::from_blob(fitted.w, {columns, two ? 1 : fitted.nr_class}, at::kDouble).t();
  const auto weights = two ? at::cat({stored, -stored}) : stored;
  const auto order = at::from_blob(fitted.label, {fitted.nr_class}, at::kInt).argsort();
  return weights.index_select(0, order);
}

}  // namespace

void LinearSvm::Config::fields(Fields& f) {
  f("C", C, "weight of the errors against the regularisation (|w|^2 + b^2) / 2", above(0));
  f("standardize", standardize, "scale features to mean 0 and standard deviation 1 over the training rows");
}

at::Tensor LinearSvm::solve(const at::Tensor& z, const at::Tensor& labels, std::int64_t /*classes*/,
                            double C) const {
  SparseRows<::feature_node> rows(z);
  auto targets = labels.to(at::kDouble);
  ::problem training{};
  training.l = rows.size();
  training.n = static_cast<int>(z.size(1));
  training.y = targets.data_ptr<double>();
  training.x = rows.data();
  training.bias = -1;  // z has its column of ones
  ::parameter how{};
  how.solver_type = L2R_L2LOSS_SVC;
  how.eps = 1e-4;
  how.C = C;
  ::set_print_string_function([](const char*) {});
  const std::unique_ptr<::model, FreeLinear> fitted(::train(&training, &how));
  return weights_of(*fitted, z.size(1)).clone();
}

}  // namespace aelab
