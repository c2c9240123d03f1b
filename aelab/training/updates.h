#pragma once

#include <vector>

#include "aelab/nn/default_generator.h"
#include "aelab/training/trainer.h"

namespace aelab {

/// The updates of the phase that a training is in: trains each of them, and measures their objectives. Works
/// on the device of the model, and does not read its values.
class Updates {
 public:
  Updates(const TrainerConfig& config, Training& training, std::int64_t seed, at::Device device);

  /// Makes the optimizers of the phase and empty averages, at its beginning and on resume within it.
  void begin_phase();
  /// Trains the updates that are due at this step, on all its batches, from Progress::update on. When one
  /// fails, the state before that update is left.
  void step(const std::vector<Batch>& batches);
  /// The objective of each update over a whole data set, outside training. `passed` is told each pass.
  std::vector<Averages> averages_of(const Dataset& data,
                                    const std::function<void(const Update&, const Pass&)>& passed = {});

 private:
  /// What is counted of a batch, after its step was taken.
  struct Passed {
    Pass pass;
    Terms terms;
    Tensor total;
    std::int64_t rows;
  };

  const TrainerConfig& config_;
  Training& training_;
  std::int64_t seed_;
  at::Device device_;
  DefaultGeneratorScope default_generator_;

  void train(const Update& update, Optimizer& optimizer, Averages& averages,
             const std::vector<Batch>& batches);
  Evaluation evaluate(const Update& update, const std::vector<Batch>& batches,
                      const std::vector<Tensor>& parameters, std::vector<Passed>* passed);
  Step at(const Update& update, Position position, std::int64_t set_size, bool training,
          const Tensor& rows = {}) const;
};

}  // namespace aelab
