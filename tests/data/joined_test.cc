// Several sources as one: whose labels mean what.

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "aelab/core/files.h"
#include "aelab/data/sources/array_sources.h"
#include "aelab/data/sources/csv_source.h"
#include "aelab/data/sources/derived_sources.h"
#include "tests/support.h"

namespace aelab {
namespace {

class Joined : public testing::Test {
 protected:
  TemporaryFolder folder_;

  /// A table of one row per class, whose value is `value`, value + 1, and so on; without classes, one row.
  std::string table(const std::string& name, int value, const std::vector<std::string>& classes) {
    std::string text = classes.empty() ? "x\n" + std::to_string(value) + "\n" : "x,kind\n";
    for (const auto& label : classes) text += std::to_string(value++) + "," + label + "\n";
    const auto path = (folder_ / name).string();
    write_file(path, text);
    return path;
  }
  Csv::Config csv(const std::string& name, int value, const std::vector<std::string>& classes) {
    return {.files = {table(name, value, classes)}, .label = classes.empty() ? "" : "kind"};
  }

  static Data open(const std::vector<Choice<Source>>& sources, bool label_by_source = false) {
    return open_dataset(JoinedSources::Config{.sources = sources, .label_by_source = label_by_source});
  }
  static std::string refused(const std::vector<Choice<Source>>& sources) {
    return message_of<Error>([&] { open(sources); });
  }
  static std::vector<std::int64_t> labels_of(const Dataset& set) {
    const auto labels = set.labels();
    EXPECT_TRUE(at::equal(labels, set.range(0, set.size()).labels)) << "read alone and with the rows";
    return {labels.data_ptr<std::int64_t>(), labels.data_ptr<std::int64_t>() + labels.numel()};
  }
  static bool notes_say(const Data& data, const std::string& text) {
    return std::any_of(data.notes.begin(), data.notes.end(),
                       [&](const auto& note) { return note.find(text) != std::string::npos; });
  }
};

using Labels = std::vector<std::int64_t>;
using Names = std::vector<std::string>;

TEST_F(Joined, MergesClassesByName) {
  const auto data = open({csv("a.csv", 0, {"cat", "dog"}), csv("b.csv", 10, {"zebra", "ant", "dog"})});
  EXPECT_EQ(data.class_names, (Names{"ant", "cat", "dog", "zebra"}));
  EXPECT_EQ(data.classes(), 4);
  EXPECT_EQ(labels_of(data.train), (Labels{1, 2, 3, 0, 2}));
  EXPECT_TRUE(at::equal(data.train.range(0, 5).inputs.flatten(), at::tensor({0.F, 1.F, 10.F, 11.F, 12.F})));
  EXPECT_EQ(labels_of(data.train.subset(at::tensor({4, 0}, at::kLong))), (Labels{2, 1}));
  EXPECT_EQ(data.label, "kind");
}

TEST_F(Joined, MergesClassesOfTestRows) {
  const auto with_test = [&](const std::string& name, const Names& classes, const Names& tested) {
    auto config = csv(name + ".csv", 0, classes);
    config.test_files = {table(name + "_test.csv", 0, tested)};
    return config;
  };
  const auto data = open({with_test("a", {"cat", "dog"}, {"dog"}), with_test("b", {"ant"}, {"ant", "ant"})});
  EXPECT_EQ(labels_of(*data.test), (Labels{2, 0, 0}));
}

TEST_F(Joined, KeepsClassesThatAreTheSame) {
  const auto named = open({csv("a.csv", 0, {"cat", "dog"}), csv("b.csv", 0, {"dog", "cat"})});
  EXPECT_EQ(named.class_names, (Names{"cat", "dog"}));
  EXPECT_EQ(labels_of(named.train), (Labels{0, 1, 1, 0}));
  const auto numbered = open({csv("c.csv", 0, {"0", "1"}), csv("d.csv", 0, {"1", "2"})});
  EXPECT_TRUE(numbered.class_names.empty());
  EXPECT_EQ(labels_of(numbered.train), (Labels{0, 1, 1, 2}));
  EXPECT_FALSE(notes_say(numbered, "joined:")) << "one kind of source";
}

TEST_F(Joined, RefusesNamesBesideNumbers) {
  const auto named = csv("a.csv", 0, {"cat", "dog"}), numbered = csv("b.csv", 0, {"0", "1"});
  EXPECT_BEGINS(refused({named, numbered}),
                "sources[1]: its classes are numbers, those of sources[0] names (cat, dog)");
  EXPECT_BEGINS(refused({numbered, named}),
                "sources[1]: its classes are names (cat, dog), those of sources[0] numbers");
  const auto data = open({named, numbered}, /*label_by_source=*/true);
  EXPECT_EQ(labels_of(data.train), (Labels{0, 0, 1, 1}));
  EXPECT_TRUE(data.class_names.empty());
}

TEST_F(Joined, ErrorsNameTheFieldOfTheSourceThatIsWrong) {
  const auto right = csv("a.csv", 0, {});
  auto untested = csv("b.csv", 0, {}), misshapen = csv("c.csv", 0, {});
  untested.test_files = "none.csv";
  misshapen.shape = Shape{1, 3};
  EXPECT_BEGINS(refused({right, untested}), "sources[1].test_files: there is no file none.csv");
  EXPECT_BEGINS(refused({right, misshapen}), "sources[1].shape: 1x3 has 3 values");
  EXPECT_BEGINS(refused({right, Npy::Config{}}), "sources[1].files: is missing: name a .npy file");
  const Patches::Config patches{.from = JoinedSources::Config{.sources = {untested, right}}};
  EXPECT_BEGINS(refused({right, patches}), "sources[1].from.sources[0].test_files: there is no file");

  const auto broken = csv("d.csv", 0, {});
  write_file(folder_ / "d.csv", "x\n1\none\n");
  EXPECT_BEGINS(refused({right, broken}), "sources[1]: " + broken.files.front() + ":3: column 0 (\"x\")");
}

TEST_F(Joined, SaysThatLabelsAreLeftOut) {
  const auto data = open({csv("a.csv", 0, {"cat", "dog"}), csv("b.csv", 0, {})});
  EXPECT_FALSE(data.train.has_labels());
  EXPECT_TRUE(data.class_names.empty());
  EXPECT_EQ(data.label, "");
  EXPECT_TRUE(notes_say(data, "labels are left out, since sources[1] has none"));
}

TEST_F(Joined, SaysThatNumbersOfDifferentSourcesAreTakenAsEqual) {
  auto flat = csv("pixels.csv", 0, {});
  write_file(folder_ / "pixels.csv", [] {
    std::string text;
    for (int i = 0; i < 64; ++i) text += "0,";
    return text + "3\n";
  }());
  flat.header = false;
  flat.label = "64";
  flat.shape = Shape{1, 8, 8};
  const auto data = open({Digits::Config{}, flat});
  EXPECT_TRUE(notes_say(data, "equal class numbers of different sources are one class"));
  EXPECT_EQ(data.classes(), 10);
}

}  // namespace
}  // namespace aelab
