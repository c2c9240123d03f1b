#pragma once

#include "aelab/nn/parts.h"

namespace aelab {

class NoCorruption : public Corruption {
 public:
  struct Config {
    static constexpr std::string_view kind = "none";
    static constexpr std::string_view summary = "the encoder sees the clean input";
    void fields(Fields&) {}
    static std::vector<Config> examples() { return {{}}; }
  };

  explicit NoCorruption(const Config&) {}
  Tensor corrupt(const Tensor& x, const Step&) const override { return x; }
};

}  // namespace aelab
