// The classifiers that aelab brings: one line each.

#include "aelab/classifiers/linear_svm.h"
#include "aelab/classifiers/logistic_regression.h"
#include "aelab/classifiers/nearest_neighbors.h"
#include "aelab/classifiers/random_forest.h"
#include "aelab/classifiers/rbf_svm.h"

namespace aelab {

Registry<Classifier>& Classifier::registry() {
  static auto registry = Registry<Classifier>("classifier", "classifiers", "kind")
                             .add<LogisticRegression>()
                             .add<LinearSvm>()
                             .add<RbfSvm>()
                             .add<NearestNeighbors>()
                             .add<RandomForest>();
  return registry;
}

}  // namespace aelab
