#pragma once

#include "aelab/data/source.h"

namespace aelab {

enum class Color { gray, rgb };
std::span<const std::string_view> names(Color);

/// A folder of PNG and JPEG files, values in [0, 1], with all of their 8 or 16 bits and upright as their EXIF
/// orientation says. Pictures in subfolders have the subfolders' places in the alphabet as labels. Links are
/// followed; Data::notes says what is passed over.
class Images : public Source {
 public:
  struct Config {
    static constexpr std::string_view kind = "images";
    static constexpr std::string_view summary = "folders of PNG and JPEG files, subfolders as labels";
    static constexpr std::string_view also_known_as[] = {"image-folder", "folder", "pictures", "png", "jpeg"};
    std::string files = "", test_files = "";
    Color color = Color::gray;
    std::optional<std::vector<std::int64_t>> resize = {}, crop = {};

    void fields(Fields& f);
    static std::vector<Config> examples();
  };

  explicit Images(const Config& config) : config_(config) {}
  Data open() const override;

 private:
  Config config_;
};

/// CIFAR-10 (Krizhevsky 2009): 50,000 + 10,000 color pictures, 3x32x32, from its binary files.
class Cifar10 : public Source {
 public:
  struct Config {
    static constexpr std::string_view kind = "cifar10";
    static constexpr std::string_view summary =
        "color images of ten classes, 32x32; download with data/fetch";
    std::string folder = "";

    void fields(Fields& f);
    static std::vector<Config> examples() { return {{}}; }
  };

  explicit Cifar10(const Config& config) : config_(config) {}
  Data open() const override;

 private:
  Config config_;
};

enum class CifarLabels { fine, coarse };
std::span<const std::string_view> names(CifarLabels);

/// CIFAR-100: the same of 100 classes in 20 groups.
class Cifar100 : public Source {
 public:
  struct Config {
    static constexpr std::string_view kind = "cifar100";
    static constexpr std::string_view summary =
        "color images of 100 classes, 32x32; download with data/fetch";
    CifarLabels labels = CifarLabels::fine;
    std::string folder = "";

    void fields(Fields& f);
    static std::vector<Config> examples() { return {{}}; }
  };

  explicit Cifar100(const Config& config) : config_(config) {}
  Data open() const override;

 private:
  Config config_;
};

}  // namespace aelab
