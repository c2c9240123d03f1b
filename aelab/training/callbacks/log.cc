#include "aelab/training/callbacks/log.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "aelab/core/text.h"

namespace aelab {

void Log::start(Training& training) {
  files_.emplace(Files{GrowingFile(training.folder / "metrics.jsonl", keep_lines_),
                       GrowingFile(training.folder / "metrics.csv", keep_table_),
                       GrowingFile(training.folder / "log.txt", keep_remarks_)});
  if (files_->table.length() == 0) files_->table.append("step,epoch,phase,name,value\n");
}

void Log::phase_begin(Training& training) {
  if (training.progress.step == 0)
    for (const auto& method : training.model.methods()) files_->remarks.append(method + "\n");
  files_->remarks.append(
      fmt::format("phase \"{}\" begins at step {}\n", training.phase().name, training.progress.step));
  for (const auto& note : training.notes) files_->remarks.append(note + "\n");
}

void Log::epoch_end(Training& training) {
  const auto& [step, epoch, phase] =
      std::tuple(training.progress.step, training.progress.epoch, training.phase().name);
  nlohmann::ordered_json line = {{"step", step}, {"epoch", epoch}, {"phase", phase}};
  std::string rows;
  for (const auto& [name, value] : training.metrics) {
    line[name] = value;
    rows += fmt::format("{},{},{},{},{}\n", step, epoch, phase, name, shortest(value));
  }
  files_->lines.append(line.dump() + "\n");
  files_->table.append(rows);
  for (const auto& note : training.notes) files_->remarks.append(fmt::format("epoch {}: {}\n", epoch, note));
  for (auto* file : {&files_->lines, &files_->table, &files_->remarks}) file->sync();
}

nlohmann::json Log::save() const {
  return {{"lines", files_->lines.mark().save()},
          {"table", files_->table.mark().save()},
          {"remarks", files_->remarks.mark().save()}};
}

void Log::load(const nlohmann::json& saved) {
  keep_lines_ = GrowingFile::Mark::load(saved.at("lines"));
  keep_table_ = GrowingFile::Mark::load(saved.at("table"));
  keep_remarks_ = GrowingFile::Mark::load(saved.at("remarks"));
}

}  // namespace aelab
