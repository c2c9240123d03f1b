#include "aelab/training/checkpoint_record.h"
#include "tests/fuzz/target.h"

/// The metadata of a checkpoint; tests/fuzz/safetensors.cc is about the file around it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return survives(data, size, [](const std::string& text) {
    const auto record = aelab::read_checkpoint_record(text, "fuzz");
    if (record.format != 2 || record.progress.step < 0 || record.progress.phase < 0) __builtin_trap();
  });
}

std::vector<std::string> fuzz_seeds() {
  return {
      R"({"format": 2, "progress": {"phase": 0, "epoch": 3, "data_passes": 3, "batch": 2, "step": 50, "phase_epoch": 3,
              "phase_step": 50, "rate_scale": 1.0, "seconds": 2.5, "phase_seconds": 2.5, "phase_ended": false,
              "run_ended": false}, "averages": [{"sums": [["loss", 2.0]], "total": 2.0, "rows": 64}],
              "kernels": {"linear": "onednn"}, "callbacks": {"log": {"lines": 10}}, "config": {"name": "x"}})"};
}
