#include "aelab/data/formats/npy.h"

#include "tests/fuzz/target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return survives(data, size, [](std::string bytes) {
    auto layout = aelab::parse_npy(bytes, bytes.size(), "fuzz");
    const aelab::ArrayFile array("fuzz", layout, std::move(bytes));
    std::vector<float> row(static_cast<std::size_t>(aelab::elements(array.row_shape())));
    array.read(std::vector<std::int64_t>{0, array.rows() - 1}, std::vector<float>(2 * row.size()).data());
  });
}

std::vector<std::string> fuzz_seeds() {
  auto fortran = aelab::npy_header("F64", {2, 2, 3}) + std::string(96, 'x');
  fortran.replace(fortran.find("False"), 5, "True ");
  return {aelab::npy_header("F32", {2, 3}) + std::string(24, 'x'), fortran};
}
