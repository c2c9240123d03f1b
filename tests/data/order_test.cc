// Which rows make up each batch of a pass.

#include "aelab/data/order.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <map>
#include <set>

#include "aelab/data/batches.h"
#include "aelab/data/permutation.h"

namespace aelab {
namespace {

using Rows = std::vector<std::int64_t>;

Rows listed(const Tensor& rows) {
  return {rows.data_ptr<std::int64_t>(), rows.data_ptr<std::int64_t>() + rows.numel()};
}

Rows all_of(const Order& order) {
  Rows rows;
  for (std::int64_t i = 0; i < order.count(); ++i)
    for (const auto row : listed(order.rows(i))) rows.push_back(row);
  return rows;
}

Rows counted(std::int64_t size) { return listed(at::arange(size, at::kLong)); }

Rows sorted(Rows rows) {
  std::sort(rows.begin(), rows.end());
  return rows;
}

/// How many standard deviations counts are more uneven than expected of equally frequent values: chi-square
/// by Wilson and Hilferty's approximation (1931).
double unevenness(const std::map<Rows, std::int64_t>& counts, std::size_t values, double total) {
  const double expected = total / static_cast<double>(values);
  double sum = static_cast<double>(values - counts.size()) * expected;
  for (const auto& [value, count] : counts)
    sum += (static_cast<double>(count) - expected) * (static_cast<double>(count) - expected) / expected;
  const double freedom = static_cast<double>(values - 1), spread = 2 / (9 * freedom);
  return (std::cbrt(sum / freedom) - (1 - spread)) / std::sqrt(spread);
}

constexpr double kRare = 4;  // standard deviations

TEST(Permutation, HasEveryNumberOnce) {
  for (std::int64_t size = 1; size <= 300; ++size)
    for (const std::uint64_t key : {0, 1, 77}) {
      const Permutation permutation(size, key);
      Rows found;
      for (std::int64_t i = 0; i < size; ++i) found.push_back(permutation(i));
      EXPECT_EQ(sorted(found), counted(size)) << size;
    }
  for (const std::int64_t size : {(1 << 20) - 1, 1 << 20, (1 << 20) + 1}) {
    const Permutation permutation(size, 5);
    std::vector<bool> found(static_cast<std::size_t>(size));
    for (std::int64_t i = 0; i < size; ++i) found[static_cast<std::size_t>(permutation(i))] = true;
    EXPECT_EQ(std::count(found.begin(), found.end(), true), size);
  }
}

TEST(Permutation, TakesEachOrderOfAFewNumbersEquallyOften) {
  for (const auto& [size, orders] : {std::pair(2, 2u), {3, 6u}, {4, 24u}, {5, 120u}}) {
    constexpr std::uint64_t kKeys = 60000;
    std::map<Rows, std::int64_t> counts;
    for (std::uint64_t key = 0; key < kKeys; ++key) {
      const Permutation permutation(size, key);
      Rows order;
      for (std::int64_t i = 0; i < size; ++i) order.push_back(permutation(i));
      ++counts[order];
    }
    EXPECT_LT(unevenness(counts, orders, kKeys), kRare) << size;
  }
}

TEST(Order, GivesEveryRowOnceInEachPass) {
  for (const std::int64_t rows : {1, 2, 7, 64, 100, 1000})
    for (const std::int64_t batch : {1, 7, 32, 1000})
      for (const auto& window : {Window{}, Window{1, 1}, Window{1, 5}, Window{8, 3}, Window{9, 1000}})
        for (std::int64_t pass = 0; pass < 3; ++pass) {
          const Order order(rows, batch, Shuffle{3, pass, window});
          EXPECT_EQ(order.count(), (rows + batch - 1) / batch);
          EXPECT_EQ(sorted(all_of(order)), counted(rows))
              << rows << " " << window.rows << " " << window.blocks;
        }
  EXPECT_EQ(all_of(Order(100, 7)), counted(100));
  EXPECT_EQ(Order(0, 7, Shuffle{}).count(), 0);
}

TEST(Order, DiffersBySeedAndPassAndByNothingElse) {
  for (const auto& window : {Window{}, Window{4, 5}}) {
    const auto order = [&](std::int64_t seed, std::int64_t pass, std::int64_t batch = 10) {
      return all_of(Order(100, batch, Shuffle{seed, pass, window}));
    };
    EXPECT_EQ(order(3, 0), order(3, 0, 7));
    EXPECT_NE(order(3, 0), order(3, 1));
    EXPECT_NE(order(3, 0), order(4, 0));
    EXPECT_NE(order(3, 1), order(4, 0));
  }
}

TEST(Order, LeadsEachRowToEachPositionEquallyOften) {
  for (const auto& [rows, window] : {std::pair(std::int64_t{30}, Window{}), {32, {4, 3}}, {96, {8, 4}}}) {
    constexpr std::int64_t kPasses = 10000;
    std::map<Rows, std::int64_t> first, neighbors;  // rows 0, in the middle and last; distance of two rows
    for (std::int64_t pass = 0; pass < kPasses; ++pass) {
      const auto order = all_of(Order(rows, rows, Shuffle{1, pass, window}));
      for (const auto row : {std::int64_t{0}, rows / 2, rows - 1})
        ++first[{row, std::find(order.begin(), order.end(), row) - order.begin()}];
      ++neighbors[{order[0], order[1]}];
    }
    const auto cells = static_cast<std::size_t>(rows);
    EXPECT_LT(unevenness(first, 3 * cells, 3. * kPasses), kRare) << rows << " " << window.rows;
    if (window.rows == 0 && rows == 30) {  // all pairs of the first two rows
      EXPECT_LT(unevenness(neighbors, cells * (cells - 1), kPasses), kRare);
    }
  }
}

TEST(Order, ReadsFromNoMoreBlocksThanItsWindowHas) {
  constexpr std::int64_t kRows = 1003, kBlock = 10, kOpen = 6;  // the last of 101 blocks has 3 rows
  const auto order = all_of(Order(kRows, 16, Shuffle{2, 0, {kBlock, kOpen}}));
  std::map<std::int64_t, std::pair<std::size_t, std::size_t>> uses;  // first and last position by block
  for (std::size_t i = 0; i < order.size(); ++i) {
    auto& use = uses.try_emplace(order[i] / kBlock, i, i).first->second;
    use.second = i;
  }
  std::size_t most = 0, together = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const auto open = static_cast<std::size_t>(std::count_if(uses.begin(), uses.end(), [&](const auto& use) {
      return use.second.first <= i && i <= use.second.second;
    }));
    most = std::max(most, open);
    together += open;
  }
  EXPECT_EQ(most, std::size_t{kOpen});
  EXPECT_GT(static_cast<double>(together) / static_cast<double>(order.size()), 0.7 * kOpen);  // mixed well
  // Blocks that are together in one pass are not in the next.
  const auto blocks_of_first_window = [&](std::int64_t pass) {
    const auto rows = listed(Order(kRows, kBlock * kOpen, Shuffle{2, pass, {kBlock, kOpen}}).rows(0));
    std::set<std::int64_t> blocks;
    for (const auto row : rows) blocks.insert(row / kBlock);
    return blocks;
  };
  EXPECT_NE(blocks_of_first_window(0), blocks_of_first_window(1));
}

TEST(Order, SharesOfAllRanksAreTheBatch) {
  for (const std::int64_t size : {1, 2, 3, 4, 9})
    for (const auto& window : {Window{}, Window{4, 5}}) {
      const Shuffle shuffle{5, 2, window};
      const Order whole(100, 7, shuffle);  // of 15 batches, the last of 2 rows
      for (std::int64_t i = 0; i < whole.count(); ++i) {
        Rows together;
        for (std::int64_t rank = 0; rank < size; ++rank) {
          const auto share = listed(Order(100, 7, shuffle, {rank, size}).rows(i));
          EXPECT_LE(share.size(), static_cast<std::size_t>((7 + size - 1) / size));
          together.insert(together.end(), share.begin(), share.end());
        }
        EXPECT_EQ(together, listed(whole.rows(i))) << size << " " << i;
      }
    }
}

TEST(Order, OfABillionRowsTakesNoTimeAndNoMemory) {
  constexpr std::int64_t kRows = std::int64_t{1} << 40, kBatch = 128;
  const auto begin = std::chrono::steady_clock::now();
  for (const auto& window : {Window{}, Window{1337, 256}}) {
    const Order order(kRows, kBatch, Shuffle{1, 0, window});
    std::set<std::int64_t> found;
    for (const auto i : {std::int64_t{0}, order.count() / 2, order.count() - 1})
      for (const auto row : listed(order.rows(i))) {
        EXPECT_TRUE(row >= 0 && row < kRows);
        found.insert(row);
      }
    EXPECT_EQ(found.size(), std::size_t{3 * kBatch});
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(1));
}

/// Rows that are said to be in a file: their places.
class InFiles : public Storage {
 public:
  InFiles(std::int64_t size, std::int64_t features) : size_(size), features_(features) {}
  std::int64_t size() const override { return size_; }
  Shape shape() const override { return {features_}; }
  bool has_labels() const override { return false; }
  bool in_memory() const override { return false; }
  Batch gather(const Tensor& rows, const Randomness&) const override {
    return {at::zeros({rows.size(0), 1}), {}, rows};
  }

