// The widths of hidden layers, as fields declare them.

#include <gtest/gtest.h>

#include "aelab/core/config.h"

namespace aelab {
namespace {

struct Rung {
  std::int64_t size = 1, other = 2;
  void fields(Fields& f) {
    f("size", size, "a width").scales_with_width().also_known_as({"width"});
    f("other", other, "no width");
  }
};

struct WidthLadder {
  std::vector<std::int64_t> rungs = {8, 4}, none = {};
  std::optional<std::int64_t> unset = {};
  std::vector<Rung> steps = {{}, {}};
  Rung step = {};

  void fields(Fields& f) {
    f("rungs", rungs, "a list of widths").also_known_as({"bars"}).scales_with_width();
    f("none", none, "a list of widths, without any").scales_with_width();
    f("unset", unset, "a width that is not set").scales_with_width();
    f("steps", steps, "objects with widths");
    f("step", step, "an object with a width");
  }
};

struct PickedRungs {
  std::vector<Rung> list = {{}, {}};
  void fields(Fields& f) { f("list", list, "of which one counts").scales_with_width({"[1].other"}); }
};

TEST(WidthFields, AreThoseThatFieldsDeclare) {
  const WidthLadder ladder;
  const PickedRungs picked, empty{.list = {}};
  EXPECT_EQ(width_fields(ladder),
            (std::vector<std::string>{"rungs", "steps[0].size", "steps[1].size", "step.size"}));
  EXPECT_EQ(width_fields(picked),
            (std::vector<std::string>{"list[0].size", "list[1].size", "list[1].other"}));
  EXPECT_EQ(width_fields(empty), std::vector<std::string>());
}

}  // namespace
}  // namespace aelab
