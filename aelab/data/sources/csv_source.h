#pragma once

#include "aelab/data/source.h"

namespace aelab {

/// Tables of numbers. Values stay as they are; labels may be class numbers, or names, which are then numbered
/// in the order of their bytes.
class Csv : public Source {
 public:
  struct Config {
    static constexpr std::string_view kind = "csv";
    static constexpr std::string_view summary = "tables of numbers, with or without a column of labels";
    FileNames train_files = {}, test_files = {};
    std::string delimiter = ",";
    std::optional<bool> header = {};
    std::string label = "";
    std::vector<std::string> ignore = {};
    std::optional<std::vector<std::int64_t>> shape = {};

    void fields(Fields& f);
    static std::vector<Config> examples();
  };

  explicit Csv(const Config& config) : config_(config) {}
  Data open() const override;

 private:
  Config config_;
};

/// UCI optical digits, test part (Alpaydin, Kaynak): 1,797 images, 1x8x8, values 0..16 brought to [0, 1].
/// Shipped with aelab.
class Digits : public Source {
 public:
  struct Config {
    static constexpr std::string_view kind = "digits";
    static constexpr std::string_view summary =
        "handwritten digits, 1,797 images of 8x8; shipped, quick to try things on";
    std::string folder = "";

    void fields(Fields& f);
    static std::vector<Config> examples() { return {{}}; }
  };

  explicit Digits(const Config& config) : config_(config) {}
  Data open() const override;

 private:
  Config config_;
};

}  // namespace aelab
