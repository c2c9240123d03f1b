#include "aelab/training/callbacks/throughput.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "aelab/training/informing_file.h"

namespace aelab {

void Throughput::start(Training& training) {
  file_.emplace(open_informing_file(training, "throughput.csv", keep_));
  if (file_->length() == 0) file_->append("epoch,seconds,samples_per_second,steps_per_second\n");
  begun_ = training.now();
}

void Throughput::step_end(Training&) { ++steps_; }

void Throughput::epoch_end(Training& training) {
  const double seconds = std::chrono::duration<double>(training.now() - begun_).count();
  const double steps = static_cast<double>(steps_) / seconds;
  const double samples =
      static_cast<double>(training.data.train.size()) / static_cast<double>(training.epoch_steps);
  file_->append(
      fmt::format("{},{:.3f},{:.1f},{:.2f}\n", training.progress.epoch, seconds, steps * samples, steps));
  begun_ = training.now();
  steps_ = 0;
}

nlohmann::json Throughput::save() const { return file_->mark().save(); }

void Throughput::load(const nlohmann::json& saved) { keep_ = GrowingFile::Mark::load(saved); }

}  // namespace aelab
