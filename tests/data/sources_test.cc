// Sources of the user's files, against values written here.

#include "aelab/data/sources.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <thread>

#include "aelab/core/error.h"
#include "aelab/core/files.h"
#include "aelab/core/image.h"
#include "aelab/core/safetensors.h"
#include "aelab/data/batches.h"
#include "aelab/data/formats/npy.h"
#include "aelab/nn/compute.h"
#include "tests/support.h"

namespace aelab {
namespace {

namespace fs = std::filesystem;

Tensor inputs_of(const Dataset& set) { return set.range(0, set.size()).inputs; }

class SourceFiles : public testing::Test {
 protected:
  /// Writes float rows or int64 class numbers as .npy.
  FileNames npy(const std::string& name, const Tensor& values) const {
    const auto dense = values.contiguous();
    const auto dtype = values.scalar_type() == at::kLong   ? "I64"
                       : values.scalar_type() == at::kByte ? "U8"
                                                           : "F32";
    put_file(folder / name,
             npy_header(dtype, dense.sizes().vec()) +
                 std::string(static_cast<const char*>(dense.const_data_ptr()), dense.nbytes()));
    return folder / name;
  }
  template <class Config>
  static std::string refusal(const Config& config) {
    return message_of<Error>([&] { open_dataset(config); });
  }

