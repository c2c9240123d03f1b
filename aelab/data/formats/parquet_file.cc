// The only file that includes Arrow's headers.

#include "aelab/data/formats/parquet_file.h"

#include <arrow/array.h>
#include <arrow/io/file.h>
#include <arrow/memory_pool.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/config.h>
#include <arrow/util/decimal.h>
#include <arrow/util/float16.h>
#include <fmt/format.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/schema.h>
#include <parquet/exception.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/properties.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <new>

#include "aelab/core/error.h"
#include "aelab/core/files.h"
#include "aelab/core/signals.h"
#include "aelab/core/text.h"
#include "aelab/data/formats/csv_faults.h"
#include "aelab/data/formats/csv_rows.h"
#include "aelab/data/formats/file_kind.h"
#include "aelab/data/formats/iso_dates.h"

namespace aelab {
namespace {

namespace pa = parquet::arrow;
using arrow::Array;
using arrow::DataType;
using arrow::Type;
using arrow::internal::checked_cast;

/// What Arrow reports, without its codes and backtraces.
class ArrowProblem : public std::exception {
 public:
  explicit ArrowProblem(const std::string& text) : text_(first_line(text)) {}
  const char* what() const noexcept override { return text_.c_str(); }

 private:
  std::string text_;
};

void require_ok(const arrow::Status& status) {
  if (status.IsOutOfMemory()) throw std::bad_alloc();
  if (!status.ok()) throw ArrowProblem(status.message());
}

template <class T>
T value_of(arrow::Result<T> result) {
  require_ok(result.status());
  return std::move(result).ValueUnsafe();
}

/// Calls `work`; for what Arrow reports, by a status or an exception, throws the Error that error_of(text)
/// is.
template <class Work, class ErrorOf>
void with_arrow(Work work, ErrorOf error_of) try {
  work();
} catch (const ArrowProblem& problem) {
  throw error_of(problem.what());
} catch (const parquet::ParquetException& problem) {
  throw error_of(first_line(problem.what()));
}

StoredKind stored_kind(const DataType& type) {
  switch (type.id()) {
    case Type::BOOL:
      return StoredKind::flag;
    case Type::STRING:
    case Type::LARGE_STRING:
    case Type::STRING_VIEW:
      return StoredKind::text;
    case Type::DATE32:
    case Type::DATE64:
    case Type::TIMESTAMP:
      return StoredKind::date;
    case Type::DICTIONARY: {
      const auto kind = stored_kind(*checked_cast<const arrow::DictionaryType&>(type).value_type());
      return kind == StoredKind::number || kind == StoredKind::flag ? StoredKind::category : kind;
    }
    case Type::NA:
      return StoredKind::number;  // of which all are missing
    default:
      return arrow::is_integer(type.id()) || arrow::is_floating(type.id()) || arrow::is_decimal(type.id())
                 ? StoredKind::number
                 : StoredKind::other;
  }
}

StoredColumn stored_column(const arrow::Field& field) {
  const auto& type = *field.type();
  StoredColumn column{.name = field.name(), .kind = stored_kind(type), .type = type.ToString()};
  if (type.id() == Type::TIMESTAMP) column.zone = checked_cast<const arrow::TimestampType&>(type).timezone();
  return column;
}

/// In ISO 8601.
std::string date_in_array(const Array& array, std::int64_t i) {
  constexpr std::int64_t kDay = 24 * 60 * 60, kMilli = 1000, kMicro = 1'000'000, kNano = 1'000'000'000;
  if (array.type_id() == Type::DATE32)
    return iso_date(checked_cast<const arrow::Date32Array&>(array).Value(i) * kDay, 1);
  if (array.type_id() == Type::DATE64)
    return iso_date(checked_cast<const arrow::Date64Array&>(array).Value(i), kMilli);
  const auto unit = checked_cast<const arrow::TimestampType&>(*array.type()).unit();
  const auto per_second = unit == arrow::TimeUnit::MILLI   ? kMilli
                          : unit == arrow::TimeUnit::MICRO ? kMicro
                          : unit == arrow::TimeUnit::NANO  ? kNano
                                                           : 1;
  return iso_date(checked_cast<const arrow::TimestampArray&>(array).Value(i), per_second);
}

/// Calls use(value) with a number of an array of any numeric type.
template <class Use>
auto with_number(const Array& array, std::int64_t i, Use use) {
  const auto at = [&]<class Typed>(const Typed*) { return use(checked_cast<const Typed&>(array).Value(i)); };
  switch (array.type_id()) {
    case Type::INT8:
      return at(static_cast<arrow::Int8Array*>(nullptr));
    case Type::INT16:
      return at(static_cast<arrow::Int16Array*>(nullptr));
    case Type::INT32:
      return at(static_cast<arrow::Int32Array*>(nullptr));
    case Type::UINT8:
      return at(static_cast<arrow::UInt8Array*>(nullptr));
    case Type::UINT16:
      return at(static_cast<arrow::UInt16Array*>(nullptr));
    case Type::UINT32:
      return at(static_cast<arrow::UInt32Array*>(nullptr));
    case Type::UINT64:
      return at(static_cast<arrow::UInt64Array*>(nullptr));
    case Type::FLOAT:
      return at(static_cast<arrow::FloatArray*>(nullptr));
    case Type::DOUBLE:
      return at(static_cast<arrow::DoubleArray*>(nullptr));
    case Type::HALF_FLOAT:
      return use(arrow::util::Float16::FromBits(checked_cast<const arrow::HalfFloatArray&>(array).Value(i))
                     .ToFloat());
    default:
      return at(static_cast<arrow::Int64Array*>(nullptr));
  }
}

std::string text_in_array(const Array& array, std::int64_t i);

std::string decimal_in_array(const Array& array, std::int64_t i) {
  switch (array.type_id()) {
    case Type::DECIMAL32:
      return checked_cast<const arrow::Decimal32Array&>(array).FormatValue(i);
    case Type::DECIMAL64:
      return checked_cast<const arrow::Decimal64Array&>(array).FormatValue(i);
    case Type::DECIMAL256:
      return checked_cast<const arrow::Decimal256Array&>(array).FormatValue(i);
    default:
      return checked_cast<const arrow::Decimal128Array&>(array).FormatValue(i);
  }
}

std::string_view view_in_array(const Array& array, std::int64_t i) {
  if (array.type_id() == Type::LARGE_STRING)
    return checked_cast<const arrow::LargeStringArray&>(array).GetView(i);
  if (array.type_id() == Type::STRING_VIEW)
    return checked_cast<const arrow::StringViewArray&>(array).GetView(i);
  return checked_cast<const arrow::StringArray&>(array).GetView(i);
}

std::string text_in_array(const Array& array, std::int64_t i) {
  if (array.IsNull(i)) return {};
  if (array.type_id() == Type::DICTIONARY) {
    const auto& packed = checked_cast<const arrow::DictionaryArray&>(array);
    return text_in_array(*packed.dictionary(), packed.GetValueIndex(i));
  }
  switch (stored_kind(*array.type())) {
    case StoredKind::text:
      return std::string(view_in_array(array, i));
    case StoredKind::flag:
      return checked_cast<const arrow::BooleanArray&>(array).Value(i) ? "true" : "false";
    case StoredKind::date:
      return date_in_array(array, i);
    default:
      if (arrow::is_decimal(array.type_id())) return decimal_in_array(array, i);
      return with_number(array, i, [](auto value) { return fmt::format("{}", value); });
  }
}

bool is_missing_in_array(const Array& array, std::int64_t i) {
  if (array.IsNull(i)) return true;
  if (array.type_id() == Type::DICTIONARY) {
    const auto& packed = checked_cast<const arrow::DictionaryArray&>(array);
    return is_missing_in_array(*packed.dictionary(), packed.GetValueIndex(i));
  }
  return arrow::is_floating(array.type_id()) &&
         with_number(array, i, [](auto value) { return std::isnan(static_cast<double>(value)); });
}

/// The cells of an array; its texts are views of it, or of `texts`.
StoredCells cells_of(const Array& array, std::vector<std::string>& texts) {
  const auto count = array.length();
  StoredCells cells{.missing = std::vector<bool>(static_cast<std::size_t>(count))};
  cells.text = [&array](std::size_t i) { return text_in_array(array, static_cast<std::int64_t>(i)); };
  for (std::int64_t i = 0; i < count; ++i)
    cells.missing[static_cast<std::size_t>(i)] = is_missing_in_array(array, i);
  const auto for_cells = [&](auto use) {
    for (std::int64_t i = 0; i < count; ++i)
      if (!cells.missing[static_cast<std::size_t>(i)]) use(static_cast<std::size_t>(i), i);
  };
  const auto kind = stored_kind(*array.type());
  const bool has_numbers = kind == StoredKind::number || kind == StoredKind::flag;
  if (has_numbers)
    cells.numbers.resize(cells.size());
  else
    cells.texts.resize(cells.size());
  if (array.type_id() == Type::NA) return cells;
  cells.exact = array.type_id() == Type::FLOAT || array.type_id() == Type::HALF_FLOAT;
  if (array.type_id() == Type::DICTIONARY) {
    const auto& packed = checked_cast<const arrow::DictionaryArray&>(array);
    const auto& dictionary = *packed.dictionary();
    for (std::int64_t i = 0; i < dictionary.length(); ++i) texts.push_back(text_in_array(dictionary, i));
    for_cells([&](std::size_t to, std::int64_t i) {
      cells.texts[to] = texts[static_cast<std::size_t>(packed.GetValueIndex(i))];
    });
  } else if (kind == StoredKind::text) {
    for_cells([&](std::size_t to, std::int64_t i) { cells.texts[to] = view_in_array(array, i); });
  } else if (kind == StoredKind::date) {
    texts.resize(cells.size());
    for_cells([&](std::size_t to, std::int64_t i) { cells.texts[to] = texts[to] = date_in_array(array, i); });
  } else if (kind == StoredKind::flag) {
    for_cells([&](std::size_t to, std::int64_t i) {
      cells.numbers[to] = checked_cast<const arrow::BooleanArray&>(array).Value(i);
    });
  } else if (arrow::is_decimal(array.type_id())) {
    for_cells([&](std::size_t to, std::int64_t i) {
      cells.numbers[to] = number_in(decimal_in_array(array, i)).value_or(0);
    });
  } else {
    for_cells([&](std::size_t to, std::int64_t i) {
      cells.numbers[to] = with_number(array, i, [](auto value) { return static_cast<double>(value); });
    });
  }
  return cells;
}

/// Files whose beginning or end tells that Arrow cannot read them.
void require_whole(const std::filesystem::path& path) {
  constexpr std::size_t kSign = 4;
  const auto file = path.string();
  require_kind(file, beginning_of(path), "parquet", /*may_be_gzipped=*/false);
  const InputFile input(path);
  std::string end(kSign, '\0');
  const auto size = input.size();
  if (size >= 2 * kSign) input.read_at(size - kSign, end.data(), kSign);
  if (end != "PAR1")
    throw Error(file + ": is cut off: a Parquet file ends with its footer; copy or write it again");
}

}  // namespace

struct ParquetFile::Opened {
  std::string file;
  std::unique_ptr<pa::FileReader> reader;
  std::vector<StoredColumn> columns;

