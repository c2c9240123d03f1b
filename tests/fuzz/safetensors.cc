#include "aelab/core/safetensors.h"

#include "tests/fuzz/target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return survives(data, size, [](const std::string& bytes) {
    const FuzzFile file(bytes);
    for (const auto& place : aelab::read_safetensors_places(file.path()))
      if (place.offset > bytes.size()) __builtin_trap();
    const auto whole = aelab::SafetensorsFile::read(file.path());
    for (const auto& tensor : whole.tensors())
      if (!tensor.bytes.empty()) (void)*(&tensor.bytes.back());
  });
}

std::vector<std::string> fuzz_seeds() {
  std::string header = R"({"x":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},)"
                       R"("y":{"dtype":"U8","shape":[3],"data_offsets":[8,11]}})";
  std::string length(8, '\0');
  length[0] = static_cast<char>(header.size());
  return {length + header + "12345678abc"};
}
