#include <nlohmann/json.hpp>

#include "aelab/core/config.h"
#include "aelab/core/json.h"
#include "tests/fuzz/target.h"

namespace {

/// A field of every kind that needs no registry.
struct Everything {
  struct Inner {
    std::int64_t count = 1;
    void fields(aelab::Fields& f) { f("count", count, "", aelab::at_least(1)); }
  };
  bool flag = false;
  std::int64_t whole = 0;
  double number = 0;
  std::string text = {};
  aelab::FileNames files = {};
  std::optional<double> maybe = {};
  std::vector<std::int64_t> list = {};
  std::vector<Inner> inners = {};
  aelab::AnyJson any = {};

  void fields(aelab::Fields& f) {
    f("flag", flag, "");
    f("whole", whole, "", aelab::between(-10, 10));
    f("number", number, "", aelab::above(0));
    f("text", text, "");
    f("files", files, "");
    f("maybe", maybe, "");
    f("list", list, "");
    f("inners", inners, "");
    f("any", any, "");
  }
};

}  // namespace

/// What was read is written to what reads to the same again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return survives(data, size, [](const std::string& text) {
    const auto value = aelab::parse_json(text, "fuzz");
    Everything read, again;
    aelab::read_config(value, read, "fuzz");
    const auto written = aelab::write_config(read);
    aelab::read_config(aelab::parse_json(written.dump(), "fuzz"), again, "fuzz");
    if (aelab::write_config(again) != written) __builtin_trap();
  });
}

std::vector<std::string> fuzz_seeds() {
  return {
      R"({"flag": true, "whole": -3, "number": 1.5e-3, "text": "\u00e9\n", "files": ["a", "b"], "maybe": null,
              "list": [1, 2, 3], "inners": [{"count": 2}, {}], "any": {"x": [[], {}, 1e300, -0.0]}})",
      R"([[[[{"a": "b"}]]]])", "18446744073709551616"};
}