  Error error_of(const std::string& problem) const {
    return Error(fmt::format("{}: Arrow {} cannot read it: {}. If other programs can: convert it to CSV",
                             file, ARROW_VERSION_STRING, problem));
  }

  /// The places of the file's leaves that these columns are.
  std::vector<int> leaves(const std::vector<std::size_t>& chosen) const {
    std::vector<int> places;
    for (const auto column : chosen) places.push_back(reader->manifest().schema_fields[column].column_index);
    return places;
  }

  void open(const std::filesystem::path& path);
  void find_categories();
  void read_group(int group, const std::vector<std::size_t>& chosen, std::int64_t& row,
                  const Take& take) const;
  bool can_read(int group, std::size_t column) const;
  /// `column 3 ("age"): ` of the first column that cannot be read; "" where each can be.
  std::string find_damaged(int group, const std::vector<std::size_t>& chosen) const;
};

void ParquetFile::Opened::open(const std::filesystem::path& path) {
  auto* pool = arrow::system_memory_pool();
  parquet::ReaderProperties properties(pool);
  properties.enable_buffered_stream();
  properties.set_page_checksum_verification(true);
  parquet::ArrowReaderProperties reading(/*use_threads=*/false);
  reading.set_pre_buffer(false);
  pa::FileReaderBuilder builder;
  require_ok(builder.Open(value_of(arrow::io::ReadableFile::Open(path.string(), pool)), properties));
  const auto metadata = builder.raw_reader()->metadata();
  if (metadata->is_encryption_algorithm_set())
    throw Error(file + ": has encrypted columns; write it without encryption");
  // Blocks of about a million cells.
  constexpr std::int64_t kCells = 1 << 20, kFewest = 256, kMost = 1 << 16;
  reading.set_batch_size(
      std::clamp<std::int64_t>(kCells / std::max(1, metadata->num_columns()), kFewest, kMost));
  reader = value_of(builder.memory_pool(pool)->properties(reading)->Build());
  for (const auto& field : reader->manifest().schema_fields) {
    columns.push_back(stored_column(*field.field));
    if (!field.is_leaf()) columns.back().kind = StoredKind::other;
  }
  find_categories();
}

/// Of dictionaries, Arrow gives back those of strings alone; the schema that it wrote has the others.
void ParquetFile::Opened::find_categories() {
  const auto& written = reader->manifest().origin_schema;
  if (!written || static_cast<std::size_t>(written->num_fields()) != columns.size()) return;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const auto& type = *written->field(static_cast<int>(i))->type();
    auto& [name, kind, words, zone] = columns[i];
    if (type.id() != Type::DICTIONARY || (kind != StoredKind::number && kind != StoredKind::flag)) continue;
    kind = StoredKind::category;
    words = type.ToString();
  }
}

