#include "aelab/models/targets.h"

#include "aelab/data/changed_rows.h"

namespace aelab {
namespace {

class TargetRows : public ChangedRows {
 public:
  TargetRows(std::shared_ptr<const Backbone> backbone, Dataset rows)
      : ChangedRows(std::move(rows)), backbone_(std::move(backbone)) {}
  Shape shape() const override { return backbone_->target_shape(); }
  Batch gather(const Tensor& rows, const Randomness& random) const override {
    auto batch = ChangedRows::gather(rows, random);
    batch.inputs = backbone_->target(batch.inputs);
    return batch;
  }

 protected:
  Range find_range() const override { return Storage::find_range(); }

 private:
  std::shared_ptr<const Backbone> backbone_;
};

}  // namespace

Dataset targets_of(const Autoencoder& model, const Dataset& rows) {
  return model.reconstructs_input() ? rows : Dataset(std::make_shared<TargetRows>(model.backbone(), rows));
}

}  // namespace aelab
