// In place of parquet_file.cc where Arrow is not found.

#include "aelab/core/error.h"
#include "aelab/data/formats/file_kind.h"
#include "aelab/data/formats/parquet_file.h"

namespace aelab {

struct ParquetFile::Opened {
  std::vector<StoredColumn> columns;
};

std::string arrow_version() { return {}; }

std::string arrow_advice() {
  return "install pyarrow, which holds Arrow, by third_party/install, and build aelab again";
}

ParquetFile::ParquetFile(const std::filesystem::path& path) {
  require_kind(path.string(), beginning_of(path), "parquet", /*may_be_gzipped=*/false);
  throw Error(path.string() + ": this aelab was built without Arrow, which reads Parquet files; " +
              arrow_advice() + "; or convert the file: python3 -c 'import pandas; pandas.read_parquet(\"" +
              path.string() + "\").to_csv(\"" + path.string() + ".csv\", index=False)'");
}

ParquetFile::~ParquetFile() = default;

const std::vector<StoredColumn>& ParquetFile::columns() const { return opened_->columns; }

std::int64_t ParquetFile::rows() const { return 0; }

void ParquetFile::read(const std::vector<std::size_t>&, const Take&) const {}

}  // namespace aelab