void ParquetFile::Opened::read_group(int group, const std::vector<std::size_t>& chosen, std::int64_t& row,
                                     const Take& take) const {
  const auto batches = value_of(reader->GetRecordBatchReader({group}, leaves(chosen)));
  std::shared_ptr<arrow::RecordBatch> batch;
  for (;;) {
    StopSignals::check();
    require_ok(batches->ReadNext(&batch));
    if (!batch) return;
    if (row + batch->num_rows() > reader->parquet_reader()->metadata()->num_rows())
      throw ArrowProblem("it has more rows than it says");
    if (static_cast<std::size_t>(batch->num_columns()) != chosen.size())
      throw ArrowProblem("a column is lost");
    for (std::size_t i = 0; i < chosen.size(); ++i) {
      std::vector<std::string> texts;
      const auto array = batch->column(static_cast<int>(i));
      require_ok(array->Validate());
      take(row, i, cells_of(*array, texts));
    }
    row += batch->num_rows();
  }
}

bool ParquetFile::Opened::can_read(int group, std::size_t column) const try {
  std::int64_t row = 0;
  read_group(group, {column}, row, [](auto, auto, const auto&) {});
  return true;
} catch (const ArrowProblem&) {
  return false;
} catch (const parquet::ParquetException&) {
  return false;
}

