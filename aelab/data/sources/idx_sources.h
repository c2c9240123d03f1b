#pragma once

#include "aelab/data/source.h"

namespace aelab {

/// Images and labels in the IDX format of MNIST's authors, each file gzipped or not. Bytes become [0, 1].
class Idx : public Source {
 public:
  struct Config {
    static constexpr std::string_view kind = "idx";
    static constexpr std::string_view summary = "IDX files of your own, gzipped or not";
    FileNames files = {}, label_files = {}, test_files = {}, test_label_files = {};
    bool in_memory = true;

    void fields(Fields& f);
    static std::vector<Config> examples();
  };

  explicit Idx(const Config& config) : config_(config) {}
  Data open() const override;

 private:
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

/// Fashion-MNIST (Xiao, Rasul, Vollgraf 2017): clothes in MNIST's format, from Debian's package or
/// data/fetch.
class FashionMnist : public Source {
 public:
  struct Config {
    static constexpr std::string_view kind = "fashion-mnist";
    static constexpr std::string_view summary =
        "clothes in MNIST's format; Debian's package dataset-fashion-mnist, or data/fetch";
    std::string folder = "";

    void fields(Fields& f);
    static std::vector<Config> examples() { return {{}}; }
  };

  explicit FashionMnist(const Config& config) : config_(config) {}
  Data open() const override;

 private:
  Config config_;
};

/// KMNIST (Clanuwat et al. 2018): cursive Japanese characters in MNIST's format, from data/fetch.
class Kmnist : public Source {
 public:
  struct Config {
    static constexpr std::string_view kind = "kmnist";
    static constexpr std::string_view summary =
        "cursive Japanese characters in MNIST's format; download with data/fetch";
    std::string folder = "";

    void fields(Fields& f);
    static std::vector<Config> examples() { return {{}}; }
  };

  explicit Kmnist(const Config& config) : config_(config) {}
  Data open() const override;

 private:
  Config config_;
};

enum class EmnistPart { balanced, byclass, bymerge, digits, letters, mnist };
std::span<const std::string_view> names(EmnistPart);

/// EMNIST (Cohen et al. 2017): handwritten letters and digits, 1x28x28, upright (its files hold them
/// transposed), from data/fetch. Labels of the letters count from 0.
class Emnist : public Source {
 public:
  struct Config {
    static constexpr std::string_view kind = "emnist";
    static constexpr std::string_view summary = "handwritten letters and digits; download with data/fetch";
    EmnistPart part = EmnistPart::balanced;
    std::string folder = "";

    void fields(Fields& f);
    static std::vector<Config> examples() { return {{}}; }
  };

  explicit Emnist(const Config& config) : config_(config) {}
  Data open() const override;

 private:
  Config config_;
};

}  // namespace aelab
