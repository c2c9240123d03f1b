#include "aelab/training/callbacks/trace.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "aelab/core/checksum.h"
#include "aelab/training/informing_file.h"

namespace aelab {
namespace {

std::string checksum_of(const Tensor& tensor) {
  const auto bytes = tensor.detach().cpu().contiguous();
  return checksum(std::span(static_cast<const std::byte*>(bytes.const_data_ptr()), bytes.nbytes()));
}

}  // namespace

void Trace::start(Training& training) {
  file_.emplace(open_informing_file(training, "trace.csv", keep_));
  if (file_->length() == 0) file_->append("step,phase,rows,input\n");
}

void Trace::batch_passed(Training& training, const Update& update, const Batch& batch, const Pass& pass) {
  auto phase = training.phase().name;
  if (!training.phase().prefix(update).empty()) phase += "/" + update.name;
  file_->append(fmt::format("{},{},{},{}\n", training.progress.step, phase, checksum_of(batch.rows),
                            checksum_of(pass.input)));
}

nlohmann::json Trace::save() const { return file_->mark().save(); }

void Trace::load(const nlohmann::json& saved) { keep_ = GrowingFile::Mark::load(saved); }

}  // namespace aelab