  TemporaryFolder folder;
};

TEST_F(SourceFiles, StayInTheirFilesOrNotWithTheSameBits) {
  const auto x = at::randn({50, 2, 3}), y = at::randn({30, 2, 3});
  const auto labels_x = at::randint(4, {50}, at::kLong), labels_y = at::randint(4, {30}, at::kLong);
  auto files = npy("x.npy", x), labels = npy("lx.npy", labels_x);
  files.push_back(npy("y.npy", y).front());
  labels.push_back(npy("ly.npy", labels_y).front());
  const auto resident = open_dataset(Npy::Config{.files = files, .label_files = labels});
  const auto mapped = open_dataset(Npy::Config{.files = files, .label_files = labels, .in_memory = false});
  EXPECT_TRUE(at::equal(inputs_of(resident.train), at::cat({x, y}).unsqueeze(1)));
  EXPECT_TRUE(at::equal(mapped.train.labels(), at::cat({labels_x, labels_y})));
  EXPECT_FALSE(mapped.train.in_memory() || !resident.train.in_memory());
  const auto a = ShuffledBatches(resident.train, 7, 1).pass(0),
             b = ShuffledBatches(mapped.train, 7, 1).pass(0);
  for (std::int64_t i = 0; i < a.count(); ++i) {
    const auto want = a[i], got = b[i];
    EXPECT_TRUE(at::equal(want.inputs, got.inputs));
    EXPECT_TRUE(at::equal(want.labels, got.labels));
    EXPECT_TRUE(at::equal(want.rows, got.rows));
  }
  EXPECT_TRUE(at::equal(b[5].inputs, a[5].inputs));  // begun anew
  EXPECT_TRUE(at::equal(b[2].inputs, a[2].inputs));
  EXPECT_EQ(mapped.train.where(57), "row 7 of " + (folder / "y.npy").string());
}

TEST_F(SourceFiles, GatheringAheadLeavesOtherThreadsTheirCores) {
  const auto before = at::get_num_threads();
  const auto data = open_dataset(Npy::Config{.files = npy("x.npy", at::randn({50, 20})), .in_memory = false});
  const Batches batches(data.train, 5);
  for (std::int64_t i = 0; i < batches.count(); ++i) EXPECT_EQ(batches[i].size(), 5);
  EXPECT_EQ(at::get_num_threads(), before);
  EXPECT_TRUE(at::equal(at::mm(at::ones({64, 64}), at::ones({64, 64})), at::full({64, 64}, 64.)));
}

/// Says what it is computed with.
struct WatchesKernels : Transform {
  mutable std::atomic<bool> by_libtorch = false;
  Tensor apply(Tensor x, const Draws&) const override {
    by_libtorch = kernels().convolution == DirectKernel::libtorch && at::get_num_threads() == 1;
    return x;
  }
};

TEST_F(SourceFiles, GatheringAheadComputesWithTheKernelsOfWhoAsked) {
  const auto data = open_dataset(Npy::Config{.files = npy("x.npy", at::randn({50, 20})), .in_memory = false});
  const auto watching = std::make_shared<WatchesKernels>();
  const Compute compute(2, {.convolution = DirectKernel::libtorch});
  const Batches batches(data.train.transformed(watching), 5);
  EXPECT_EQ(batches[0].size(), 5);
  EXPECT_TRUE(watching->by_libtorch);
}

TEST_F(SourceFiles, AFileThatShrinksInUseFails) {
  const auto file = npy("x.npy", at::randn({50, 20}));
  const auto data = open_dataset(Npy::Config{.files = file, .in_memory = false});
  const Batches batches(data.train, 10);
  EXPECT_EQ(batches[0].size(), 10);
  fs::resize_file(file.front(),
                  fs::file_size(file.front()) - 20 * 4 - 1);  // batches beyond may be gathered already
  const auto said = message_of<Failure>([&] {
    for (int again = 0; again < 2; ++again)
      for (std::int64_t i = 0; i < 5; ++i) (void)batches[i];
  });
  EXPECT_SAYS(said, file.front() + ": became shorter while it was in use: it has 4047 of 4128 bytes");
}

TEST_F(SourceFiles, AFileThatIsOverwrittenInUseFails) {
  const auto file = npy("x.npy", at::randn({50, 20}));
  fs::last_write_time(file.front(), fs::file_time_type::clock::now() - std::chrono::hours(1));
  for (const bool in_memory : {false, true}) {
    const auto data = open_dataset(Npy::Config{.files = file, .in_memory = in_memory});
    EXPECT_EQ(data.train.range(0, 50).size(), 50);
    npy("x.npy", at::randn({50, 20}));
    const auto said = message_of<Failure>([&] { (void)data.train.range(0, 50); });
    if (in_memory)
      EXPECT_EQ(said, "nothing was thrown");
    else
      EXPECT_SAYS(said, file.front() + ": was changed while it was in use");
  }
}

TEST_F(SourceFiles, ChannelsMayComeLast) {
  const auto x = at::randn({5, 4, 6, 3});
  const auto data = open_dataset(Npy::Config{.files = npy("x.npy", x), .channels_last = true});
  EXPECT_TRUE(at::equal(inputs_of(data.train), x.permute({0, 3, 1, 2})));
  EXPECT_SAYS(refusal(Npy::Config{.files = npy("y.npy", at::randn({5, 4})), .channels_last = true}),
              "not images");
}

TEST_F(SourceFiles, NpyNamesWhatDoesNotFit) {
  const auto x = npy("x.npy", at::randn({5, 4}));
  FileNames both = x;
  both.push_back(npy("y.npy", at::randn({5, 3})).front());
  EXPECT_SAYS(refusal(Npy::Config{.files = both}), "y.npy: its rows have shape [3], those of ");
  EXPECT_SAYS(refusal(Npy::Config{.files = x, .label_files = npy("l.npy", at::zeros({4}, at::kLong))}),
              "l.npy: has 4 labels for the 5 rows of ");
  EXPECT_SAYS(refusal(Npy::Config{.files = x, .label_files = npy("l.npy", at::zeros({5}))}),
              "labels must be integers of shape [rows]");
  EXPECT_SAYS(
      refusal(Npy::Config{.files = x, .label_files = npy("l.npy", at::tensor({0, 1, -1, 1, 1}, at::kLong))}),
      "l.npy: row 2: labels are class numbers from 0");
  EXPECT_SAYS(refusal(Npy::Config{.files = npy("z.npy", at::zeros({5}))}), "holds a one-dimensional array");
  EXPECT_SAYS(refusal(Npy::Config{.files = npy("z.npy", at::zeros({0, 4}))}),
              "z.npy: is empty: its shape is 0x4");
  EXPECT_BEGINS(refusal(Npy::Config{.files = x, .test_files = npy("t.npy", at::zeros({5, 3}))}),
                "the test rows have shape [3], the training rows [4]");
  EXPECT_BEGINS(refusal(Npy::Config{.files = {"a.npy", x.front(), "b.npy"}}),
                "files: there is no file a.npy, b.npy in " + fs::current_path().string());
  const auto missing = refusal(Npy::Config{.files = "a.npy", .test_files = "t.npy"});
  EXPECT_BEGINS(missing, "files: there is no file a.npy");
  EXPECT_SAYS(missing, "\n  test_files: there is no file t.npy");
}

TEST_F(SourceFiles, NpzAndSafetensorsTakeArraysByName) {
  const auto x = at::randn({6, 3}).contiguous();
  const auto y = at::tensor({0, 1, 2, 0, 1, 2}, at::kLong);
  const auto bytes = [](const Tensor& t) {
    return std::span(static_cast<const std::byte*>(t.const_data_ptr()), t.nbytes());
  };
  const std::vector<TensorBytes> tensors = {{"x", "F32", {6, 3}, bytes(x)}, {"y", "I64", {6}, bytes(y)}};
  write_npz(folder / "a.npz", tensors);
  write_safetensors(folder / "a.safetensors", tensors);
  const ArchiveConfig npz{.files = folder / "a.npz", .inputs = "x", .labels = "y"};
  const ArchiveConfig safetensors{.files = folder / "a.safetensors", .inputs = "x", .labels = "y"};
  for (const auto& data :
       {open_dataset(Npz::Config{npz}), open_dataset(SafetensorsSource::Config{safetensors}),
        open_dataset(SafetensorsSource::Config{.base = safetensors, .in_memory = false})}) {
    EXPECT_TRUE(at::equal(inputs_of(data.train), x));
    EXPECT_TRUE(at::equal(data.train.labels(), y));
  }
  for (const std::string name : {"a.npz", "a.safetensors"}) {
    const auto said = [&](ArchiveConfig config) {
      config.files = folder / name;
      return name == "a.npz" ? refusal(Npz::Config{config}) : refusal(SafetensorsSource::Config{config});
    };
    EXPECT_BEGINS(said({}), "inputs: say which array of ");
    EXPECT_SAYS(said({.inputs = "xx"}), "Did you mean \"x\"?");
  }
  EXPECT_SAYS(refusal(Npz::Config{{.files = folder / "a.safetensors"}}),
              "a.safetensors is a safetensors file: use \"source\": \"safetensors\" instead of \"npz\"");
  EXPECT_SAYS(refusal(SafetensorsSource::Config{{.files = folder / "a.npz"}}),
              "a.npz is a NumPy .npz file: use \"source\": \"npz\" instead of \"safetensors\"");
  EXPECT_SAYS(refusal(Npy::Config{.files = folder / "a.npz"}),
              "a.npz is a NumPy .npz file: use \"source\": \"npz\" instead of \"npy\"");
  put_file(folder / "bad.npz", read_file(folder / "a.npz").substr(0, 100));
  EXPECT_SAYS(refusal(Npz::Config{{.files = folder / "bad.npz", .inputs = "x"}}),
              "bad.npz: its 100 bytes are not a .npz file, or truncated or corrupted");
  auto content = read_file(folder / "a.npz");
  content[content.find("NUMPY") + 130] ^= 1;  // a value
  put_file(folder / "bad.npz", content);
  EXPECT_SAYS(refusal(Npz::Config{{.files = folder / "bad.npz", .inputs = "x"}}),
              "bad.npz: x: is corrupted: CRC error");
}

TEST_F(SourceFiles, CsvTakesNamesAsLabels) {
  put_file(folder / "a.csv", "w;h;kind\n1;2;cat\n3;4;ant\n5;6;cat\n");
  put_file(folder / "t.csv", "w;h;kind\n7;8;ant\n");
  Csv::Config config{
      .files = folder / "a.csv", .test_files = folder / "t.csv", .delimiter = ";", .label = "kind"};
  const auto data = open_dataset(config);
  EXPECT_TRUE(at::equal(inputs_of(data.train), at::tensor({1.f, 2.f, 3.f, 4.f, 5.f, 6.f}).view({3, 2})));
  EXPECT_TRUE(at::equal(data.train.labels(), at::tensor({1, 0, 1}, at::kLong)));
  EXPECT_TRUE(at::equal(data.test->labels(), at::tensor({0}, at::kLong)));
  put_file(folder / "t.csv", "w;h;kind\n7;8;dog\n");
  EXPECT_SAYS(refusal(config), "row 0: the label \"dog\" is not a class of the training files");
  config.shape = {{1, 3}};
  EXPECT_BEGINS(refusal(config), "shape: 1x3 has 3 values");
}

TEST_F(SourceFiles, ImagesNeedOneSizeAndTheirFolders) {
  fs::create_directories(folder / "cats");
  fs::create_directories(folder / "dogs");
  write_file(folder / "cats/a.png",
             encode_png({.width = 3, .height = 2, .channels = 1, .pixels = {0, 51, 102, 153, 204, 255}}));
  write_file(folder / "dogs/b.png",
             encode_png({.width = 2, .height = 2, .channels = 1, .pixels = {255, 0, 0, 255}}));
  const auto mixed = refusal(Images::Config{.files = folder.path()});
  EXPECT_SAYS(mixed, "dogs/b.png: is 2x2 pixels, but ");
  EXPECT_SAYS(mixed, "cats/a.png is 2x3");
  const auto data = open_dataset(Images::Config{.files = folder.path(), .crop = {{2, 2}}});
  EXPECT_TRUE(at::allclose(inputs_of(data.train),
                           at::tensor({0.f, 0.2f, 0.6f, 0.8f, 1.f, 0.f, 0.f, 1.f}).view({2, 1, 2, 2})));
  EXPECT_TRUE(at::equal(data.train.labels(), at::tensor({0, 1}, at::kLong)));
  fs::create_directories(folder / "empty");
  EXPECT_SAYS(refusal(Images::Config{.files = folder.path()}), "there is no PNG or JPEG file in ");
  EXPECT_BEGINS(refusal(Images::Config{.files = "/nowhere"}), "files: there is no folder /nowhere");
  fs::remove(folder / "empty");
  put_file(folder / "dogs/b.png", "no picture");
  put_file(folder / "cats/c.png", "none either");
  const auto said = refusal(Images::Config{.files = folder.path()});
  EXPECT_SAYS(said, "b.png: cannot be read as an image: it is neither PNG nor JPEG");
  EXPECT_SAYS(said, "c.png: cannot be read as an image");
}

TEST_F(SourceFiles, CifarRecordsAreLabelsAndPixels) {
  const auto record = [](std::initializer_list<int> labels, char value) {
    std::string bytes;
    for (const int label : labels) bytes += static_cast<char>(label);
    return bytes + std::string(3 * 1024, value);
  };
  for (int i = 1; i <= 5; ++i)
    put_file(folder / ("data_batch_" + std::to_string(i) + ".bin"), record({i}, static_cast<char>(i)));
  put_file(folder / "test_batch.bin", record({9}, '\xff') + record({0}, '\0'));
  const auto data = open_dataset(Cifar10::Config{.folder = folder.path()});
  EXPECT_EQ(data.shape(), (Shape{3, 32, 32}));
  EXPECT_TRUE(at::equal(data.train.labels(), at::arange(1, 6, at::kLong)));
  EXPECT_EQ(inputs_of(data.train)[4].max().item<float>(), 5.f / 255);
  EXPECT_EQ(inputs_of(*data.test)[0].min().item<float>(), 1);
  put_file(folder / "train.bin", record({1, 42}, 'a'));
  put_file(folder / "test.bin", record({19, 99}, 'b'));
  const auto hundred = open_dataset(Cifar100::Config{.folder = folder.path()});
  EXPECT_EQ(hundred.test->labels().item<std::int64_t>(), 99);
  const Cifar100::Config coarse{.labels = CifarLabels::coarse, .folder = folder.path()};
  EXPECT_EQ(open_dataset(coarse).test->labels().item<std::int64_t>(), 19);
  put_file(folder / "test.bin", record({20, 99}, 'b'));
  EXPECT_SAYS(refusal(coarse), "test.bin: byte 0: the label 20 is not below 20");
  put_file(folder / "test.bin", record({20, 99}, 'b') + "x");
  EXPECT_SAYS(refusal(coarse), "test.bin: byte 3075: the file ends within a record");
}

TEST(DerivedSources, PatchesAreCutOutOfPictures) {
  const auto digits = open_dataset("digits");
  const auto data =
      open_dataset(Patches::Config{.from = Digits::Config{}, .height = 3, .width = 2, .count = 50});
  EXPECT_EQ(data.shape(), (Shape{1, 3, 2}));
  const auto windows = inputs_of(digits.train).unfold(2, 3, 1).unfold(3, 2, 1).reshape({-1, 6});
  for (std::int64_t i = 0; i < 10; ++i) {
    const auto patch = data.train.range(i, i + 1).inputs.reshape({1, 6});
    EXPECT_TRUE((windows == patch).all(1).any().item<bool>());
  }
  EXPECT_BEGINS(
      message_of<Error>([] { open_dataset(Patches::Config{.from = Digits::Config{}, .height = 9}); }),
      "height: patches of 9x8 are larger than the images, which have shape [1, 8, 8]");
  EXPECT_BEGINS(
      message_of<Error>([] { open_dataset(Patches::Config{.from = Npy::Config{.files = "a.npy"}}); }),
      "from.files: there is no file a.npy");
}

TEST(DerivedSources, PatchesAreFromEveryPlace) {
  // Of 8 rows and columns, 7 begin at the first or the second one: every corner has a quarter of the patches.
  const auto rows = inputs_of(open_dataset("digits").train);
  const auto data =
      open_dataset(Patches::Config{.from = Digits::Config{}, .height = 7, .width = 7, .count = 400});
  const auto patches = inputs_of(data.train).flatten(1);
  for (const std::int64_t top : {0, 1})
    for (const std::int64_t left : {0, 1}) {
      const auto corner = rows.slice(2, top, top + 7).slice(3, left, left + 7).flatten(1);
      std::int64_t count = 0;
      for (std::int64_t i = 0; i < 400; ++i) count += (corner == patches[i]).all(1).any().item<bool>();
      EXPECT_NEAR(count, 100, 4 * std::sqrt(400 * 0.25 * 0.75)) << top << " " << left;
    }
}

TEST(DerivedSources, JoinedRowsKeepTheirOrderAndPlaces) {
  const auto digits = open_dataset("digits").train;
  const auto data = open_dataset(
      JoinedSources::Config{.sources = {Digits::Config{}, Digits::Config{}}, .label_by_source = true});
  const auto n = digits.size();
  const auto places = at::tensor({n + 5, std::int64_t{3}, n}, at::kLong);
  const auto batch = data.train.gather(places);
  EXPECT_TRUE(at::equal(batch.inputs, digits.gather(at::tensor({5, 3, 0}, at::kLong)).inputs));
  EXPECT_TRUE(at::equal(batch.labels, at::tensor({1, 0, 1}, at::kLong)));
  const JoinedSources::Config unequal{.sources = {Digits::Config{}, Synthetic::Config{.of = Xor::Config{}}}};
  EXPECT_BEGINS(message_of<Error>([&] { open_dataset(unequal); }),
                "sources: cannot join rows of shape [1, 8, 8] and [2]");
}

TEST(DerivedSources, VariationsOfMnistKeepTheRecipe) {
  const auto rect = open_dataset(MnistVariations::Config{.variation = MnistVariation::rect});
  EXPECT_EQ(rect.train.size(), 1200);
  const auto boxes = inputs_of(rect.train).squeeze(1);
  const auto widths = boxes.amax(1).sum(1), heights = boxes.amax(2).sum(1);
  EXPECT_TRUE(at::equal((widths > heights).to(at::kLong), rect.train.labels()));
  EXPECT_GE((widths - heights).abs().min().item<float>(), 3);
  EXPECT_TRUE(at::allclose(boxes.sum({1, 2}), 2 * (widths + heights) - 4));  // outlines

  const auto mnist = open_dataset("mnist");
  const auto rot = open_dataset(MnistVariations::Config{.variation = MnistVariation::rot});
  EXPECT_EQ(rot.train.size(), 12000);
  ASSERT_EQ(rot.test->size(), 50000);
  // Turning keeps the ink, but for what leaves the picture, and evens it out: no direction is preferred.
  const auto ink = rot.train.range(0, 4000).inputs.mean().item<double>();
  EXPECT_NEAR(ink, mnist.train.range(0, 4000).inputs.mean().item<double>(), 0.003);
  const auto mean = rot.train.range(0, 4000).inputs.mean(0).squeeze(0);
  EXPECT_LT((mean - mean.t()).abs().max().item<double>(), 0.03);

  const auto noisy = open_dataset(MnistVariations::Config{.variation = MnistVariation::bg_rand});
  const auto corner =
      noisy.train.range(0, 12000).inputs.slice(2, 0, 1).slice(3, 0, 1);  // never part of a digit
  EXPECT_NEAR(corner.mean().item<double>(), 0.5, 0.01);
  EXPECT_NEAR(corner.var().item<double>(), 1. / 12, 0.003);
  const auto basic = open_dataset(MnistVariations::Config{.variation = MnistVariation::basic});
  const auto digits = basic.train.range(0, 2000).inputs, seen = noisy.train.range(0, 2000).inputs;
  EXPECT_TRUE((seen >= digits).all().item<bool>());
  // Of ink d and a background evenly spread over [0, 1], the brighter one is (1 + d^2) / 2 on average.
  EXPECT_NEAR(seen.mean().item<double>(), (1 + digits.square().mean().item<double>()) / 2, 0.002);
}

TEST(SyntheticSources, AreMadeOfTheirTruth) {
  const auto dictionary = open_dataset(Synthetic::Config{
      .of = SparseDictionary::Config{.features = 10, .atoms = 20, .active = 3, .is_signed = true},
      .rows = 40,
      .test_rows = 10});
  const auto &codes = dictionary.truth.at("codes"), &atoms = dictionary.truth.at("dictionary");
  EXPECT_TRUE(at::allclose(at::mm(codes, atoms).slice(0, 40), inputs_of(*dictionary.test), 1e-5, 1e-6));
  EXPECT_TRUE(((codes != 0).sum(1) == 3).all().item<bool>());
  EXPECT_TRUE(at::allclose(atoms.norm(2, 1), at::ones({20})));

  const auto parity = open_dataset(Synthetic::Config{.of = Xor::Config{}, .rows = 100}).train;
  const auto bits = inputs_of(parity);
  EXPECT_TRUE(at::equal(parity.labels(), (bits.select(1, 0) != bits.select(1, 1)).to(at::kLong)));

  const auto roll = open_dataset(Synthetic::Config{.of = Manifold::Config{.features = 7}, .rows = 50});
  const auto flat =
      at::mm(inputs_of(roll.train), roll.truth.at("embedding").t());  // back to three dimensions
  const auto t = roll.truth.at("position").select(1, 0);
  EXPECT_TRUE(at::allclose(10 * flat.select(1, 0), t * t.cos(), 1e-3, 1e-3));
  EXPECT_TRUE(
      at::allclose((flat.select(1, 0).square() + flat.select(1, 2).square()).sqrt(), t / 10, 1e-4, 1e-4));

  const auto torus =
      open_dataset(Synthetic::Config{.of = Manifold::Config{.surface = Surface::torus}, .rows = 50});
  const auto p = inputs_of(torus.train);
  const auto ring = (p.select(1, 0).square() + p.select(1, 1).square()).sqrt() - 1;
  EXPECT_TRUE(at::allclose(ring.square() + p.select(1, 2).square(), at::full({50}, 0.16), 1e-4, 1e-5));
}

}  // namespace
}  // namespace aelab
