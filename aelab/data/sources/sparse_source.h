#pragma once

#include "aelab/data/source.h"

namespace aelab {

/// Sparse matrices of SciPy, such as the items of each user: rows are in memory as compressed sparse rows,
/// and made dense when a batch needs them. Items that are held out of rows, which metrics must find, come in
/// matrices of the same shape.
class SparseSource : public Source {
 public:
  struct Config {
    static constexpr std::string_view kind = "sparse-rows";
    static constexpr std::string_view summary =
        "sparse rows, such as baskets of items: .npz files of scipy.sparse.save_npz";
    static constexpr std::string_view also_known_as[] = {"csr", "scipy-sparse", "sparse", "baskets"};
    FileNames files = {}, label_files = {}, held_out_files = {};
    FileNames test_files = {}, test_label_files = {}, test_held_out_files = {};

    void fields(Fields& f);
    static std::vector<Config> examples();
  };

  explicit SparseSource(const Config& config) : config_(config) {}
  /// Error that names the file where matrices do not fit together.
  Data open() const override;

 private:
  Config config_;
};

}  // namespace aelab
