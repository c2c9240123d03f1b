#include "aelab/data/formats/idx.h"

#include "tests/fuzz/target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return survives(data, size, [](std::string bytes) {
    auto layout = aelab::parse_idx(bytes, bytes.size(), "fuzz");
    const aelab::ArrayFile array("fuzz", layout, std::move(bytes));
    std::vector<float> row(static_cast<std::size_t>(aelab::elements(array.row_shape())));
    array.read(std::vector<std::int64_t>{array.rows() - 1}, row.data());
  });
}

std::vector<std::string> fuzz_seeds() {
  return {std::string("\0\0\x08\2\0\0\0\2\0\0\0\3abcdef", 18), std::string("\0\0\x0d\1\0\0\0\1\0\0\0\0", 12)};
}
