#pragma once

#include "aelab/data/source.h"

namespace aelab {

/// Patches cut at random places out of the pictures of any other source; unlabeled. Whitening is a transform
/// ("whiten"), fitted to the patches that are trained on.
class Patches : public Source {
 public:
  struct Config {
    static constexpr std::string_view kind = "patches";
    static constexpr std::string_view summary = "patches cut at random out of another source's images";
    Choice<Source> from = {};
    std::int64_t height = 8, width = 8, count = 10'000, test_count = 0, seed = 0;

    void fields(Fields& f);
    static std::vector<Config> examples();
  };

  explicit Patches(const Config& config) : config_(config) {}
  Data open() const override;

 private:
  Config config_;
};

/// Several sources of one shape, one after the other. Labels are kept where all sources have them: classes
/// are merged by name, in alphabetical order, or by number where no source names its classes. Or else each
/// row is labeled with the place of its source in the list. Open throws an Error where some sources name
/// their classes and others number them, and where shapes or columns differ.
class JoinedSources : public Source {
 public:
  struct Config {
    static constexpr std::string_view kind = "joined";
    static constexpr std::string_view summary =
        "several sources, one after the other, their classes merged by name";
    std::vector<Choice<Source>> sources = {};
    bool label_by_source = false;

    void fields(Fields& f);
    static std::vector<Config> examples();
  };

  explicit JoinedSources(const Config& config) : config_(config) {}
  Data open() const override;

 private:
  Config config_;
};

enum class MnistVariation { basic, rot, bg_rand, rect };
std::span<const std::string_view> names(MnistVariation);

/// Harder variants of MNIST by the recipe of Larochelle et al. 2007, "An empirical evaluation of deep
/// architectures on problems with many factors of variation", drawn anew: digits turned by a random angle, or
/// with random pixels, of which the brighter one is seen, and outlines of rectangles, wide or tall. 12,000
/// rows to train on, of which 2,000 are for validation (rect: 1,200 and 200), and 50,000 for the test.
class MnistVariations : public Source {
 public:
  struct Config {
    static constexpr std::string_view kind = "mnist-variations";
    static constexpr std::string_view summary =
        "rotated MNIST and MNIST with random backgrounds; rectangles: Larochelle et al. 2007";
    MnistVariation variation = MnistVariation::rot;
    std::int64_t seed = 0;
    std::string folder = "";

    void fields(Fields& f);
    static std::vector<Config> examples() { return {{.variation = MnistVariation::rect}}; }
  };

  explicit MnistVariations(const Config& config) : config_(config) {}
  Data open() const override;

 private:
  Config config_;
};

}  // namespace aelab
