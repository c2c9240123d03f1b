// Tables with categories and missing cells, from the file to a model in a program.

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "aelab/core/error.h"
#include "aelab/data/sources/csv_source.h"
#include "aelab/models/dense.h"
#include "aelab/nn/corruptions.h"
#include "aelab/runs/trained_run.h"
#include "tests/torch_support.h"

namespace aelab {
namespace {

/// With decimal commas and a byte order mark; every fifth cell is missing.
std::string survey_text(int rows, const std::vector<std::string>& cities, bool reordered = false) {
  std::string text = reordered ? "\xef\xbb\xbfstadt;raucht;gewicht;alter\n"
                               : "\xef\xbb\xbf"
                                 "alter;gewicht;stadt;raucht\n";
  for (int i = 0; i < rows; ++i) {
    const auto cell = [&](int column, const std::string& value) {
      return (i * 7 + column * 3) % 5 == 0 ? "" : value;
    };
    const auto age = cell(0, std::to_string(20 + i * 13 % 50));
    const auto weight = cell(1, std::to_string(50 + i * 13 % 50) + "," + std::to_string(1 + i % 8) + "5");
    const auto city = cell(2, cities[static_cast<std::size_t>(i * 13 % 50 / 10) % cities.size()]);
    const auto smokes = cell(3, i * 13 % 50 > 25 ? "ja" : "nein");
    text += reordered ? city + ";" + smokes + ";" + weight + ";" + age + "\n"
                      : age + ";" + weight + ";" + city + ";" + smokes + "\n";
  }
  return text;
}

struct TypedTables : testing::Test {
  TemporaryFolder temporary;

  std::filesystem::path trained() const {
    const auto table = temporary / "train.csv";
    put_file(table, survey_text(120, {"Bonn", "Kiel", "Ulm"}));
    RunConfig config;
    config.name = "survey";
    config.output = temporary.path();
    config.data.source = Csv::Config{.files = {table.string()}};
    config.model.variant = Dense::Config{.base = {.code = 2, .corruption = ColumnMasking::Config{}},
                                         .backbone = {.hidden = {12}}};
    config.training.epochs = 5;
    config.training.batch_size = 16;
    const auto folder = run(config, {.quiet = true}).folder;
    std::filesystem::remove(table);
    return folder;
  }
};

TEST_F(TypedTables, AreUsedWithoutTheirTrainingFile) {
  const auto folder = trained();
  for (const auto& path : {folder, folder / "checkpoints/best.safetensors"}) {
    const auto model = open_model(path);
    ASSERT_EQ(model.input().types.size(), 4U);
    EXPECT_EQ(model.input().types[2].categories, (std::vector<std::string>{"Bonn", "Kiel", "Ulm"}));
    EXPECT_EQ(model.input().types[3].kind, ColumnKind::categorical);  // ja and nein are no words for 1 and 0
    const auto other = temporary / "other.csv", sorted = temporary / "sorted.csv";
    put_file(other, survey_text(30, {"Bonn", "Graz", "Ulm"}, /*reordered=*/true));
    put_file(sorted, survey_text(30, {"Bonn", "Graz", "Ulm"}));
    const auto data = open_for_model(model, Csv::Config{.files = {other.string()}});
    const auto same = open_for_model(model, Csv::Config{.files = {sorted.string()}});
    const auto raw = data.train.range(0, 30).inputs;
    EXPECT_TRUE(same_bits(raw, same.train.range(0, 30).inputs));
    EXPECT_TRUE((raw.select(1, 2) == 3).any().item<bool>());  // Graz, which the model has not seen
    EXPECT_TRUE(raw.isnan().any().item<bool>());
    const auto codes = model.encode(raw);
    EXPECT_TRUE(codes.isfinite().all().item<bool>());
    const auto prepared = rows_for_model(model, data.train).range(0, 30).inputs;
    EXPECT_TRUE(same_bits(codes, model.encode(raw)));
    EXPECT_TRUE(at::allclose(model.network()->encode(prepared), codes, 1e-5, 1e-6));
    const auto back = model.reconstruct(raw);
    EXPECT_EQ(back.sizes(), raw.sizes());
    EXPECT_TRUE(back.isfinite().all().item<bool>());
    EXPECT_NEAR(back.select(1, 0).mean().item<double>(), 45, 15);  // in the units of the table
    EXPECT_TRUE(model.score(raw).isfinite().all().item<bool>());
    auto infinite = raw.clone();
    infinite[1][0] = INFINITY;
    EXPECT_SAYS(message_of<Error>([&] { model.encode(infinite); }), "row 1, value 0");
  }
}

TEST_F(TypedTables, AreRecordedWithTheirEncoder) {
  const auto folder = trained();
  const auto config = load_run_config(folder);
  ASSERT_EQ(config.data.split.transforms.size(), 1U);
  EXPECT_EQ(config.data.split.transforms.front().kind(), "columns");
  EXPECT_EQ(config.model.expanded->likelihood->kind(), "mixed");
}

TEST_F(TypedTables, OfOtherColumnsAreRefused) {
  const auto model = open_model(trained());
  const auto refused = [&](const std::string& text) {
    const auto path = temporary / "x.csv";
    put_file(path, text);
    return message_of<Error>([&] { (void)open_for_model(model, Csv::Config{.files = {path.string()}}); });
  };
  EXPECT_SAYS(refused("alter;gewicht;stadt\n1;2;Ulm\n"),
              "lacks a column that the model was trained on: \"raucht\"");
  EXPECT_SAYS(refused("alter;gewicht;stadt;raucht\n1;2;Ulm;ja\nalt;2;Ulm;ja\n"),
              "x.csv:3: column 0 (\"alter\"): \"alt\" is not a number");
}

}  // namespace
}  // namespace aelab
