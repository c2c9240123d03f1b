#include "aelab/core/text.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <random>
#include <vector>

namespace aelab {
namespace {

using Names = std::vector<std::string>;

const Names kinds = {"linear",    "dense",       "convolutional", "sparse",
                     "denoising", "contractive", "stacked",       "pca"};

TEST(Nearest, FindsTypingErrors) {
  EXPECT_EQ(nearest("contractiv", kinds), "contractive");
  EXPECT_EQ(nearest("cnotractive", kinds), "contractive");
  EXPECT_EQ(nearest("Sparse", kinds), "sparse");
  EXPECT_EQ(nearest("densee", kinds), "dense");
  EXPECT_EQ(nearest("pac", kinds), "pca");
  EXPECT_EQ(nearest("batch-size", Names{"batch_size"}), "batch_size");
}

TEST(Nearest, FindsPrefixesAndParts) {
  EXPECT_EQ(nearest("conv", kinds), "convolutional");
  EXPECT_EQ(nearest("rate", Names{"momentum", "learning_rate_decay", "learning_rate"}), "learning_rate");
  EXPECT_EQ(nearest("lea", Names{"a_lea", "learning_rate"}), "learning_rate");
}

TEST(Nearest, FindsNothingFar) {
  EXPECT_EQ(nearest("transformer", kinds), "");
  EXPECT_EQ(nearest("", kinds), "");
  EXPECT_EQ(nearest("x", Names{"y"}), "");
  EXPECT_EQ(nearest("dense", Names{}), "");
}

TEST(Nearest, PrefersTheLeastDistanceThenTheFirst) {
  EXPECT_EQ(nearest("abcdefg", Names{"abcdxyg", "abcdefh", "abcdefi"}), "abcdefh");
}

TEST(Nearest, FindsEveryNameAfterAnySingleEdit) {
  std::mt19937 random(1);
  for (const auto& name : kinds) {
    for (std::size_t i = 0; i < name.size(); ++i) {
      std::string removed = name, changed = name, inserted = name;
      removed.erase(i, 1);
      changed[i] = static_cast<char>('a' + random() % 26);
      inserted.insert(i, 1, static_cast<char>('a' + random() % 26));
      for (const auto& word : {removed, changed, inserted}) EXPECT_EQ(nearest(word, kinds), name) << word;
    }
  }
}

TEST(DidYouMean, SuggestsOrLists) {
  EXPECT_EQ(did_you_mean("dens", kinds), " Did you mean \"dense\"?");
  EXPECT_EQ(did_you_mean("qqqqqq", Names{"a", "b", "c"}), " Known: a, b, c.");
  EXPECT_EQ(did_you_mean("qqqqqq", Names{}), "");
  const std::string many = did_you_mean("qqqqqq", Names(25, "abc"));
  EXPECT_NE(many.find("abc and 5 more."), std::string::npos) << many;
}

TEST(Join, PutsSeparatorsBetween) {
  EXPECT_EQ(join(Names{}, ", "), "");
  EXPECT_EQ(join(Names{"a"}, ", "), "a");
  EXPECT_EQ(join(Names{"a", "", "c"}, ", "), "a, , c");
}

TEST(Duration, IsReadable) {
  EXPECT_EQ(duration(0), "0 s");
  EXPECT_EQ(duration(0.00025), "0.2 ms");
  EXPECT_EQ(duration(0.012), "12 ms");
  EXPECT_EQ(duration(0.0999), "0.1 s");
  EXPECT_EQ(duration(4.2), "4.2 s");
  EXPECT_EQ(duration(59.94), "59.9 s");
  EXPECT_EQ(duration(59.96), "1 min 00 s");
  EXPECT_EQ(duration(192), "3 min 12 s");
  EXPECT_EQ(duration(3599.6), "1 h 00 min");
  EXPECT_EQ(duration(7500), "2 h 05 min");
  EXPECT_EQ(duration(100 * 3600), "100 h 00 min");
  EXPECT_EQ(duration(-4.2), "-4.2 s");
  EXPECT_EQ(duration(std::nan("")), "nan s");
  EXPECT_EQ(duration(std::numeric_limits<double>::infinity()), "inf s");
}

TEST(Shortest, IsShort) {
  EXPECT_EQ(shortest(0.1), "0.1");
  EXPECT_EQ(shortest(1), "1");
  EXPECT_EQ(shortest(1e-5), "1e-05");
  EXPECT_EQ(shortest(-std::numeric_limits<double>::infinity()), "-inf");
}

TEST(Shortest, RoundTripsEveryNumber) {
  std::mt19937_64 random(2);
  for (int i = 0; i < 20000; ++i) {
    const double value = std::bit_cast<double>(random());
    if (std::isnan(value)) continue;
    const double back = std::strtod(shortest(value).c_str(), nullptr);
    ASSERT_EQ(std::bit_cast<std::uint64_t>(back), std::bit_cast<std::uint64_t>(value)) << shortest(value);
  }
}

TEST(IsUtf8, TakesWhatRfc3629Takes) {
  for (const auto* text :
       {"", "plain", "caf\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbf"})
    EXPECT_TRUE(is_utf8(text)) << text;
  for (const auto* text : {"caf\xe9", "\xe9t", "\x80", "\xc3", "\xe2\x82", "\xf0\x9f\x98", "\xc0\xaf",
                           "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff"})
    EXPECT_FALSE(is_utf8(text)) << text;
}

TEST(FirstLine, EndsWhereABackTraceBegins) {
  EXPECT_EQ(first_line("out of memory\nException raised from"), "out of memory");
  EXPECT_EQ(first_line("one line"), "one line");
  EXPECT_EQ(first_line(""), "");
}

}  // namespace
}  // namespace aelab
