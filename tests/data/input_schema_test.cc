#include "aelab/data/input_schema.h"

#include <gtest/gtest.h>

namespace aelab {
namespace {

TEST(Classes, AreMeantByTheirNamesBeforeTheirNumbers) {
  const std::vector<std::string> digits = {"1", "0", "ten"};
  EXPECT_EQ(class_called("0", 3, digits), 1);
  EXPECT_EQ(class_called("1", 3, digits), 0);
  EXPECT_EQ(class_called("ten", 3, digits), 2);
  EXPECT_EQ(class_called("2", 3, digits), 2);  // no class is called so
  EXPECT_EQ(class_called("3", 3, digits), std::nullopt);
  EXPECT_EQ(class_called("02", 3, digits), std::nullopt);
  EXPECT_EQ(class_called("2", 3, {}), 2);
  EXPECT_EQ(class_called("", 3, {}), std::nullopt);
}

TEST(Classes, AreCalledByTheirNumbersWhereTheyHaveNoNames) {
  EXPECT_EQ(name_of_class(1, {"ant", "bee"}), "bee");
  EXPECT_EQ(name_of_class(2, {"ant", "bee"}), "2");
  EXPECT_EQ(name_of_class(0, {}), "0");
}

}  // namespace
}  // namespace aelab
