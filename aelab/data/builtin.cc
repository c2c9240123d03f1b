#include "aelab/data/sources/array_sources.h"
#include "aelab/data/sources/csv_source.h"
#include "aelab/data/sources/derived_sources.h"
#include "aelab/data/sources/idx_sources.h"
#include "aelab/data/sources/image_sources.h"
#include "aelab/data/sources/synthetic.h"
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
                             .add<Csv>()
                             .add<Idx>()
                             .add<Npy>()
                             .add<Npz>()
                             .add<SafetensorsSource>()
                             .add<Images>()
                             .add<Patches>()
                             .add<JoinedSources>();
  return registry;
}

Registry<Distribution>& Distribution::registry() {
  static auto registry = Registry<Distribution>("distribution", "distributions", "kind")
                             .add<SparseDictionary>()
                             .add<Manifold>()
                             .add<Xor>()
                             .add<Sprites>();
  return registry;
}

Registry<Transform>& Transform::registry() {
  static auto registry = Registry<Transform>("transform", "transforms", "kind")
                             .add<ScaleTransform>()
                             .add<StandardizeTransform>()
                             .add<BinarizeTransform>()
                             .add<FlattenTransform>()
                             .add<CropTransform>()
                             .add<FlipTransform>()
                             .add<WhitenTransform>();
  return registry;
}

Data open_dataset(const Choice<Source>& source) { return source.make()->open(); }
Data open_dataset(std::string_view name) { return open_dataset(Choice<Source>::named(name)); }

}  // namespace aelab
