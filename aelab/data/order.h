#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>

namespace aelab {

/// What one of several processes takes of each batch: the rank-th of `size` parts of consecutive rows, as
/// equal as possible.
struct Share {
  std::int64_t rank = 0, size = 1;
};

/// The rows among which a row is shuffled: those of `blocks` blocks of `rows` consecutive rows each. The
/// blocks are in random order, so that each pass has other ones together.
struct Window {
  std::int64_t rows = 0;    ///< of a block; 0: all rows are shuffled together
  std::int64_t blocks = 1;  ///< that are read at a time
};

/// A pass's random order.
struct Shuffle {
  std::int64_t seed = 0, pass = 0;
  Window window = {};
};

/// Which rows make up each batch of a pass: a function of the seed, the pass and the batch, which keeps no
/// list of rows. The parts of all ranks, one after the other, are the batch of a single process.
class Order {
 public:
  /// `rows` rows in batches of `batch`, the last one perhaps smaller; in their order unless shuffled.
  Order(std::int64_t rows, std::int64_t batch, std::optional<Shuffle> shuffle = {}, Share share = {});

  /// The number of batches in a pass.
  std::int64_t count() const { return (rows_ + batch_ - 1) / batch_; }
  /// This process's rows of batch `i`: int64, [batch] or its share of it.
  at::Tensor rows(std::int64_t i) const;

 private:
  std::int64_t rows_, batch_;
  std::optional<Shuffle> shuffle_;
  Share share_;
  // Shuffled, the blocks have places 0, 1, 2, ... The last block of the set may be smaller than the others.
  std::int64_t block_ = 1, blocks_ = 1;
  std::int64_t place_of_last_ = 0, missing_ = 0;  // rows that it has less than the others

  std::uint64_t key(const char* stream, std::int64_t window = 0) const;
  std::int64_t place_at(std::int64_t position) const;
  std::int64_t begin_of(std::int64_t place) const;
  template <class Put>
  void visit_shuffled(std::int64_t begin, std::int64_t end, Put put) const;
};

}  // namespace aelab
