#include "aelab/classifiers/rbf_svm.h"

#include <ATen/ATen.h>
#include <svm.h>

#include <memory>

#include "aelab/classifiers/sparse_rows.h"

namespace aelab {
namespace {

struct FreeSvm {
  void operator()(::svm_model* fitted) const { ::svm_free_and_destroy_model(&fitted); }
};
using FittedSvm = std::unique_ptr<::svm_model, FreeSvm>;

FittedSvm train_svm(::svm_problem& training, double C, double gamma) {
  ::svm_parameter how{};
  how.svm_type = C_SVC;
  how.kernel_type = RBF;
  how.gamma = gamma;
  how.C = C;
  how.eps = 1e-3;
  how.cache_size = 200;  // MiB
  how.shrinking = 1;
  ::svm_set_print_string_function([](const char*) {});
  return FittedSvm(::svm_train(&training, &how));
}

template <class T>
at::Tensor copied(const T* values, std::int64_t count) {
  const std::vector<T> list(values, values + count);
  return at::tensor(list, at::TensorOptions(c10::CppTypeToScalarType<T>::value));
}

/// scikit-learn's gamma="scale"
double usual_gamma(const at::Tensor& z) {
  const double variance = z.var(/*unbiased=*/false).item<double>();
  return variance > 0 ? 1 / (static_cast<double>(z.size(1)) * variance) : 1;
}

}  // namespace

void RbfSvm::Config::fields(Fields& f) {
  f("C", C, "weight of the errors against the regularisation |w|^2 / 2", above(0));
  f("gamma", gamma, "the kernel is exp(-gamma |x - y|^2); 1 / (features * their variance) if omitted",
    above(0));
  f("standardize", standardize, "scale features to mean 0 and standard deviation 1 over the training rows");
  f("rows_limit", rows_limit,
    "the most rows to train on: time grows with the square of the rows or faster, so more is an error",
    at_least(1));
}

void RbfSvm::fit(const at::Tensor& features, const at::Tensor& labels, std::int64_t classes,
                 std::int64_t /*seed*/) {
  check_training_rows(Config::kind, features, labels, classes);
  if (features.size(0) > config_.rows_limit)
    throw Error("rbf-svm: " + std::to_string(features.size(0)) + " rows are more than its rows_limit, " +
                std::to_string(config_.rows_limit) +
                "; take fewer rows, raise rows_limit (time grows with the square of the rows), or take "
                "\"linear-svm\"");
  scale_ = FeatureScale(features, config_.standardize);
  const auto sorted =
      labels.cpu().argsort(/*stable=*/true, 0, false);  // so LIBSVM counts the classes upwards
  const auto z = scale_(features).index_select(0, sorted);
  auto targets = labels.cpu().index_select(0, sorted).to(at::kDouble);
  SparseRows<::svm_node> rows(z);
  ::svm_problem training{rows.size(), targets.data_ptr<double>(), rows.data()};
  gamma_ = at::scalar_tensor(config_.gamma.value_or(usual_gamma(z)), at::kDouble);
  const auto fitted = train_svm(training, config_.C, gamma_.item<double>());

  const std::int64_t k = fitted->nr_class, vectors = fitted->l;
  classes_ = copied(fitted->label, k).to(at::kLong);
  counts_ = copied(fitted->nSV, k).to(at::kLong);
  rho_ = copied(fitted->rho, k * (k - 1) / 2);
  support_vectors_ = z.index_select(0, copied(fitted->sv_indices, vectors).to(at::kLong) - 1);
  std::vector<at::Tensor> coefficients;
  for (std::int64_t i = 0; i < k - 1; ++i) coefficients.push_back(copied(fitted->sv_coef[i], vectors));
  coefficients_ = coefficients.empty() ? at::empty({0, vectors}, at::kDouble) : at::stack(coefficients);
}

at::Tensor RbfSvm::votes(const at::Tensor& z) const {
  const auto kernel = (squared_distances(z, support_vectors_) * -gamma_).exp();
  const auto k = classes_.size(0);
  std::vector<at::Tensor> parts;  // of each class's support vectors in its decisions, [rows, k - 1]
  std::int64_t begin = 0;
  for (std::int64_t i = 0; i < k; ++i) {
    const auto end = begin + counts_[i].item<std::int64_t>();
    parts.push_back(kernel.slice(1, begin, end).matmul(coefficients_.slice(1, begin, end).t()));
    begin = end;
  }
  auto votes = at::zeros({z.size(0), k}, at::kLong);
  std::int64_t pair = 0;
  for (std::int64_t i = 0; i < k; ++i)
    for (std::int64_t j = i + 1; j < k; ++j, ++pair) {
      const auto decision = parts[static_cast<std::size_t>(i)].select(1, j - 1) +
                            parts[static_cast<std::size_t>(j)].select(1, i) - rho_[pair];
      votes.select(1, i).add_(decision > 0);
      votes.select(1, j).add_(decision <= 0);
    }
  return votes;
}

at::Tensor RbfSvm::predict(const at::Tensor& features) const {
  const auto z = scale_(features);
  return in_blocks_of_rows(z, support_vectors_.size(0), [&](const at::Tensor& block) {
    return classes_.index_select(0, votes(block).argmax(1));
  });
}

Classifier::State RbfSvm::state() const {
  State state;
  scale_.save(state);
  state.insert(state.end(), {{"support_vectors", support_vectors_},
                             {"counts", counts_},
                             {"classes", classes_},
                             {"coefficients", coefficients_},
                             {"rho", rho_},
                             {"gamma", gamma_}});
  return state;
}

void RbfSvm::load(const State& state) {
  scale_.load(state);
  support_vectors_ = saved(state, "support_vectors");
  counts_ = saved(state, "counts");
  classes_ = saved(state, "classes");
  coefficients_ = saved(state, "coefficients");
  rho_ = saved(state, "rho");
  gamma_ = saved(state, "gamma");
}

bool RbfSvm::set_strength(double C) {
  config_.C = C;
  return true;
}

}  // namespace aelab
