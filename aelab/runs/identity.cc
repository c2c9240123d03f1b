// What makes a recorded run this run: its config, its data, its initial weights.

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "aelab/core/checksum.h"
#include "aelab/core/config.h"
#include "aelab/core/json.h"
#include "aelab/core/links.h"
#include "aelab/core/safetensors.h"
#include "aelab/data/data_record.h"
#include "aelab/runs/file_kinds.h"
#include "aelab/runs/record.h"
#include "aelab/runs/run.h"
#include "aelab/runs/working_folder.h"
#include "aelab/training/checkpoint.h"

namespace aelab {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* kDataRecord = "data.json";
constexpr const char* kInitialized = "initialized_from";

/// The CRC-32 of the record of the data that the run's checkpoints were trained on; "" if none says.
std::string data_known_to_checkpoints(const fs::path& folder) {
  std::string known;
  for (const auto which : {Which::last, Which::best, Which::previous, Which::ema}) {
    Problems unreadable;
    unreadable.attempt([&] { known = data_of_checkpoint(find_checkpoint(folder, which)); });
    if (!known.empty()) break;
  }
  return known;
}

/// A record whose files have the paths of the run file, as if the data had been opened in the folder where
/// the run began.
json with_paths_of(const fs::path& working_folder, json record) {
  const auto beginning = (working_folder / "").string();
  const auto shorten = [&](json& path) {
    const auto text = path.get<std::string>();
    if (text.starts_with(beginning)) path = text.substr(beginning.size());
  };
  shorten(record.at("origin"));
  for (auto& file : record.at("files")) shorten(file.at("path"));
  return record;
}

/// The content of a data.json that is missing. Throws an Error if the checkpoints know other data.
json rebuilt_record(const fs::path& folder, const Data& data, const std::string& known) {
  if (known.empty()) return in_field("data", [&] { return record_of_data(data); });
  for (const auto most_whole : {kMostWhole, kAllWhole}) {  // earlier versions took checksums of all bytes
    const auto now = in_field("data", [&] { return record_of_data(data, most_whole); });
    for (auto record : {now, with_paths_of(recorded_working_folder(folder), now)})
      if (checksum(record.dump()) == known) return record;
  }
  throw Error(
      (folder / kDataRecord).string() +
      ": is missing, and the present data are not what the run's checkpoints were trained on; restore "
      "data.json and the data, or start a new run");
}

std::string caution_of_missing_record(const fs::path& folder, const std::string& known) {
  return "caution: " + (folder / kDataRecord).string() + " is missing; " +
         (known.empty() ? "it is not known whether the run began with the present data"
                        : "by their checksum, the present data are those that the run was trained on");
}

}  // namespace

RunConfig require_same_run(const fs::path& folder, const RunConfig& config) {
  const auto there = load_run_config(folder);
  auto asked = config;
  asked.training.kernels = settled(config.training.kernels, there.training.kernels);
  const auto recorded = write_config(there), wanted = write_config(asked);
  if (recorded == wanted) return there;
  throw Error((folder / "config.json").string() + ": is the config of another run: " +
              difference_in_words(recorded, wanted) + "; give another name or folder");
}

RunConfig load_run_config(const fs::path& folder) {
  require_run_folder(folder);
  const auto path = folder / "config.json";
  return read_run_config(read_file_within(folder, "config.json"), path.string());
}

json readable_data_record(const fs::path& folder) {
  json record;
  Problems unknown;  // damage is reported where data are read
  if (has_entry(folder / kDataRecord)) unknown.attempt([&] { record = read_json(folder, kDataRecord); });
  return is_record_of_data(record) ? record : json();
}

RunIdentity recorded_identity(const fs::path& folder) {
  RunIdentity identity{.config = {read_json(folder, "config.json").dump()}};
  if (const auto record = readable_data_record(folder); !record.is_null())
    identity.data = checksum(record.dump());
  if (identity.data.empty()) identity.data = data_known_to_checkpoints(folder);
  return identity;
}

std::string check_recorded_data(const fs::path& folder, const Data& data) {
  const auto path = folder / kDataRecord;
  if (!has_entry(path)) {
    const auto known = data_known_to_checkpoints(folder);
    rebuilt_record(folder, data, known);
    return caution_of_missing_record(folder, known);
  }
  try {
    const auto record = read_json(folder, kDataRecord);
    in_field("data", [&] { check_record(record, data); });
    return {};
  } catch (const json::exception&) {
    throw Error(path.string() + ": is not a file that aelab wrote; restore it, or start a new run");
  }
}

std::string restore_data_record(const fs::path& folder, const Data& data) {
  auto caution = check_recorded_data(folder, data);
  if (caution.empty()) return {};
  write_json(folder / kDataRecord, rebuilt_record(folder, data, data_known_to_checkpoints(folder)));
  return caution + "; it was written again";
}

json verified_data(const fs::path& folder) {
  const auto record = readable_data_record(folder);
  if (record.is_null())
    throw Error((folder / kDataRecord).string() + ": is missing or damaged: it says what the run used");
  const auto began_in = recorded_working_folder(folder);
  const auto now = [&](const std::string& path) {
    const auto found = found_from(began_in, path);
    std::error_code ignored;
    return fs::exists(found, ignored) ? found : fs::absolute(began_in / path).string();
  };
  return in_field("data", [&] { return verified_files(record, now); });
}

std::string initialize_as_recorded(Autoencoder& model, const InitializationConfig& config,
                                   const fs::path& folder, const Split& data) {
  initialize(model, config, data);
  const auto path = folder / "environment.json";
  json environment;
  Problems unknown;
  unknown.attempt([&] { environment = read_json(folder, "environment.json"); });
  const json::json_pointer place(std::string("/") + kInitialized + "/crc32");
  if (!environment.is_object() || !environment.contains(place) || !environment[place].is_string())
    return "caution: " + path.string() + " does not say which weights the run began with; those of " +
           config.path + " may have changed since";
  const auto recorded = environment[place].get<std::string>(), now = weights_checksum(model);
  if (recorded == now) return {};
  throw Error(fmt::format(
      "model.initialize_from: {} has other weights than when the run began: the checksum of the initial "
      "weights is {}, recorded was {}; restore it, or start a new run with aelab run {}",
      config.path, now, recorded, (folder / "config.json").string()));
}

}  // namespace aelab
