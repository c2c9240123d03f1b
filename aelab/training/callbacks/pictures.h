#pragma once

#include "aelab/training/callback.h"

namespace aelab {

/// Writes PNG files into images/: reconstructions-<epoch>.png, originals of the validation part above their
/// reconstructions, and filters-<epoch>.png, the first layer's weights (grey is zero).
class Pictures : public Callback {
 public:
  struct Config {
    static constexpr std::string_view kind = "pictures";
    static constexpr std::string_view summary =
        "draws originals above reconstructions, and the first layer's filters";
    std::int64_t every = 5;
    std::int64_t count = 16;

    void fields(Fields& f);
    static std::vector<Config> examples() { return {{.every = 1, .count = 4}}; }
  };

  explicit Pictures(const Config& config) : config_(config) {}
  bool needs_folder() const override { return true; }
  void check(const Split& data) const override;
  void start(Training& training) override;
  void epoch_end(Training& training) override;

 private:
  Config config_;
};

}  // namespace aelab
