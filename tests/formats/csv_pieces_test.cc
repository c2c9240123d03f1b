#include <gtest/gtest.h>
#include <zlib.h>

#include <random>
#include <set>

#include "aelab/core/error.h"
#include "aelab/core/files.h"
#include "aelab/data/formats/csv.h"
#include "aelab/data/formats/csv_numbers.h"
#include "aelab/data/formats/csv_text.h"
#include "tests/support.h"

namespace aelab {
namespace {

using TextRows = std::vector<std::vector<std::string>>;

TextRows rows_of(CsvRows rows) {
  TextRows all;
  std::vector<CsvField> row;
  while (rows.next(row)) {
    all.push_back({std::to_string(rows.line())});
    for (const auto& field : row) all.back().push_back((field.quoted ? "\"" : "") + std::string(field.text));
  }
  return all;
}

/// The text in pieces of so many bytes, behind the first one.
CsvRows rows_in_pieces(const std::string& text, std::size_t size, const CsvDialect& dialect,
                       const std::string& file) {
  return {std::string_view(text).substr(0, size), dialect, file, 1, [&text, size, at = size]() mutable {
            if (at >= text.size()) return std::string();
            at += size;
            return text.substr(at - size, size);
          }};
}

TEST(CsvPieces, RowsDoNotDependOnWhereATextIsCut) {
  const std::string text =
      "a,b\r\n# a remark\r\n1,\"two\nlines, and a \"\"quote\"\"\" ,3\r\n\r\n  \"\", ,x\n#\n,\n" +
      std::string(300, 'y') + ",\"" + std::string(200, '\n') + "\"\nlast,row";
  const std::string file = "t.csv";
  for (const char delimiter : {',', ' '}) {
    const CsvDialect dialect{.delimiter = delimiter, .comment = "#"};
    std::string own = text;
    if (delimiter == ' ') own = "a b\n1\t 2  3\n\n# no\n4 \"5 6\"   7 \nlast row";
    const auto whole = rows_of(CsvRows(own, dialect, file));
    ASSERT_GT(whole.size(), 3U);
    for (std::size_t size = 2; size < own.size(); ++size)
      ASSERT_EQ(rows_of(rows_in_pieces(own, size, dialect, file)), whole) << size;
  }
}

TEST(CsvPieces, AQuoteThatIsNeverClosedIsAnError) {
  const std::string file = "t.csv", text = "1,2\n3,\"4\n5,6\n";
  EXPECT_SAYS(message_of<Error>([&] { rows_of(rows_in_pieces(text, 3, {}, file)); }),
              "t.csv:2: a quote is opened and never closed");
}

/// More than what is read at once, with fields that go over the borders of pieces.
std::string long_table(int rows) {
  std::mt19937 random(3);
  std::string text = "number,word,late,flag,when\n";
  for (int i = 0; i < rows; ++i) {
    const auto x = random();
    text += std::to_string(x * 1e-5) + ",";
    text += i < 1000 ? "" : (x % 3 == 0 ? "\"a, b\"" : "c" + std::to_string(x % 7));
    text += i < 900 ? ",12," : ",L" + std::to_string(x % 5) + ",";
    text += (x % 2 ? "yes," : "no,") + std::to_string(2000 + x % 20) + "-03-0" + std::to_string(1 + x % 9);
    text += "\n";
  }
  return text;
}

void put_gzip(const std::filesystem::path& path, const std::string& content) {
  auto* file = gzopen(path.c_str(), "wb1");
  ASSERT_EQ(gzwrite(file, content.data(), static_cast<unsigned>(content.size())),
            static_cast<int>(content.size()));
  gzclose(file);
}

void expect_equal_tables(const CsvTable& table, const CsvTable& other) {
  EXPECT_EQ(table.columns, other.columns);
  EXPECT_EQ(table.types, other.types);
  EXPECT_EQ(table.rows, other.rows);
  ASSERT_EQ(table.values.size(), other.values.size());
  for (std::size_t i = 0; i < table.values.size(); ++i)
    ASSERT_TRUE(table.values[i] == other.values[i] ||
                (std::isnan(table.values[i]) && std::isnan(other.values[i])))
        << i;
  EXPECT_EQ(table.labels, other.labels);
}

TEST(CsvPieces, ALongFileIsReadAsItsTextIs) {
  const TemporaryFolder folder;
  const auto text = long_table(400'000);
  ASSERT_GT(text.size(), std::size_t{13} << 20);
  const CsvFormat format{.label = "flag"};
  const auto whole = parse_csv(text, format, "t");
  EXPECT_EQ(whole.rows, 400'000);
  EXPECT_EQ(whole.types[1].kind, ColumnKind::categorical);
  EXPECT_EQ(whole.types[1].categories.size(), 8U);
  EXPECT_EQ(whole.types[2].categories, (std::vector<std::string>{"12", "L0", "L1", "L2", "L3", "L4"}));
  EXPECT_TRUE(std::isnan(whole.values[1]));
  EXPECT_EQ(whole.values[2], 0);
  write_file(folder.path() / "t.csv", text);
  expect_equal_tables(read_csv(folder.path() / "t.csv", format), whole);
  put_gzip(folder.path() / "t.csv.gz", text);
  expect_equal_tables(read_csv(folder.path() / "t.csv.gz", format), whole);
  write_file(folder.path() / "bom.csv", "\xef\xbb\xbf" + text);
  expect_equal_tables(read_csv(folder.path() / "bom.csv", format), whole);
}

TEST(CsvPieces, ErrorsFarBehindTheBeginningNameTheirPlace) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "t.csv";
  auto text = long_table(400'000);
  const auto cut = text.find('\n', text.size() - 500) + 1;
  auto damaged = text;
  damaged[cut + 3] = '\0';
  write_file(path, damaged);
  EXPECT_SAYS(message_of<Error>([&] { read_csv(path, {}); }),
              "byte " + std::to_string(cut + 3) + ": is a zero byte");
  const auto line = std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(cut), '\n') + 1;
  write_file(path, text.substr(0, cut) + "1,2\n" + text.substr(cut));
  EXPECT_SAYS(message_of<Error>([&] { read_csv(path, {}); }),
              "t.csv:" + std::to_string(line) + ": has 2 fields, the first row has 5");
}

TEST(CsvPieces, AFileThatChangesMeanwhileIsAnError) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "t.csv";
  const auto text = long_table(200'000);
  write_file(path, text);
  const CsvText opened(path);
  write_file(path, text.substr(text.size() / 2));
  EXPECT_SAYS(message_of<Error>([&] { opened.rows({}, 1); }), "t.csv: was changed while it was read");
}

TEST(DistinctValues, AreCountedBySamplesBeyondThousands) {
  std::mt19937_64 random(5);
  DistinctValues values;
  std::set<double> all;
  std::set<float> floats;
  for (int i = 0; i < 200'000; ++i) {  // a quarter of the numbers between two floats
    const double value = 16'777'216. + static_cast<double>(random() % 400'000) / 4;
    values.add(value, std::to_string(value));
    all.insert(value);
    floats.insert(static_cast<float>(value));
  }
  EXPECT_TRUE(values.are_merged());
  double found = 0, merged = 0;
  ASSERT_EQ(std::sscanf(values.in_words().c_str(), "about %lf different values become %lf", &found, &merged),
            2);
  EXPECT_NEAR(found / static_cast<double>(all.size()), 1, 0.1);
  EXPECT_NEAR(merged / static_cast<double>(floats.size()), 1, 0.1);
}

TEST(DistinctValues, OfAFewFloatsAreMerged) {
  DistinctValues values, apart;
  for (int i = 0; i < 50'000; ++i) {
    values.add(1e9 + 1e-4 * i, std::to_string(1e9 + 1e-4 * i));
    apart.add(0.001 * i, std::to_string(0.001 * i));
  }
  EXPECT_TRUE(values.are_merged());
  EXPECT_TRUE(values.in_words().starts_with("at least ")) << values.in_words();
  EXPECT_FALSE(apart.are_merged());
}

}  // namespace
}  // namespace aelab
