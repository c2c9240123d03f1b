#include "aelab/data/sources/dsprites.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "aelab/core/error.h"
#include "aelab/core/memory.h"
#include "aelab/core/signals.h"
#include "aelab/data/formats/npy.h"
#include "aelab/data/places.h"

namespace aelab {
namespace {

constexpr std::int64_t kShapeColumn = 1;
const std::vector<std::string> kShapeNames = {"square", "ellipse", "heart"};

std::int64_t bytes_for(std::int64_t bits) { return (bits + 7) / 8; }

/// Pictures of zeros and ones, [1, height, width], a bit a pixel.
class PackedPictures : public Storage {
 public:
  PackedPictures(Shape shape, Tensor bits, Tensor labels)
      : shape_(std::move(shape)), bits_(std::move(bits)), labels_(std::move(labels)) {
    (void)value_range();  // known without a pass over the rows
  }
  std::int64_t size() const override { return bits_.size(0); }
  Shape shape() const override { return shape_; }
  bool has_labels() const override { return true; }
  Tensor labels(const Tensor& rows) const override { return labels_.index_select(0, rows); }
  Batch gather(const Tensor& rows, const Randomness&) const override {
    const auto pixels = elements(shape_), width = bits_.size(1);
    const auto places = rows.contiguous();
    auto pictures = at::empty({rows.size(0), shape_[0], shape_[1], shape_[2]});
    const auto* place = places.const_data_ptr<std::int64_t>();
    const auto* bits = bits_.const_data_ptr<std::uint8_t>();
    auto* to = pictures.mutable_data_ptr<float>();
    at::parallel_for(0, rows.size(0), 16, [&](std::int64_t begin, std::int64_t end) {
      for (auto i = begin; i < end; ++i)
        for (std::int64_t pixel = 0; pixel < pixels; ++pixel)
          to[i * pixels + pixel] = static_cast<float>(bits[place[i] * width + pixel / 8] >> (pixel % 8) & 1);
    });
    return {pictures, labels_.index_select(0, rows), rows};
  }

 protected:
  Range find_range() const override { return {0, 1}; }

 private:
  Shape shape_;
  Tensor bits_, labels_;  // [rows, bytes], [rows]
};

/// The rows with these numbers in the file, [rows, bytes], in this order, and the shape of a picture.
std::pair<Tensor, Shape> packed_pictures(const std::string& file, const Tensor& chosen, std::int64_t rows) {
  auto places = at::full({rows}, -1, at::kLong);
  places.index_copy_(0, chosen, at::arange(chosen.size(0), at::kLong));
  const auto* place = places.const_data_ptr<std::int64_t>();
  Tensor bits;
  Shape shape;
  visit_npz_rows(file, "imgs", [&](const ArrayLayout& layout) -> RowVisitor {
    if (layout.type != ValueType::u8 || layout.shape.size() != 3 || layout.shape[0] != rows)
      throw Error(file + ": imgs: dSprites has bytes of shape [" + std::to_string(rows) +
                  ", height, width] there, as many rows as latents_classes, and this is [" +
                  in_list(layout.shape) + "]");
    shape = {1, layout.shape[1], layout.shape[2]};
    const auto width = bytes_for(elements(shape));
    require_memory(static_cast<double>(chosen.size(0) * width), "data: the pictures of dSprites",
                   "set \"rows\" to fewer");
    bits = at::zeros({chosen.size(0), width}, at::kByte);
    return [&, width](std::int64_t row, std::string_view bytes) {
      if (row % 1024 == 0) StopSignals::check();
      if (place[row] < 0) return;
      auto* to = bits.mutable_data_ptr<std::uint8_t>() + place[row] * width;
      for (std::size_t i = 0; i < bytes.size(); ++i) {
        const auto value = static_cast<std::uint8_t>(bytes[i]);
        if (value > 1)
          throw Error(file + ": imgs: row " + std::to_string(row) + " has the value " +
                      std::to_string(value) + "; pixels of dSprites are 0 or 1");
        to[i / 8] = static_cast<std::uint8_t>(to[i / 8] | value << (i % 8));
      }
    };
  });
  return {bits, shape};
}

/// The values of the factors, [rows, 6].
Tensor values_in(const std::string& file) {
  const auto array = read_npz(file, "latents_classes");
  const auto& shape = array.layout().shape;
  if (is_float(array.layout().type) || shape.size() != 2 || shape[1] != 6)
    throw Error(file + ": latents_classes: dSprites has whole numbers of shape [rows, 6] there, this is [" +
                in_list(shape) + "]");
  const auto values = at::tensor(array.integers(), at::kLong).view({-1, 6});
  const auto most = static_cast<std::int64_t>(kShapeNames.size()) - 1;
  if ((values < 0).any().item<bool>() || values.select(1, kShapeColumn).max().item<std::int64_t>() > most)
    throw Error(file + ": latents_classes: dSprites has numbers from 0 there, and three shapes");
  return values;
}

std::vector<Factor> factors_among(const Tensor& values) {
  std::vector<Factor> factors;
  for (const auto* name : {"color", "shape", "scale", "orientation", "x", "y"}) {
    const auto column = values.select(1, static_cast<std::int64_t>(factors.size()));
    factors.push_back({name, column.max().item<std::int64_t>() + 1});
  }
  return factors;
}

}  // namespace

void DSprites::Config::fields(Fields& f) {
  known_as_path(f("files", files, "the .npz file"));
  combinations.fields(f);
  f.require(files.size() == 1, "files", "names one file, dsprites_ndarray_co1sh3sc6or40x32y32_64x64.npz");
}

std::vector<DSprites::Config> DSprites::Config::examples() {
  return {{.files = {"dsprites_ndarray_co1sh3sc6or40x32y32_64x64.npz"}, .combinations = {.rows = 10'000}}};
}

Data DSprites::open() const {
  require_files({{"files", config_.files}});
  require_kind_of("npz", config_.files);
  const auto& file = config_.files.front();
  const auto values = values_in(file);
  const auto factors = factors_among(values);
  const Combinations combinations(config_.combinations, values.size(0));
  const auto chosen = combinations.numbers();
  const auto [bits, shape] = packed_pictures(file, chosen, values.size(0));
  const auto chosen_values = values.index_select(0, chosen);
  const auto part = [&, &all_bits = bits, &of = shape](std::int64_t begin, std::int64_t count) {
    const auto own = chosen_values.narrow(0, begin, count);
    return Dataset(std::make_shared<PackedPictures>(of, all_bits.narrow(0, begin, count),
                                                    own.select(1, kShapeColumn).contiguous()))
        .with_factors(factors, own);
  };
  Data data{.name = std::string(Config::kind),
            .train = part(combinations.test, combinations.train),
            .origin = file,
            .files = config_.files,
            .class_names = kShapeNames};
  if (combinations.test) data.test = part(0, combinations.test);
  data.label = "shape";
  return data;
}

}  // namespace aelab
