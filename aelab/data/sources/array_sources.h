#pragma once

#include "aelab/data/source.h"

namespace aelab {

/// NumPy's .npy files: all plain numbers, any byte order, either order of indices. Values stay as they are;
/// rows [height, width] are pictures of one channel, unless "shape" says what they are.
class Npy : public Source {
 public:
  struct Config {
    static constexpr std::string_view kind = "npy";
    static constexpr std::string_view summary = "NumPy arrays, a .npy file each";
    static constexpr std::string_view also_known_as[] = {"numpy", "array"};
    FileNames files = {}, label_files = {}, test_files = {}, test_label_files = {};
    bool channels_last = false, tokens_as_rows = false, in_memory = true;
    std::optional<std::vector<std::int64_t>> shape = {};

    void fields(Fields& f);
    static std::vector<Config> examples();
  };

  explicit Npy(const Config& config) : config_(config) {}
  Data open() const override;

 private:
  Config config_;
};

/// What the sources of files that hold several arrays have in common.
struct ArchiveConfig {
  FileNames files = {}, test_files = {};
  std::string inputs = "", labels = "", test_inputs = "", test_labels = "";
  bool channels_last = false, tokens_as_rows = false;
  std::optional<std::vector<std::int64_t>> shape = {};

  void fields(Fields& f);
};

/// NumPy's .npz files: arrays by name, packed or not; read into memory.
class Npz : public Source {
 public:
  struct Config {
    static constexpr std::string_view kind = "npz";
    static constexpr std::string_view summary = "NumPy arrays by name in .npz files";
    ArchiveConfig base = {};

    void fields(Fields& f) { base.fields(f); }
    static std::vector<Config> examples();
  };

  explicit Npz(const Config& config) : config_(config.base) {}
  Data open() const override;
  /// Rows may lack the labels, with a note.
  Data open_like(const InputSchema& own) const override;

 private:
  ArchiveConfig config_;
};

/// Tensors by name in safetensors files.
class SafetensorsSource : public Source {
 public:
  struct Config {
    static constexpr std::string_view kind = "safetensors";
    static constexpr std::string_view summary = "tensors by name in safetensors files";
    ArchiveConfig base = {};
    bool in_memory = true;

    void fields(Fields& f);
    static std::vector<Config> examples();
  };

  explicit SafetensorsSource(const Config& config) : config_(config) {}
  Data open() const override;
  /// Rows may lack the labels, with a note.
  Data open_like(const InputSchema& own) const override;

 private:
  Config config_;
};

}  // namespace aelab
