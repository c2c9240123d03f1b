#include "aelab/data/data_record.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "aelab/core/error.h"
#include "aelab/core/problems.h"
#include "aelab/data/formats/file_record.h"

namespace aelab {

using nlohmann::json;

json record_of_data(const Data& data) {
  auto files = json::array();
  for (const auto& path : data.files) {
    const auto record = record_of(path);
    files.push_back(
        {{"path", record.path}, {"bytes", record.bytes}, {"crc32", fmt::format("{:08x}", record.crc32)}});
  }
  json record = {{"source", data.name},
                 {"origin", data.origin},
                 {"shape", data.shape()},
                 {"rows", {{"train", data.train.size()}, {"test", data.test ? data.test->size() : 0}}},
                 {"classes", data.classes()},
                 {"files", std::move(files)}};
  if (!data.class_names.empty()) record["class_names"] = data.class_names;
  return record;
}

void check_record(const json& record, const Data& data) {
  const auto now = record_of_data(data);
  Problems problems;
  if (record.at("files").size() != now.at("files").size() || record.at("rows") != now.at("rows"))
    problems.add("data: are other than those of the run: it had " + record.at("rows").dump() + " rows of " +
                 std::to_string(record.at("files").size()) + " files, these are " + now.at("rows").dump() +
                 " of " + std::to_string(now.at("files").size()));
  if (!problems.empty()) problems.raise();
  for (std::size_t i = 0; i < now.at("files").size(); ++i) {
    const auto &then = record.at("files")[i], &found = now.at("files")[i];
    if (then.at("crc32") == found.at("crc32") && then.at("bytes") == found.at("bytes")) continue;
    problems.add(
        fmt::format("data: {} is not what the run used: its checksum is {} ({} bytes), recorded was {} ({} "
                    "bytes); bring the old file back, or start a new run",
                    found.at("path").get<std::string>(), found.at("crc32").get<std::string>(),
                    found.at("bytes").dump(), then.at("crc32").get<std::string>(), then.at("bytes").dump()));
  }
  problems.raise();
}

}  // namespace aelab
