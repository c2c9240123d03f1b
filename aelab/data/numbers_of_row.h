#pragma once

#include <array>
#include <cstdint>

namespace aelab {

/// Random numbers of a row in their order, as many as are asked for: made in chunks by one of the noise
/// kernels (nn/noise_kernels.h), with the number of the chunk as the pass.
class NumbersOfRow {
 public:
  using Fill = void (*)(float* to, std::int64_t count, std::uint64_t key, std::uint32_t pass,
                        std::uint64_t row);
  NumbersOfRow(Fill fill, std::uint64_t key) : fill_(fill), key_(key) {}

  void begin(std::uint64_t row) {
    row_ = row;
    chunk_ = 0;
    next_ = numbers_.size();
  }
  float next() {
    if (next_ == numbers_.size()) {
      fill_(numbers_.data(), static_cast<std::int64_t>(numbers_.size()), key_, chunk_++, row_);
      next_ = 0;
    }
    return numbers_[next_++];
  }

 private:
  Fill fill_;
  std::uint64_t key_, row_ = 0;
  std::uint32_t chunk_ = 0;
  std::array<float, 128> numbers_;
  std::size_t next_ = 0;
};

}  // namespace aelab
