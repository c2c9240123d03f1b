// The callbacks that aelab brings: one line each.

#include "aelab/training/callbacks/code_use.h"
#include "aelab/training/callbacks/early_stopping.h"
#include "aelab/training/callbacks/learning_rate.h"
#include "aelab/training/callbacks/log.h"
#include "aelab/training/callbacks/pictures.h"
#include "aelab/training/callbacks/plateau.h"
#include "aelab/training/callbacks/progress.h"
#include "aelab/training/callbacks/resampling.h"
#include "aelab/training/callbacks/save_checkpoint.h"
#include "aelab/training/callbacks/sparsity_controller.h"
#include "aelab/training/callbacks/stop_on_nan.h"
#include "aelab/training/callbacks/tensorboard.h"
#include "aelab/training/callbacks/throughput.h"
#include "aelab/training/callbacks/timer.h"
#include "aelab/training/callbacks/trace.h"
#include "aelab/training/callbacks/weight_average.h"

namespace aelab {

Registry<Callback>& Callback::registry() {
  static auto registry = Registry<Callback>("callback", "callbacks", "kind")
                             .add<ProgressBar>()
                             .add<Log>()
                             .add<CodeUse>()
                             .add<SaveCheckpoint>()
                             .add<StopOnNan>()
                             .add<EarlyStopping>()
                             .add<Pictures>()
                             .add<TensorBoard>()
                             .add<Plateau>()
                             .add<LearningRate>()
                             .add<Timer>()
                             .add<Throughput>()
                             .add<Trace>()
                             .add<WeightAverage>()
                             .add<SparsityController>()
                             .add<Resampling>();
  return registry;
}

}  // namespace aelab
