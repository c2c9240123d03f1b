#include <c10/util/Exception.h>
#include <fmt/format.h>

#include <new>

#include "aelab/core/config.h"
#include "aelab/core/files.h"
#include "aelab/core/memory.h"
#include "aelab/data/columns_transform.h"
#include "aelab/data/formats/file_kind.h"
#include "aelab/data/formats/npy.h"
#include "aelab/data/formats/sparse_npz.h"
#include "aelab/data/precision_note.h"
#include "aelab/data/scale_norm_transform.h"
#include "aelab/data/source_paths.h"
#include "aelab/data/sources/array_sources.h"
#include "aelab/data/sources/csv_source.h"
#include "aelab/data/sources/derived_sources.h"
#include "aelab/data/sources/dsprites.h"
#include "aelab/data/sources/idx_sources.h"
#include "aelab/data/sources/image_sources.h"
#include "aelab/data/sources/parquet_source.h"
#include "aelab/data/sources/sae_bench.h"
#include "aelab/data/sources/side_by_side.h"
#include "aelab/data/sources/sparse_source.h"
#include "aelab/data/sources/sprites.h"
#include "aelab/data/sources/synthetic.h"
#include "aelab/data/sources/windows_source.h"
#include "aelab/data/sources/xy_scenes.h"
#include "aelab/data/transforms.h"

namespace aelab {

Registry<Source>& Source::registry() {
  static auto registry = Registry<Source>("data source", "data", "source")
                             .add<Mnist>()
                             .add<FashionMnist>()
                             .add<Kmnist>()
                             .add<Emnist>()
                             .add<MnistVariations>()
                             .add<Digits>()
                             .add<Cifar10>()
                             .add<Cifar100>()
                             .add<Synthetic>()
                             .add<Sprites>()
                             .add<XySquares>()
                             .add<XyObject>()
                             .add<DSprites>()
                             .add<Csv>()
                             .add<Parquet>()
                             .add<Idx>()
                             .add<Npy>()
                             .add<Npz>()
                             .add<SparseSource>()
                             .add<SafetensorsSource>()
                             .add<Images>()
                             .add<Patches>()
                             .add<JoinedSources>()
                             .add<SideBySide>()
                             .add<Windows>();
  [[maybe_unused]] static const bool explained = (registry.explain_unknown(path_as_source), true);
  return registry;
}

namespace {

/// Distributions that have become sources.
std::string now_a_source(const std::string& name) {
  if (name != Sprites::Config::kind) return {};
  return "\"sprites\" is a source of its own: {\"source\": \"sprites\", ...} in place of \"synthetic\"";
}

}  // namespace

Registry<Distribution>& Distribution::registry() {
  static auto registry = Registry<Distribution>("distribution", "distributions", "kind")
                             .add<SparseDictionary>()
                             .add<SaeBench>()
                             .add<Manifold>()
                             .add<Xor>();
  [[maybe_unused]] static const bool explained = (registry.explain_unknown(now_a_source), true);
  return registry;
}

Registry<Transform>& Transform::registry() {
  static auto registry = Registry<Transform>("transform", "transforms", "kind")
                             .add<ScaleTransform>()
                             .add<StandardizeTransform>()
                             .add<ScaleNormTransform>()
                             .add<BinarizeTransform>()
                             .add<FlattenTransform>()
                             .add<CropTransform>()
                             .add<FlipTransform>()
                             .add<WhitenTransform>()
                             .add<ColumnsTransform>();
  return registry;
}

namespace {

void check_labels(const std::string& part, const Dataset& data) {
  constexpr std::int64_t kClasses = 1'000'000;  // classifiers keep something for each
  if (!data.has_labels() || data.size() == 0) return;
  const auto labels = data.labels();
  const auto most = labels.argmax();
  if (const auto label = labels[most].item<std::int64_t>(); label >= kClasses)
    throw Error("row " + std::to_string(most.item<std::int64_t>()) + " of the " + part +
                " rows is of class " + std::to_string(label) +
                "; labels are class numbers from 0, and at most " + std::to_string(kClasses - 1));
}

std::string does_not_fit() {
  return fmt::format(
      "the rows do not fit into memory, of which {:.1f} GiB are free; use fewer or smaller rows",
      static_cast<double>(free_memory()) / (1 << 30));
}

/// A source that opens others has their notes already.
void add_note(std::vector<std::string>& notes, std::string note) {
  if (!note.empty() && std::find(notes.begin(), notes.end(), note) == notes.end())
    notes.push_back(std::move(note));
}

template <class Open>
Data checked_data(const Choice<Source>& source, Open open) {
  auto checked = source;
  Problems problems;
  check_config(checked, problems);
  problems.raise();
  const auto opened = file_time();
  try {
    auto data = open(*source.make());
    data.opened = opened;
    check_labels("training", data.train);
    if (data.test) check_labels("test", *data.test);
    add_note(data.notes, precision_note(data));
    return data;
  } catch (const std::bad_alloc&) {
    throw Error(does_not_fit());
  } catch (const c10::Error& error) {
    if (error.msg().find("allocate memory") == std::string::npos) throw;
    throw Error(does_not_fit());
  }
}

}  // namespace

Data open_dataset(const Choice<Source>& source) {
  return checked_data(source, [](const Source& made) { return made.open(); });
}

Data open_dataset_like(const Choice<Source>& source, const InputSchema& own) {
  return checked_data(source, [&](const Source& made) { return made.open_like(own); });
}

namespace {

/// Whether it is a .npz file of SciPy's; damaged archives are refused by the source that reads .npz files.
bool holds_sparse_matrix(const std::string& path) {
  try {
    return is_sparse_npz(names_in_npz(path));
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

std::string source_of_file(const std::string& path) {
  if (folder_exists(path)) return std::string(Images::Config::kind);
  const auto begin = beginning_of(path);
  const auto kind = file_kind(begin);
  if (kind.source == Npz::Config::kind && holds_sparse_matrix(path))
    return std::string(SparseSource::Config::kind);
  if (!kind.source.empty()) return std::string(kind.source);
  const bool packed = begin.starts_with("\x1f\x8b");
  const auto suffix = kind.name.empty() || packed ? source_of_suffix(path) : "";
  return std::string(suffix.empty() ? Csv::Config::kind : suffix);
}

Data open_dataset(std::string_view name) { return open_dataset(Choice<Source>::named(name)); }

}  // namespace aelab
