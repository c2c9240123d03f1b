#pragma once

#include <filesystem>

#include "aelab/data/source.h"

namespace aelab {

/// Images and labels in the IDX format of MNIST's authors, each file gzipped or not.
class Idx : public Source {
 public:
  struct Config {
    static constexpr std::string_view kind = "idx";
    static constexpr std::string_view summary = "IDX files of your own, gzipped or not";
    std::string train_images = "", train_labels = "", test_images = "", test_labels = "";

    void fields(Fields& f);
    static std::vector<Config> examples();
  };

  explicit Idx(const Config& config) : config_(config) {}
  Data open() const override;

 private:
  void check_files() const;

  Config config_;
};

/// MNIST (LeCun, Cortes, Burges): 60,000 + 10,000 handwritten digits, 1x28x28, ten classes. Shipped with
/// aelab.
class Mnist : public Source {
 public:
  struct Config {
    static constexpr std::string_view kind = "mnist";
    static constexpr std::string_view summary =
        "handwritten digits, 60,000 + 10,000 images of 28x28; shipped";
    std::string folder = "";

    void fields(Fields& f);
    static std::vector<Config> examples() { return {{}}; }
  };

  explicit Mnist(const Config& config) : config_(config) {}
  Data open() const override;

 private:
  Config config_;
};

/// Fashion-MNIST (Xiao, Rasul, Vollgraf 2017): clothes in MNIST's format, from Debian's package.
class FashionMnist : public Source {
 public:
  struct Config {
    static constexpr std::string_view kind = "fashion-mnist";
    static constexpr std::string_view summary =
        "clothes in MNIST's format; Debian's package dataset-fashion-mnist";
    std::string folder = "";

    void fields(Fields& f);
    static std::vector<Config> examples() { return {{}}; }
  };

  explicit FashionMnist(const Config& config) : config_(config) {}
  Data open() const override;

 private:
  Config config_;
};

/// UCI optical digits, test part (Alpaydin, Kaynak): 1,797 images, 1x8x8, values 0..16. Shipped with aelab.
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