std::string ParquetFile::Opened::find_damaged(int group, const std::vector<std::size_t>& chosen) const {
  for (const auto column : chosen)
    if (!can_read(group, column))
      return fmt::format("column {} ({}): ", column, in_json(columns[column].name));
  return {};
}

std::string arrow_version() { return ARROW_VERSION_STRING; }

std::string arrow_advice() { return {}; }

ParquetFile::ParquetFile(const std::filesystem::path& path) : opened_(std::make_unique<Opened>()) {
  require_whole(path);
  opened_->file = path.string();
  with_arrow([&] { opened_->open(path); },
             [&](const std::string& problem) { return opened_->error_of(problem); });
}

ParquetFile::~ParquetFile() = default;

const std::vector<StoredColumn>& ParquetFile::columns() const { return opened_->columns; }

std::int64_t ParquetFile::rows() const { return opened_->reader->parquet_reader()->metadata()->num_rows(); }

void ParquetFile::read(const std::vector<std::size_t>& columns, const Take& take) const {
  std::int64_t row = 0;
  if (columns.empty()) return;
  for (int group = 0; group < opened_->reader->num_row_groups(); ++group)
    with_arrow([&] { opened_->read_group(group, columns, row, take); },
               [&](const std::string& problem) {
                 return opened_->error_of(fmt::format("row group {}: {}{}", group,
                                                      opened_->find_damaged(group, columns), problem));
               });
  if (row != rows()) throw opened_->error_of(fmt::format("it has {} rows, and says {}", row, rows()));
}

}  // namespace aelab
