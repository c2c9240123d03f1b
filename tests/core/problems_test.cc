#include "aelab/core/problems.h"

#include <gtest/gtest.h>

#include "tests/support.h"

namespace aelab {
namespace {

/// What `work` throws within the field "outer", as "path|problem".
template <class Work>
std::string within_outer(Work work) {
  try {
    in_field("outer", work);
  } catch (const FieldError& error) {
    return error.path() + "|" + error.problem();
  }
  return "no FieldError";
}

TEST(InField, PrependsItsNameToRelativePaths) {
  EXPECT_EQ(within_outer([] { throw FieldError("inner.k", "is odd"); }), "outer.inner.k|is odd");
  EXPECT_EQ(within_outer([] { throw Error("is odd: all of it"); }), "outer|is odd: all of it");
  EXPECT_EQ(within_outer([] { in_field("list[2]", [] { throw FieldError("k", "is odd"); }); }),
            "outer.list[2].k|is odd");
}

TEST(InField, LeavesOneOwnerForEachStepUp) {
  EXPECT_EQ(within_outer([] { in_field("part", [] { throw FieldError("../code", "is missing"); }); }),
            "outer.code|is missing");
  EXPECT_EQ(within_outer([] { in_field("part", [] { throw FieldError("../../code", "is missing"); }); }),
            "code|is missing");
}

TEST(InField, RenamesEachOfSeveralErrors) {
  Problems problems;
  problems.add({"k", "is odd"});
  problems.attempt([] { throw FieldError("test_k", "is even"); });
  problems.add(Mistake("a file: is empty"));
  Problems outer;
  outer.attempt([&] { in_field("part", [&] { problems.raise(); }); });
  EXPECT_EQ(outer.all(),
            (std::vector<std::string>{"part.k: is odd", "part.test_k: is even", "part: a file: is empty"}));
  EXPECT_TRUE(outer.concern("part.k"));
  EXPECT_FALSE(outer.concern("k"));
}

TEST(InField, ReturnsWhatIsReturned) {
  EXPECT_EQ(in_field("outer", [] { return 3; }), 3);
  EXPECT_THROW(in_field("outer", [] { throw Failure("a full disk"); }), Failure);
}

}  // namespace
}  // namespace aelab