 private:
  std::int64_t size_, features_;
};

TEST(ShuffledBatches, KeepRowsInFilesWithinAWindowOfBlocks) {
  constexpr std::int64_t kRows = 3000, kFeatures = 1 << 17, kBlock = 8;  // a block of 8 rows is 4 MiB
  const auto mixed = at::randperm(kRows, at::kLong);                     // as a split has them
  const auto set = Dataset(std::make_shared<InFiles>(kRows, kFeatures)).subset(mixed);
  const auto batches = ShuffledBatches(set, 64, 1).pass(0);
  Rows rows;
  std::set<std::int64_t> blocks;
  for (std::int64_t i = 0; i < batches.count(); ++i)
    for (const auto row : listed(batches[i].rows)) {
      if (rows.size() < 256 * kBlock) blocks.insert(row / kBlock);
      rows.push_back(row);
    }
  EXPECT_EQ(sorted(rows), counted(kRows));
  EXPECT_EQ(blocks.size(), 256u);
  // Rows that would fit the window are shuffled as those in memory.
  const auto few = at::arange(1000, at::kLong);
  EXPECT_TRUE(at::equal(ShuffledBatches(set.subset(few), 64, 1).pass(0)[0].rows,
                        mixed.index_select(0, Order(1000, 64, Shuffle{1}).rows(0))));
}

}  // namespace
}  // namespace aelab
