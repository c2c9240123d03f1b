// Several sources side by side: which features and labels are whose, and what is refused.

#include "aelab/data/sources/side_by_side.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "aelab/core/files.h"
#include "aelab/data/data_record.h"
#include "aelab/data/sources/array_sources.h"
#include "aelab/data/sources/csv_source.h"
#include "aelab/data/sources/sprites.h"
#include "aelab/data/transforms.h"
#include "tests/torch_support.h"

namespace aelab {
namespace {

class SideBySideRows : public testing::Test {
 protected:
  TemporaryFolder folder_;

  /// A table of columns a and b, whose values are 10 row + column, and a class that is the row's parity.
  Csv::Config csv(std::int64_t rows, const std::string& name = "table.csv",
                  const std::string& header = "a,b,kind") {
    std::string text = header + "\n";
    for (std::int64_t i = 0; i < rows; ++i)
      text +=
          std::to_string(10 * i) + "," + std::to_string(10 * i + 1) + "," + (i % 2 ? "odd" : "even") + "\n";
    write_file(folder_ / name, text);
    return {.files = {(folder_ / name).string()}, .label = "kind"};
  }
  /// Images of 2 x 2, whose values are -row.
  Npy::Config npy(std::int64_t rows, const std::string& name = "array.npy") {
    const auto values =
        -at::arange(rows, at::kFloat).view({rows, 1, 1, 1}).expand({rows, 1, 2, 2}).contiguous();
    std::string file =
        "{'descr': '<f4', 'fortran_order': False, 'shape': (" + std::to_string(rows) + ", 1, 2, 2)}";
    file.resize(117, ' ');
    file = std::string("\x93NUMPY\x01\0\x76\0", 10) + file + "\n";
    file.append(static_cast<const char*>(values.const_data_ptr()), values.nbytes());
    write_file(folder_ / name, file);
    return {.files = {(folder_ / name).string()}};
  }
  static Data open(const std::vector<Choice<Source>>& sources) {
    return open_dataset(SideBySide::Config{.sources = sources});
  }
  static std::string refused(const std::vector<Choice<Source>>& sources) {
    return message_of<Error>([&] { open(sources); });
  }
};

using Blocks = std::vector<std::int64_t>;
using Names = std::vector<std::string>;

TEST_F(SideBySideRows, AreTheFeaturesOfATableAndAnArray) {
  const auto data = open({npy(20), csv(20)});
  EXPECT_EQ(data.shape(), Shape{6});
  EXPECT_EQ(data.blocks, (Blocks{4, 2}));
  EXPECT_EQ(data.class_names, (Names{"even", "odd"}));  // of the second, which alone has labels
  EXPECT_EQ(data.label, "kind");
  EXPECT_TRUE(data.columns.empty());
  const auto rows = data.train.gather(at::tensor({7, 2}, at::kLong));
  EXPECT_TRUE(at::equal(rows.inputs, at::tensor({-7.F, -7.F, -7.F, -7.F, 70.F, 71.F,  //
                                                 -2.F, -2.F, -2.F, -2.F, 20.F, 21.F})
                                         .view({2, 6})));
  EXPECT_TRUE(at::equal(rows.labels, at::tensor({1, 0}, at::kLong)));
  EXPECT_TRUE(at::equal(data.train.labels(), at::arange(20, at::kLong).remainder(2)));
  EXPECT_SAYS(data.train.where(7), "array.npy");
  EXPECT_SAYS(data.train.where(7), "beside row 7");
  EXPECT_EQ(data.files, (Names{(folder_ / "array.npy").string(), (folder_ / "table.csv").string()}));
  EXPECT_EQ(record_of_data(data).at("blocks"), (Blocks{4, 2}));
  EXPECT_EQ(schema_of(data).blocks, (Blocks{4, 2}));
}

TEST_F(SideBySideRows, HaveNamesOfColumnsThatTellSourcesApart) {
  EXPECT_EQ(open({csv(4), csv(4, "other.csv", "c,d,kind")}).columns, (Names{"a", "b", "c", "d"}));
  EXPECT_EQ(open({csv(4), csv(4, "same.csv")}).columns, (Names{"0/a", "0/b", "1/a", "1/b"}));
}

TEST_F(SideBySideRows, AreFoundByTheirNamesForAModel) {
  const auto own = schema_of(open({csv(4), csv(4, "same.csv")}));
  const auto swapped = csv(4, "swapped.csv", "b,a,kind");  // so that "a" is 10 row + 1
  const SideBySide::Config other{.sources = {csv(4), swapped}};
  const auto data = open_dataset_like(other, own);
  EXPECT_EQ(data.columns, own.columns);
  EXPECT_TRUE(at::equal(data.train.range(1, 2).inputs, at::tensor({10.F, 11.F, 11.F, 10.F}).view({1, 4})));
}

TEST_F(SideBySideRows, AreRefusedUnlessTheirNumbersAreEqual) {
  EXPECT_SAYS(refused({csv(20), npy(19)}), "sources[1]: has 19 rows, and sources[0] has 20");
  auto with_test = npy(20, "train.npy");
  with_test.test_files = npy(5, "test.npy").files;
  EXPECT_SAYS(refused({csv(20), with_test}), "sources[1]: has test rows, and sources[0] has none");
  auto shorter = npy(20, "train.npy");
  shorter.test_files = npy(4, "short.npy").files;
  EXPECT_SAYS(refused({with_test, shorter}), "sources[1]: has 4 test rows, and sources[0] has 5");
  EXPECT_SAYS(refused({csv(20)}), "sources: must be two or more");
  EXPECT_SAYS(refused({csv(20), Npy::Config{.files = {"none.npy"}}}), "sources[1].files");
}

TEST_F(SideBySideRows, KeepTheirPlacesInSplitsAndTheirBlocksThroughTransformsThatKeepFeatures) {
  const auto data = open({csv(40), npy(40)});
  const auto plain = data.split({.validation = 10}, 3);
  const auto rows = plain.validation.range(0, 10).inputs;
  EXPECT_TRUE(at::equal(rows.select(1, 0), -10 * rows.select(1, 5)));
  EXPECT_EQ(plain.blocks, data.blocks);
  EXPECT_EQ(data.split({.transforms = {StandardizeTransform::Config{}}}).blocks, data.blocks);
  EXPECT_TRUE(data.split({.transforms = {WhitenTransform::Config{}}}).blocks.empty());
}

TEST_F(SideBySideRows, MayBeDrawnWhenTheyAreNeeded) {
  const Sprites::Config sprites{
      .size = 12, .scales = 2, .angles = 3, .positions = 3, .combinations = {.rows = 30}};
  const auto drawn = open_dataset(sprites);
  ASSERT_FALSE(drawn.train.in_memory());
  const auto data = open({sprites, npy(30)});
  EXPECT_FALSE(data.train.in_memory());
  EXPECT_EQ(data.train.truth(), nullptr);
  EXPECT_EQ(data.train.factors(), drawn.train.factors());
  const auto places = at::tensor({29, 3}, at::kLong);
  const auto rows = data.train.gather(places), own = drawn.train.gather(places);
  EXPECT_TRUE(same_bits(rows.inputs.narrow(1, 0, 144), own.inputs.flatten(1)));
  EXPECT_TRUE(at::equal(rows.factors, own.factors));
  EXPECT_TRUE(at::equal(rows.rows, places));
}

}  // namespace
}  // namespace aelab
