#include "aelab/runs/trained_run.h"

#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "aelab/core/config.h"
#include "aelab/core/terminal.h"
#include "aelab/nn/threads.h"
#include "aelab/runs/made.h"
#include "aelab/runs/working_folder.h"
#include "aelab/training/checkpoint.h"

namespace aelab {

using nlohmann::json;

const Dataset& TrainedRun::part(Part part) const {
  const auto& rows = part_of(data, part);
  if (rows.size() == 0)
    throw Error("--part: the run has no rows in its " + std::string(name_of(part)) +
                " split; choose another");
  return rows;
}

TrainedRun load_trained_run(const std::filesystem::path& folder, Which checkpoint) {
  TrainedRun run{.folder = folder, .config = load_run_config(folder), .source = {}, .data = {}, .model = {}};
  Problems problems;
  problems.attempt([&] {
    run.source = open_dataset_from(recorded_working_folder(folder), run.config.data.source);
    if (const auto caution = check_recorded_data(folder, run.source); !caution.empty())
      say("aelab: " + caution + "\n");
    run.data = run.source.split(run.config.data.split, run.config.seed);
  });
  problems.raise((folder / "config.json").string());
  use_threads(static_cast<int>(run.config.training.threads.value_or(at::get_num_threads())));
  use_kernels(nearest(run.config.training.kernels));
  run.model = make_model(run.config, run.source);
  const auto file = read_checkpoint(folder, checkpoint);
  const auto path = find_checkpoint(folder, checkpoint);
  load_model_state(file, path, *run.model);
  load_transforms(file, path, run.data);
  run.model->eval();
  return run;
}

nlohmann::ordered_json source_like_run(const std::filesystem::path& folder, const std::string& path) {
  const auto reader = source_of_file(path);
  const nlohmann::ordered_json plain = {{"source", reader}, {"files", path}};
  auto config = load_run_config(folder);
  const auto own = write_config(config.data.source);
  if (own.at("source").get<std::string>() != reader) return plain;
  Choice<Source> read;
  read_config(plain, read, "data");
  const auto standard = write_config(read);
  auto source = plain;
  for (const auto& [key, value] : own.items())
    if (!key.ends_with("files") && standard.value(key, json()) != value) source[key] = value;
  return source;
}

Data open_other(const TrainedRun& run, const Choice<Source>& source) {
  auto other = open_dataset_like(source, run.source);
  const auto shape = run.config.data.split.changed(other.shape());
  if (shape != run.model->input_shape()) {
    const auto &given = other.shape(), &own = run.source.shape();
    if (given.size() == 1 && own.size() == 1)
      throw Error(fmt::format("has {} columns, the model was trained on {}", given[0], own[0]));
    throw Error(fmt::format("the samples have shape [{}], the model was trained on [{}]", in_list(given),
                            in_list(own)));
  }
  const auto &own = run.source.columns, &others = other.columns;
  for (std::size_t i = 0; i < std::min(own.size(), others.size()); ++i)
    if (own[i] != others[i])
      throw Error(fmt::format(
          "column {} is \"{}\", the model was trained on \"{}\": give the same columns in the same "
          "order",
          i, others[i], own[i]));
  for (const auto& note : other.notes) say("--data: " + note + "\n");
  return other;
}

}  // namespace aelab
