#include "aelab/data/formats/csv.h"

#include "tests/fuzz/target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return survives(data, size, [](const std::string& text) {
    const auto table = aelab::parse_csv(text, {.label = "0"}, "fuzz");
    if (table.values.size() != table.columns.size() * static_cast<std::size_t>(table.rows)) __builtin_trap();
    if (table.labels.size() != static_cast<std::size_t>(table.rows)) __builtin_trap();
  });
}

std::vector<std::string> fuzz_seeds() {
  return {"a,b,c\n1,2,3\n4,5,6\n",
          "\"x\"\"y\",\"b,\"\r\n\"z\",-1e5\r\n",
          "1,2\n3,4",
          "# a;b\nk;v\nx;1,5\ny;-2,25\n",
          "sep=|\rk|v\rx|1\r",
          "k  v\nx  1.5\ny\t 2\n",
          std::string("\xff\xfek\0,\0v\0\n\0x\0,\0"
                      "1\0",
                      16)};
}
