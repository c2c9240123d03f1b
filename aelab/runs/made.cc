#include "aelab/runs/made.h"

#include <c10/util/Exception.h>
#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "aelab/core/config.h"
#include "aelab/core/memory.h"
#include "aelab/core/text.h"
#include "aelab/data/normal_classes.h"
#include "aelab/data/series.h"
#include "aelab/evaluation/distinct_measures.h"
#include "aelab/evaluation/seen_classes.h"
#include "aelab/nn/bounds.h"
#include "aelab/nn/capability.h"
#include "aelab/nn/likelihoods.h"
#include "aelab/runs/working_folder.h"
#include "aelab/training/check.h"

namespace aelab {

const Data& OpenedData::open(const Choice<Source>& source) {
  const auto key = write_config(source).dump();
  if (const auto found = opened_.find(key); found != opened_.end()) return found->second;
  auto data = in_field("data", [&] { return open_dataset_from(working_folder_, source); });
  return opened_.emplace(key, std::move(data)).first->second;
}

const Split& OpenedData::split(const DataConfig& config, std::int64_t seed) {
  const auto key = write_config(config).dump() + std::to_string(seed);
  if (key == last_) return split_;
  const auto& data = open(config.source);
  split_ = in_field("data", [&] { return data.split(config.split, seed); });
  last_ = key;
  return split_;
}

namespace {

/// The range of the values that the likelihood is chosen by. A run on record keeps the likelihood that it
/// began with, where it was left out, even if another version's rule chose it.
std::optional<Bounds> recorded_values(const RunConfig& config) {
  const auto& recorded = config.model.expanded;
  if (!recorded || !recorded->likelihood) return {};
  return recorded->likelihood->make()->support();
}

/// The shape of the source's rows after the run's transforms.
Shape input_of(const RunConfig& config, const Shape& rows, const ColumnTypes& types) {
  return in_field("data", [&] { return config.data.split.changed(rows, types); });
}

/// What makes the model smaller: "lower model.hidden, model.code".
std::string smaller_model(const RunConfig& config) {
  auto widths = hidden_widths(config);
  if (write_config(config.model.variant).contains("code")) widths.emplace_back("model.code");
  return widths.empty() ? "choose a smaller model" : "lower " + join(widths, ", ");
}

/// Throws an Error unless the parameters fit into memory. They are counted on the meta device, where they
/// take none; a model that cannot be made there is not counted.
void require_memory_for(const RunConfig& config, Context context) {
  if (!context.device.is_cpu()) return;
  context.device = at::kMeta;
  std::int64_t parameters = 0;
  try {
    parameters = parameter_count(*Autoencoder::make(config.model.variant, context));
  } catch (const std::exception&) {  // is reported where the model itself is made
  }
  require_memory(static_cast<double>(parameters) * sizeof(float),
                 "model: with " + std::to_string(parameters) + " parameters it", smaller_model(config));
}

std::shared_ptr<Autoencoder> make_for(const RunConfig& config, const Context& context) try {
  require_memory_for(config, context);
  auto model = in_field("model", [&] { return Autoencoder::make(config.model.variant, context); });
  auto recorded = config.model.expanded;
  if (recorded && !recorded->bound) recorded->bound = MeanBound::Config{};  // that of all earlier versions
  if (recorded && write_config(*recorded) != write_config(model->config()))
    throw Error("model.expanded: is not what the variant \"" + config.model.variant.kind() +
                "\" expands to; change the variant's own fields and leave \"expanded\" out");
  return model;
} catch (const c10::Error& error) {  // in all likelihood more memory than there is, or than can be addressed
  throw Error("model: LibTorch cannot make it: " + first_line(error.what_without_backtrace()) + "; " +
              smaller_model(config));
}

}  // namespace

namespace {

bool is_of_windows(const Data& data) {
  const auto series = data.train.series();
  return series && !series->channels.empty();
}

}  // namespace

std::shared_ptr<Autoencoder> make_model(const RunConfig& config, const Data& data, at::Device device) {
  const auto types = data.types();
  Context context(input_of(config, data.shape(), types), config.seed, data.classes());
  context.features = config.data.split.features(types);
  context.may_lack_cells = types.empty() && (is_of_windows(data) || data.train.has_missing());
  const auto recorded = recorded_values(config);
  context.blocks = data.changed_blocks(config.data.split);
  context.values = recorded ? *recorded : config.data.split.changed(data.values());
  context.device = device;
  return make_for(config, context);
}

std::shared_ptr<Autoencoder> make_model(const RunConfig& config, const InputSchema& input) {
  Context context(input_of(config, input.shape, input.types), config.seed, input.classes);
  context.features = config.data.split.features(input.types);
  context.may_lack_cells = !input.channels.empty();
  if (config.data.split.keeps_features()) context.blocks = input.blocks;
  context.values = recorded_values(config).value_or(Bounds{});
  return make_for(config, context);
}

namespace {

/// What the trainer says of its own fields is about those of "training". Without a path, it says which it is.
Mistake in_training(Mistake mistake) {
  auto& path = mistake.path;
  if (!path.empty()) path = path_in_owner(path).value_or("training." + path);
  return mistake;
}

void check_trainer(const RunConfig& config, Made& made, Problems& problems) {
  const bool told = problems.concern("training");
  const auto training = told ? TrainerConfig{.device = config.training.device} : config.training;
  const Trainer trainer(training, config.callbacks, config.seed);
  problems.attempt([&] {
    with_renamed_fields(
        [&] {
          Problems own;
          made.checked = trainer.check(*made.model, made.data, /*with_folder=*/true, own);
          own.raise();
        },
        in_training);
  });
  if (made.checked) made.data = made.checked->data();
}

/// Whether all values may be bytes of images, of which many exceed half of 255.
bool may_be_bytes(const Bounds& values) {
  return values.least >= 0 && values.most > 127 && values.most <= 255;
}

/// Says that a likelihood was chosen which the config leaves open, where it is not that of values in [0, 1];
/// "" where there is nothing to say.
std::string likelihood_note(const RunConfig& config, const Made& made) {
  auto model = made.model;
  while (!model->layers().empty()) model = model->layers().front();
  const auto& variant = model->variant();
  const bool lists_it = kind_schema(variant.kinds().at(variant.kind()))["properties"].contains("likelihood");
  // Recipes that choose a Gaussian themselves choose its deviation, too.
  const Choice<Likelihood> by_values = GaussianLikelihood::Config{};
  if (!lists_it || write_config(variant).contains("likelihood") || config.model.expanded ||
      write_config(*model->config().likelihood) != write_config(by_values))
    return {};
  const auto values = made.source->values();
  const auto& transforms = config.data.split.transforms;
  auto note = "model.likelihood: \"" + by_values.kind() + "\" by default, since ";
  if (!std::isfinite(values.least)) return note + "the source has NaN or infinite values";
  note += values.least < 0 || values.most > 1
              ? fmt::format("the source has values from {} to {}", static_cast<float>(values.least),
                            static_cast<float>(values.most))
              : std::string("data.transforms do not keep values in [0, 1]");
  if (transforms.empty() && made.source->shape().size() == 1)
    note += "; \"transforms\": [\"standardize\"] would bring all columns to one scale" +
            std::string(may_be_bytes(values)
                            ? ", [{\"kind\": \"scale\", \"from\": [0, 255]}] bytes of images to [0, 1]"
                            : "");
  return note;
}

/// Says that a table is more than numbers, and what follows; "" where it is not.
std::string table_note(const RunConfig& config, const Made& made) {
  const auto types = made.source->types();
  if (types.empty() || config.model.expanded) return {};
  std::map<std::string_view, int> kinds;
  int missing = 0;
  for (const auto& type : types) {
    ++kinds[name_of(type.kind)];
    missing += type.missing ? 1 : 0;
  }
  std::vector<std::string> parts;
  for (const auto& [kind, count] : kinds) parts.push_back(fmt::format("{} {}", count, kind));
  auto note = fmt::format("columns of the table: {}; {} with missing cells", join(parts, ", "), missing);
  if (config.data.split.transforms.empty())
    note += ". data.transforms: \"columns\" is added, which scales numbers and encodes categories";
  return note;
}

/// The times of some rows: "from 2014-04-01T00:00:00 to 2014-04-11T09:00:00".
std::string times_in_words(const Dataset& rows) {
  const auto& series = *rows.series();
  if (!series.times.defined()) return fmt::format("{} rows", rows.size());
  const auto spans = rows.spans();
  const auto first = spans.select(1, 0).contiguous();
  const auto begin = series.times.index_select(0, first).min().item<double>();
  const auto end = series.times.index_select(0, first + spans.select(1, 1) - 1).max().item<double>();
  return fmt::format("{} rows from {} to {}", rows.size(), time_text(begin, series.has_dates),
                     time_text(end, series.has_dates));
}

/// Whether any two windows have a point in common.
bool share_points(const Dataset& windows) {
  const auto spans = windows.spans();
  const auto [first, order] = spans.select(1, 0).sort();
  const auto end = first + spans.select(1, 1).index_select(0, order);
  return (first.slice(0, 1) < end.slice(0, 0, -1)).any().item<bool>();
}

/// Says that rows are split by time, and where, or that windows of different splits have common points.
std::string time_note(const Made& made) {
  const auto& [train, validation, test] = std::tie(made.data.train, made.data.validation, made.data.test);
  if (!made.data.by_time && is_of_windows(*made.source) && share_points(made.source->train))
    return "data.by: with \"random\", windows of different splits have points in common, so that results on "
           "the test split are too good; \"time\" keeps the splits apart";
  if (!made.data.by_time) return {};
  const auto& column = train.series()->time;
  auto note = "data.by: \"time\", " +
              (column.empty() ? std::string("each series by the order of its points")
                              : fmt::format("by the column \"{}\"", column)) +
              ": " + times_in_words(train) + " are trained on";
  if (validation.size() > 0) note += "; " + times_in_words(validation) + " are for validation";
  if (test.size() > 0) note += "; " + times_in_words(test) + " for the test";
  if (made.data.crossing > 0)
    note += fmt::format("; {} windows cross a border and are in no split", made.data.crossing);
  return note;
}

/// Says what is chosen for windows where the config leaves it open; "" for other rows.
std::string windows_note(const RunConfig& config, const Made& made) {
  if (!is_of_windows(*made.source) || config.model.expanded) return {};
  std::vector<std::string> chosen;
  if (config.data.split.transforms.empty())
    chosen.emplace_back("data.transforms: {\"kind\": \"standardize\", \"over\": \"channel\"} is added");
  if (made.model->takes_missing() && !write_config(made.model->variant()).contains("likelihood"))
    chosen.emplace_back(
        "model.likelihood: \"mixed\", Gaussian with missing values, which have no loss and no score");
  return join(chosen, "; ");
}

/// Says that losses are no bounds of a log-likelihood; "" where they are, and of models without such bounds.
std::string bound_note(const Made& made) {
  constexpr std::int64_t kRows = 100;
  const auto& [backbone, bottleneck, likelihood, silent_rows] = made.model->parts();
  const auto& train = made.data.train;
  if (!bottleneck.has_density() ||
      likelihood.is_distribution_of(train.range(0, std::min(kRows, train.size())).inputs))
    return {};
  return "model.likelihood: \"" + made.model->config().likelihood->kind() +
         "\" is a distribution of values 0 and 1 alone, and the rows have others: the loss does not bound "
         "their log-likelihood. The transform {\"kind\": \"binarize\", \"how\": \"dynamic\"} makes the "
         "values 0 "
         "and 1";
}

/// Says which rows are left out since their class is not normal; "" where no class was named.
std::string normal_note(const Made& made) {
  const auto& [classes, left_out, not_trained] = made.data.normal;
  if (classes.empty()) return {};
  const auto trained = made.data.train.size(), validated = made.data.validation.size();
  return fmt::format(
      "data.normal: {} of {} rows of the training split and {} of {} of the validation split are left out, "
      "since they are not of {}; the test split has rows of all classes",
      not_trained, trained + not_trained, left_out.size(), validated + left_out.size(),
      classes_in_words(classes, made.source->class_names));
}

/// Says that batches take all rows; "" where they do not.
std::string batch_note(const RunConfig& config, const Made& made) {
  const auto rows = made.data.train.size(), asked = config.training.batch_size;
  if (asked <= rows || is_closed_form(made.model->phases())) return {};
  return fmt::format("training.batch_size: {} is more than the {} training rows: each epoch is one step",
                     asked, rows);
}

/// Says how many passes a budget of steps takes over rows that stay in files: a stream begins anew, in
/// another order. "" without such a budget, and where the rows are in memory.
std::string passes_note(const RunConfig& config, const Made& made) {
  const auto& training = config.training;
  if (made.data.train.in_memory() || !training.budget || !training.budget->steps) return {};
  const auto rows = made.data.train.size();
  const auto passes =
      static_cast<double>(*training.budget->steps) / static_cast<double>(training.epoch_steps(rows));
  if (passes <= 1)
    return fmt::format("training.budget: {} steps take {:.0f} % of the {} training rows",
                       *training.budget->steps, 100 * passes, rows);
  return fmt::format(
      "training.budget: {} steps take {:.2f} passes over the {} training rows, each in another random order",
      *training.budget->steps, passes, rows);
}

/// Says that a sparse dictionary takes matrices that are no images as rows; "" where it does not.
std::string tokens_note(const Made& made) {
  const auto& shape = made.source->shape();
  const bool are_matrices = shape.size() == 3 && shape.front() == 1 && made.source->values().least < 0;
  if (!are_matrices || !made.model->backbone()->dictionary().vectors.defined()) return {};
  return fmt::format(
      "a row of shape {} is one vector of {} numbers for the model; if the arrays are activations "
      "[sequences, "
      "tokens, features], set \"tokens_as_rows\": true in \"data\"",
      to_string(shape), elements(shape));
}

/// Error where the source has test rows of classes that none of its training rows has.
void check_classes(const RunConfig& config, const Data& data) {
  if (!data.test) return;
  const auto unseen = unseen_classes(config.evaluation, *data.test, data.train, data.class_names);
  if (!unseen.empty())
    throw Error("evaluation: " + unseen +
                ", which test rows have: give training rows of these classes, or leave out these metrics");
}

/// Error where a metric compares all values of rows, and some are missing.
void check_missing(const RunConfig& config, const Data& data) {
  if (!data.train.has_missing() && !(data.test && data.test->has_missing())) return;
  for (std::size_t i = 0; i < config.evaluation.size(); ++i)
    if (const auto& metric = config.evaluation[i]; !metric.empty() && !metric.can(capability::takes_missing))
      throw FieldError(
          fmt::format("evaluation[{}]", i),
          "\"" + metric.kind() +
              "\" compares all values of the rows, and these data have missing cells: leave it out");
}

/// Says that by chance all rows of a class are in the test split; "" where they are not.
std::string classes_note(const RunConfig& config, const Made& made) {
  const auto unseen =
      unseen_classes(config.evaluation, made.data.test, made.data.train, made.source->class_names);
  if (unseen.empty()) return {};
  return "caution: " + unseen + ", which only rows of the test split have: they count as errors";
}

/// Data and model, as far as they can be made. Whether they are what the config says.
bool make_data_and_model(const RunConfig& config, Made& made, Problems& problems, OpenedData& opened) {
  const Data* data = nullptr;
  const bool data_told = problems.concern("data"), model_told = problems.concern("model");
  if (config.data.source.empty()) return false;
  if (!problems.attempt([&] { data = &opened.open(config.data.source); }, data_told)) return false;
  made.source = *data;
  const bool split = problems.attempt([&] { made.data = opened.split(config.data, config.seed); }, data_told);
  const bool shape_told = data_told || problems.concern("data.transforms");  // of the model's inputs
  if (!config.model.variant.empty())
    problems.attempt([&] { made.model = make_model(config, *data); }, model_told || shape_told);
  if (!split) made.data = {data->train, data->train, data->train};
  problems.attempt([&] { require_distinct_measures(config.evaluation, "evaluation"); });
  for (const auto& metric : config.evaluation)
    if (!metric.empty()) problems.attempt([&] { metric.make()->check(made.data); });
  if (split) {
    made.features.emplace(data->completed(config.data.split).transforms, made.data.transforms,
                          schema_of(*data), opened.working_folder());
    problems.attempt([&] { check_features(config.evaluation, *made.features); });
  }
  problems.attempt([&] { check_classes(config, *data); });
  problems.attempt([&] { check_missing(config, *data); });
  return made.model && split && !data_told && !model_told;
}

}  // namespace

Made make(const RunConfig& config, Problems& problems, OpenedData& opened) {
  Made made;
  if (make_data_and_model(config, made, problems, opened)) {
    made.notes = made.source->notes;
    for (auto note :
         {table_note(config, made), windows_note(config, made), time_note(made), normal_note(made),
          likelihood_note(config, made), bound_note(made), batch_note(config, made),
          passes_note(config, made), classes_note(config, made), tokens_note(made)})
      if (!note.empty()) made.notes.push_back(std::move(note));
    check_trainer(config, made, problems);
  } else {
    check_callbacks(config.callbacks, made.data, /*with_folder=*/true, problems);
    problems.attempt([&] { in_field("training", [&] { check_device(config.training.device); }); });
  }
  return made;
}

Made make(const RunConfig& config, Problems& problems) {
  OpenedData opened;
  return make(config, problems, opened);
}

}  // namespace aelab
