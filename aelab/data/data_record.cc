#include "aelab/data/data_record.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "aelab/core/error.h"
#include "aelab/core/files.h"
#include "aelab/core/problems.h"
#include "aelab/core/text.h"
#include "aelab/data/formats/file_record.h"

namespace aelab {

using nlohmann::json;

namespace {

std::string crc_text(std::uint32_t crc32) { return fmt::format("{:08x}", crc32); }

/// The record of a file whose rows were read from the moment `opened` on. A file of the future is from a
/// machine whose clock is another one's.
FileRecord record_of_read(const std::string& path, std::int64_t opened) {
  auto record = record_of(path);
  if (opened && record.changed > opened && record.changed <= file_time())
    throw Error("data: " + path + " was changed while or after aelab read it: run the command again");
  return record;
}

json file_json(const FileRecord& record) {
  json file = {{"path", record.path}, {"bytes", record.bytes}, {"crc32", crc_text(record.crc32)}};
  for (const auto& [name, crc32] : record.content) file["content"][name] = crc_text(crc32);
  return file;
}

/// Which of a folder's files changed: " (changed.png changed, new.png was added, old.png is gone)"; "" where
/// that is not known.
std::string changes_within(const json& then, const json& now) {
  constexpr std::size_t most_named = 5;
  if (!then.contains("content") || !now.contains("content")) return {};
  const auto &before = then["content"], &after = now["content"];
  std::vector<std::string> changes;
  for (const auto& [name, crc32] : before.items())
    if (!after.contains(name))
      changes.push_back(name + " is gone");
    else if (after[name] != crc32)
      changes.push_back(name + " changed");
  for (const auto& [name, crc32] : after.items())
    if (!before.contains(name)) changes.push_back(name + " was added");
  const auto more = changes.size() > most_named ? changes.size() - most_named : 0;
  changes.resize(changes.size() - more);
  return " (" + join(changes, ", ") + (more ? fmt::format(", and {} more", more) : "") + ")";
}

}  // namespace

json record_of_data(const Data& data) {
  auto files = json::array();
  for (const auto& path : data.files) files.push_back(file_json(record_of_read(path, data.opened)));
  json record = {{"source", data.name},
                 {"origin", data.origin},
                 {"shape", data.shape()},
                 {"rows", {{"train", data.train.size()}, {"test", data.test ? data.test->size() : 0}}},
                 {"classes", data.classes()},
                 {"files", std::move(files)}};
  if (!data.class_names.empty()) record["class_names"] = data.class_names;
  if (!data.columns.empty()) record["columns"] = data.columns;
  if (!data.label.empty()) record["label"] = data.label;
  return record;
}

bool is_record_of_data(const json& value) {
  const auto is_file = [](const json& file) {
    return file.is_object() && file.value("path", json()).is_string() &&
           file.value("bytes", json()).is_number_integer() && file.value("crc32", json()).is_string();
  };
  const auto files = value.is_object() ? value.value("files", json()) : json();
  return files.is_array() && std::all_of(files.begin(), files.end(), is_file) &&
         value.value("rows", json()).is_object();
}

void check_record(const json& record, const Data& data) {
  const auto now = record_of_data(data);
  Problems problems;
  if (record.at("files").size() != now.at("files").size())
    throw Error(fmt::format("data: differ from those of the run: it had {} files, these are {}",
                            record.at("files").size(), now.at("files").size()));
  for (std::size_t i = 0; i < now.at("files").size(); ++i) {
    const auto &then = record.at("files")[i], &found = now.at("files")[i];
    if (then.at("crc32") == found.at("crc32") && then.at("bytes") == found.at("bytes")) continue;
    problems.add(
        fmt::format("data: {} is not what the run used{}: its checksum is {} ({} bytes), recorded was {} ({} "
                    "bytes); restore the old data, or start a new run",
                    found.at("path").get<std::string>(), changes_within(then, found),
                    found.at("crc32").get<std::string>(), found.at("bytes").dump(),
                    then.at("crc32").get<std::string>(), then.at("bytes").dump()));
  }
  if (problems.empty() && record.at("rows") != now.at("rows"))
    problems.add("data: differ from those of the run: it had " + record.at("rows").dump() +
                 " rows, these are " + now.at("rows").dump());
  problems.raise();
}

}  // namespace aelab
