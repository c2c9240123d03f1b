// The callbacks that aelab brings: one line each.

#include "aelab/training/callbacks/early_stopping.h"
#include "aelab/training/callbacks/log.h"
#include "aelab/training/callbacks/pictures.h"
#include "aelab/training/callbacks/progress.h"
#include "aelab/training/callbacks/save_checkpoint.h"
#include "aelab/training/callbacks/stop_on_nan.h"

namespace aelab {

Registry<Callback>& Callback::registry() {
  static auto registry = Registry<Callback>("callback", "callbacks", "kind")
                             .add<ProgressBar>()
                             .add<Log>()
                             .add<SaveCheckpoint>()
                             .add<StopOnNan>()
                             .add<EarlyStopping>()
                             .add<Pictures>();
  return registry;
}

}  // namespace aelab
