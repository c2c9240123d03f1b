#include "aelab/training/callbacks/tensorboard.h"

#include <nlohmann/json.hpp>

#include "aelab/core/config.h"
#include "aelab/core/json.h"
#include "aelab/data/pictures.h"
#include "aelab/training/drawings.h"
#include "aelab/training/informing_file.h"

namespace aelab {
namespace {

using nlohmann::json;

/// The model's config and, where the run folder has a config.json, what that adds: how and on what it is
/// trained.
json nested_hyper_parameters(const Training& training) {
  json all = {{"model", write_config(training.model.config())},
              {"training", {{"batches", training.epoch_batches}}}};
  if (const auto epochs = training.phase_epochs()) all["training"]["epochs"] = *epochs;
  const auto path = training.folder / "config.json";
  if (!std::filesystem::exists(path)) return all;
  const auto recorded = parse_json(read_file(path), path);
  for (const auto* key : {"seed", "data", "training"})
    if (recorded.contains(key)) all.merge_patch({{key, recorded[key]}});
  if (recorded.contains("/model/variant"_json_pointer))
    all["model"]["variant"] = recorded["model"]["variant"];
  return all;
}

/// {"a": {"b": 1}, "c": [{"d": 2}], "e": [1, 2]} becomes {"a.b": 1, "c.0.d": 2, "e": "[1,2]"}.
void flatten_into(json& flat, const std::string& name, const json& value) {
  const bool nested =
      value.is_object() || (value.is_array() && !value.empty() && value.front().is_structured());
  if (nested)
    for (const auto& [key, member] : value.items())
      flatten_into(flat, name.empty() ? key : name + "." + key, member);
  else
    flat[name] = value.is_array() || value.is_null() ? json(value.dump()) : value;
}

}  // namespace

void TensorBoard::Config::fields(Fields& f) {
  f("every", every, "epochs between two images and histograms; the last epoch of a phase always has them",
    at_least(1));
  f("count", count, "how many samples the images show", between(1, 256));
}

void TensorBoard::start(Training& training) {
  std::filesystem::create_directories(training.folder / "tensorboard");
  auto file = open_informing_file(training, "tensorboard/events.out.tfevents.0.aelab", keep_);
  const bool is_new = file.length() == 0;
  file_.emplace(std::move(file));
  if (!is_new) return;
  json flat = json::object();
  flatten_into(flat, "", nested_hyper_parameters(training));
  file_->add_hyper_parameters(flat);
  file_->sync();
}

void TensorBoard::epoch_end(Training& training) {
  const auto& progress = training.progress;
  file_->add_scalars(progress.step, training.metrics);
  if (progress.epoch % config_.every == 0 || progress.phase_ended) {
    if (is_picture(training.data.train.shape())) add_images(training);
    add_histograms(training);
  }
  file_->sync();
}

void TensorBoard::add_images(const Training& training) {
  const auto step = training.progress.step;
  file_->add_image(step, "reconstructions", draw_reconstructions(training, config_.count));
  if (const auto filters = draw_filters(training)) file_->add_image(step, "filters", *filters);
}

void TensorBoard::add_histograms(const Training& training) {
  for (const auto& [name, parameter] : parameters_of(training.model))
    file_->add_histogram(training.progress.step, "parameters/" + name, parameter);
}

json TensorBoard::save() const { return file_->mark().save(); }

void TensorBoard::load(const json& saved) { keep_ = GrowingFile::Mark::load(saved); }

}  // namespace aelab
