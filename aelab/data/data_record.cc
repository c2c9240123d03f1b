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
FileRecord record_of_read(const std::string& path, std::int64_t opened, Checksum kind) {
  auto record = record_of(path, kind);
  if (opened && record.changed > opened && record.changed <= file_time())
    throw Error(path + " was changed while or after aelab read it: run the command again");
  return record;
}

constexpr const char* kWhole = "crc32";
constexpr const char* kOfBlocks = "crc32_of_blocks";

Checksum kind_of(const json& file) { return file.contains(kWhole) ? Checksum::whole : Checksum::blocks; }

json file_json(const FileRecord& record) {
  json file = {{"path", record.path},
               {"bytes", record.bytes},
               {record.kind == Checksum::whole ? kWhole : kOfBlocks, crc_text(record.crc32)}};
  for (const auto& [name, crc32] : record.content) file["content"][name] = crc_text(crc32);
  return file;
}

Checksum kind_for(const std::vector<std::string>& files, std::uint64_t most_whole) {
  std::uint64_t bytes = 0;
  for (const auto& path : files) bytes += length_of(path);
  return bytes <= most_whole ? Checksum::whole : Checksum::blocks;
}

json rows_json(const Data& data) {
  return {{"train", data.train.size()}, {"test", data.test ? data.test->size() : 0}};
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

/// How a file differs from its recorded entry; "" where it does not.
std::string difference(const json& then, const json& now) {
  const auto& name = checksum_name(then);
  if (then.at(name) == now.at(name) && then.at("bytes") == now.at("bytes")) return {};
  return fmt::format(
      "{} is not what the run used{}: its checksum is {} ({} bytes), recorded was {} ({} bytes); "
      "restore the old data, or start a new run",
      now.at("path").get<std::string>(), changes_within(then, now), now.at(name).get<std::string>(),
      now.at("bytes").dump(), then.at(name).get<std::string>(), then.at("bytes").dump());
}

}  // namespace

json whole_file(const std::string& path) { return file_json(record_of(path, Checksum::whole)); }

std::string checksum_name(const json& file) { return kind_of(file) == Checksum::whole ? kWhole : kOfBlocks; }

json file_as_recorded(const std::string& path, const json& recorded) {
  return file_json(record_of(path, kind_of(recorded)));
}

json record_of_data(const Data& data, std::uint64_t most_whole) {
  const auto kind = kind_for(data.files, most_whole);
  auto files = json::array();
  for (const auto& path : data.files) files.push_back(file_json(record_of_read(path, data.opened, kind)));
  json record = {{"source", data.name},     {"origin", data.origin},     {"shape", data.shape()},
                 {"rows", rows_json(data)}, {"classes", data.classes()}, {"files", std::move(files)}};
  if (!data.class_names.empty()) record["class_names"] = data.class_names;
  if (!data.blocks.empty()) record["blocks"] = data.blocks;
  if (!data.columns.empty()) record["columns"] = data.columns;
  if (!data.label.empty()) record["label"] = data.label;
  for (const auto& [name, values] : data.train.factors())
    record["factors"].push_back({{"name", name}, {"values", values}});
  return record;
}

bool is_record_of_data(const json& value) {
  const auto is_file = [](const json& file) {
    return file.is_object() && file.value("path", json()).is_string() &&
           file.value("bytes", json()).is_number_integer() &&
           file.value(checksum_name(file), json()).is_string();
  };
  const auto files = value.is_object() ? value.value("files", json()) : json();
  return files.is_array() && std::all_of(files.begin(), files.end(), is_file) &&
         value.value("rows", json()).is_object();
}

void check_record(const json& record, const Data& data) {
  const auto& files = record.at("files");
  Problems problems;
  if (files.size() != data.files.size())
    throw Error(fmt::format("differ from those of the run: it had {} files, these are {}", files.size(),
                            data.files.size()));
  for (std::size_t i = 0; i < files.size(); ++i) {
    const auto now = file_json(record_of_read(data.files[i], data.opened, kind_of(files[i])));
    if (auto found = difference(files[i], now); !found.empty()) problems.add(std::move(found));
  }
  if (problems.empty() && record.at("rows") != rows_json(data))
    problems.add("differ from those of the run: it had " + record.at("rows").dump() + " rows, these are " +
                 rows_json(data).dump());
  problems.raise();
}

json verified_files(const json& record, const std::function<std::string(const std::string& path)>& find) {
  auto files = json::array();
  Problems problems;
  for (const auto& then : record.at("files"))
    problems.attempt([&] {
      const auto path = find(then.at("path"));
      auto now = file_json(record_of(path));
      const auto found = difference(
          then, kind_of(then) == Checksum::whole ? now : file_json(record_of(path, Checksum::blocks)));
      if (!found.empty()) problems.add(found);
      now.erase("content");
      now["compared"] = checksum_name(then);
      files.push_back(std::move(now));
    });
  problems.raise();
  return files;
}

}  // namespace aelab
