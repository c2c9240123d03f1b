#include <array>
#include <cstddef>

#include "aelab/core/files.h"
#include "aelab/data/formats/npy.h"
#include "tests/fuzz/target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return survives(data, size, [](const std::string& bytes) {
    const FuzzFile file(bytes);
    for (const auto& name : aelab::names_in_npz(file.path())) {
      const auto array = aelab::read_npz(file.path(), name);
      std::vector<float> row(static_cast<std::size_t>(aelab::elements(array.row_shape())));
      array.read(std::vector<std::int64_t>{array.rows() - 1}, row.data());
      aelab::visit_npz_rows(file.path(), name,
                            [](const aelab::ArrayLayout&) { return [](std::int64_t, std::string_view) {}; });
    }
  });
}

std::vector<std::string> fuzz_seeds() {
  const std::array<std::byte, 24> values = {};
  const aelab::TensorBytes tensor{"x", "F32", {2, 3}, values};
  const auto path =
      std::filesystem::temp_directory_path() / ("aelab-fuzz-" + std::to_string(::getpid()) + ".npz");
  aelab::write_npz(path, {&tensor, 1});
  const auto content = aelab::read_file(path);
  std::filesystem::remove(path);
  return {content};
}
