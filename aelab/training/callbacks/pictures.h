#pragma once

#include "aelab/training/callback.h"

namespace aelab {

/// Writes PNG files into images/: reconstructions-<epoch>.png, samples of the validation split above their
/// reconstructions; filters-<epoch>.png, the weights of the first layer (gray is zero); and
/// codes-<epoch>.png, a scatter plot of the codes.
class Pictures : public Callback {
 public:
  struct Config {
    static constexpr std::string_view kind = "pictures";
    static constexpr std::string_view summary =
        "draws reconstructions, a scatter plot of the codes, and the filters of the first layer";
    std::int64_t every = 5;
    std::int64_t count = 16;
    std::int64_t codes = 2000;

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
