#include "aelab/data/formats/cifar.h"

#include "tests/fuzz/target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return survives(data, size, [](std::string bytes) {
    const auto file = aelab::parse_cifar(std::move(bytes), 2, 1, 100, "fuzz");
    (void)*(file.pixels(file.rows() - 1) + aelab::CifarFile::kPixels - 1);
  });
}

std::vector<std::string> fuzz_seeds() { return {std::string(2 * 3074, '\x01')}; }
