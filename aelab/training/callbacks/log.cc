#include "aelab/training/callbacks/log.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>

#include "aelab/core/error.h"
#include "aelab/core/files.h"
#include "aelab/core/text.h"
#include "aelab/training/informing_file.h"

namespace aelab {

namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

constexpr const char* kHeading = "step,epoch,phase,name,value\n";
constexpr const char* kPlace[] = {"step", "epoch", "phase"};  // the first keys of a line

std::string table_row(std::int64_t step, std::int64_t epoch, const std::string& phase,
                      const std::string& name, double value) {
  return fmt::format("{},{},{},{},{}\n", step, epoch, phase, name, shortest(value));
}

/// The rows of metrics.csv that belong to a line of metrics.jsonl. A value that was NaN or infinite is null
/// there, and becomes nan.
std::string table_rows_of(const ordered_json& line) {
  std::string rows;
  for (const auto& [name, value] : line.items())
    if (std::find(std::begin(kPlace), std::end(kPlace), name) == std::end(kPlace))
      rows += table_row(line.at("step"), line.at("epoch"), line.at("phase"), name,
                        value.is_null() ? std::numeric_limits<double>::quiet_NaN() : value.get<double>());
  return rows;
}

/// metrics.jsonl, without which a run cannot be resumed: reports and comparisons read it.
GrowingFile open_lines(const fs::path& path, GrowingFile::Mark mark) {
  if (const auto damage = GrowingFile::damage(path, mark); !damage.empty())
    throw Failure(path.string() + " " + damage +
                  ". The run cannot be resumed without it: restore it from a " +
                  "copy, or start a new run with aelab run " + (path.parent_path() / "config.json").string());
  return GrowingFile(path, mark);
}

/// metrics.csv; where it is damaged, written again from the lines of metrics.jsonl.
GrowingFile open_table(Training& training, GrowingFile::Mark mark, const fs::path& lines) {
  const auto path = training.folder / "metrics.csv";
  const auto damage = GrowingFile::damage(path, mark);
  GrowingFile table(path, damage.empty() ? mark : GrowingFile::Mark());
  if (table.length() > 0) return table;
  table.append(kHeading);
  if (damage.empty()) return table;
  std::istringstream content(read_file(lines));
  for (std::string line; std::getline(content, line);) table.append(table_rows_of(ordered_json::parse(line)));
  training.caution(path.string() + " " + damage + "; it was written again from metrics.jsonl" +
                   (table.mark() == mark ? "" : ", which does not tell infinite values from NaN"));
  return table;
}

}  // namespace

void Log::start(Training& training) {
  const auto lines = training.folder / "metrics.jsonl";
  auto opened = open_lines(lines, keep_lines_);
  files_.emplace(Files{std::move(opened), open_table(training, keep_table_, lines),
                       open_informing_file(training, "log.txt", keep_remarks_)});
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
  ordered_json line = {{"step", step}, {"epoch", epoch}, {"phase", phase}};
  std::string rows;
  for (const auto& [name, value] : training.metrics) {
    line[name] = value;
    rows += table_row(step, epoch, phase, name, value);
  }
  files_->lines.append(line.dump() + "\n");
  files_->table.append(rows);
  for (const auto& note : training.notes) files_->remarks.append(fmt::format("epoch {}: {}\n", epoch, note));
  for (auto* file : {&files_->lines, &files_->table, &files_->remarks}) file->sync();
}

void Log::finish(Training& training) {
  if (!files_ || training.notes.empty() || !training.progress.phase_ended) return;
  for (const auto& note : training.notes) files_->remarks.append(fmt::format("end: {}\n", note));
  files_->remarks.sync();
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
