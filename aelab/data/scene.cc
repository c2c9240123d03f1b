#include "aelab/data/scene.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "aelab/core/error.h"
#include "aelab/core/random.h"

namespace aelab {

void CombinationsConfig::fields(Fields& f) {
  f("rows", rows,
    "number of rows for training, each with another combination of the factors' values; default: all that "
    "are "
    "not for the test",
    at_least(1));
  f("test_rows", test_rows, "number of held-out rows for the test, of further combinations; 0: none",
    at_least(0));
  f("seed", seed, "seed of the choice of rows and of their order", at_least(0));
}

Combinations::Combinations(const CombinationsConfig& config, std::int64_t all)
    : order(all, random_key(config.seed, "combinations")),
      train(config.rows.value_or(all - config.test_rows)),
      test(config.test_rows) {
  constexpr std::int64_t kMost = 100'000'000;  // splits hold the places of all rows
  if (train < 1 || train > all - test)
    throw FieldError(config.rows ? "rows" : "test_rows",
                     "there are " + std::to_string(all) +
                         " combinations of the factors' values, too few for " +
                         (config.rows ? std::to_string(train) : "any") + " training rows and " +
                         std::to_string(test) + " test rows");
  if (train + test > kMost)
    throw FieldError("rows", "at most " + std::to_string(kMost) + " of the " + std::to_string(all) +
                                 " combinations of the factors' values can be rows: set \"rows\"");
}

Tensor Combinations::numbers() const {
  auto numbers = at::empty({test + train}, at::kLong);
  auto* number = numbers.mutable_data_ptr<std::int64_t>();
  for (std::int64_t i = 0; i < test + train; ++i) number[i] = order(i);
  return numbers;
}

namespace {

class SceneRows : public Storage {
 public:
  /// Those at `count` places of the order, from `begin` on.
  SceneRows(std::shared_ptr<const Scene> scene, const Permutation& order, std::int64_t begin,
            std::int64_t count)
      : scene_(std::move(scene)), factors_(scene_->factors()), order_(order), begin_(begin), count_(count) {}

  std::int64_t size() const override { return count_; }
  Shape shape() const override { return scene_->shape(); }
  bool has_labels() const override { return !scene_->class_names().empty(); }
  std::vector<Factor> factors() const override { return factors_; }
  bool in_memory() const override { return false; }

  Batch gather(const Tensor& rows, const Randomness&) const override {
    const auto values = values_of(rows);
    auto sizes = shape();
    const auto pixels = elements(sizes);
    sizes.insert(sizes.begin(), rows.size(0));
    auto pictures = at::zeros(sizes);
    const auto count = factors_.size();
    const std::span all(values.const_data_ptr<std::int64_t>(), static_cast<std::size_t>(values.numel()));
    auto* to = pictures.mutable_data_ptr<float>();
    at::parallel_for(0, rows.size(0), 1, [&](std::int64_t begin, std::int64_t end) {
      for (auto i = begin; i < end; ++i)
        scene_->draw(all.subspan(static_cast<std::size_t>(i) * count, count), to + i * pixels);
    });
    return {pictures, labels_among(values), rows, values};
  }
  Tensor labels(const Tensor& rows) const override { return labels_among(values_of(rows)); }

 private:
  std::shared_ptr<const Scene> scene_;
  std::vector<Factor> factors_;
  Permutation order_;
  std::int64_t begin_, count_;

  Tensor labels_among(const Tensor& values) const {
    return has_labels() ? values.select(1, 0).contiguous() : Tensor();
  }

  /// [rows, factors]
  Tensor values_of(const Tensor& rows) const {
    const auto count = static_cast<std::int64_t>(factors_.size());
    auto values = at::empty({rows.size(0), count}, at::kLong);
    const auto places = rows.contiguous();
    const auto* place = places.const_data_ptr<std::int64_t>();
    auto* to = values.mutable_data_ptr<std::int64_t>();
    for (std::int64_t i = 0; i < rows.size(0); ++i) {
      auto combination = order_(begin_ + place[i]);
      for (auto k = count; k-- > 0;) {
        const auto options = factors_[static_cast<std::size_t>(k)].values;
        to[i * count + k] = combination % options;
        combination /= options;
      }
    }
    return values;
  }
};

}  // namespace

Data open_scene(std::string name, std::shared_ptr<const Scene> scene, const CombinationsConfig& config) {
  std::int64_t all = 1;
  for (const auto& factor : scene->factors()) all *= factor.values;
  const Combinations chosen(config, all);
  const auto part = [&](std::int64_t begin, std::int64_t count) {
    return Dataset(std::make_shared<SceneRows>(scene, chosen.order, begin, count));
  };
  Data data{.name = std::move(name), .train = part(chosen.test, chosen.train), .origin = "drawn"};
  if (chosen.test) data.test = part(0, chosen.test);
  data.class_names = scene->class_names();
  if (!data.class_names.empty()) data.label = scene->factors().front().name;
  return data;
}

}  // namespace aelab
