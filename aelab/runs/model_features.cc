#include "aelab/runs/model_features.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "aelab/core/checksum.h"
#include "aelab/core/config.h"
#include "aelab/core/files.h"
#include "aelab/core/signals.h"
#include "aelab/runs/trained_model.h"
#include "aelab/runs/working_folder.h"

namespace aelab {

struct ModelFeatures::Rows {
  std::vector<Choice<Transform>> chosen;
  Transforms fitted;
  InputSchema input;
  std::filesystem::path working_folder;
  std::map<std::string, std::shared_ptr<const Features>> opened = {};
};

namespace {

namespace fs = std::filesystem;

/// Whether two transforms are of one config and were fitted to the same values.
bool are_same(const Choice<Transform>& config, Transform& a, const Choice<Transform>& other, Transform& b) {
  if (write_config(config) != write_config(other)) return false;
  const auto x = a.fitted(), y = b.fitted();
  return std::equal(x.begin(), x.end(), y.begin(), y.end(), [](const auto& one, const auto& two) {
    if (!one.second->defined() || !two.second->defined())
      return one.second->defined() == two.second->defined();
    return one.first == two.first && one.second->equal(*two.second);
  });
}

/// The codes of rows that the first `kept` transforms have changed already.
Tensor codes_of(const TrainedModel& model, const Tensor& rows, std::size_t kept) {
  constexpr std::int64_t kCodedAtOnce = 1000;
  const c10::InferenceMode inference;
  const Compute compute({}, model.kernels());
  auto x = rows.to(at::kCPU, at::kFloat, /*non_blocking=*/false, /*copy=*/true);
  for (auto i = kept; i < model.transforms().size(); ++i) x = model.transforms()[i]->apply(std::move(x), {});
  const auto device = model.network()->parameters().front().device();
  std::vector<Tensor> codes;
  for (const auto& some : x.split(kCodedAtOnce)) {
    StopSignals::check();
    codes.push_back(model.network()->encode(some.to(device)).flatten(1).cpu().to(at::kDouble));
  }
  return at::cat(codes);
}

/// The file that a model in a folder or a file is read from.
fs::path file_of_model(const fs::path& path) {
  return fs::is_directory(path) ? find_checkpoint(path, Which::best) : path;
}

}  // namespace

ModelFeatures::ModelFeatures(std::vector<Choice<Transform>> chosen, Transforms fitted, InputSchema input,
                             fs::path working_folder)
    : rows_(std::make_shared<Rows>(
          Rows{std::move(chosen), std::move(fitted), std::move(input), std::move(working_folder)})) {}

std::shared_ptr<const Features> ModelFeatures::operator()(const std::string& path) const {
  if (const auto found = rows_->opened.find(path); found != rows_->opened.end()) return found->second;
  const auto place = found_from(rows_->working_folder, path);
  const TrainedModel model = open_model(place);
  const auto refuse = [&](const std::string& why) { throw Error(path + ": " + why); };
  try {
    model.require_inputs(rows_->input);
  } catch (const Error& error) {
    refuse(error.what());
  }
  const Inversion inversion(rows_->fitted, rows_->input.shape);
  const auto& own = model.config().data.split.transforms;
  for (std::size_t i = 0; i < inversion.kept(); ++i)
    if (i >= own.size() || !are_same(rows_->chosen[i], *rows_->fitted[i], own[i], *model.transforms()[i]))
      refuse("this run's transform \"" + rows_->chosen[i].kind() +
             "\" has no inverse, and the model was not trained on rows that the same one has changed: train "
             "it with the same transforms and seed, or give this run others");
  const auto file = file_of_model(place);
  auto features = std::make_shared<Features>();
  features->what = "the codes of " + path + " (" + std::to_string(elements(model.network()->code_shape())) +
                   " features of the variant \"" + model.config().model.variant.kind() + "\", CRC-32 " +
                   checksum(read_file(file)) + ")";
  features->of = [model, inversion](const Tensor& rows) {
    return codes_of(model, inversion(rows), inversion.kept());
  };
  rows_->opened.emplace(path, features);
  return features;
}

void check_features(const std::vector<Choice<Metric>>& metrics, const ModelFeatures& features) {
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    if (metrics[i].empty()) continue;
    const auto path = metrics[i].make()->features();
    if (path.empty()) continue;
    try {
      (void)features(path);
    } catch (const Error& error) {
      throw FieldError("evaluation[" + std::to_string(i) + "].features",
                       std::string(error.what()) + "; train that model first, or name another");
    }
  }
}

}  // namespace aelab
