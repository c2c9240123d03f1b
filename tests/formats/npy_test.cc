#include "aelab/data/formats/npy.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "aelab/core/error.h"
#include "tests/support.h"

namespace aelab {
namespace {

/// A file as NumPy writes it, with any header.
std::string npy_file(const std::string& header, const std::string& values, int version = 1) {
  const std::string text = header + "\n";
  std::string file = "\x93NUMPY";
  file += static_cast<char>(version);
  file += '\0';
  for (int i = 0; i < (version == 1 ? 2 : 4); ++i) file += static_cast<char>(text.size() >> 8 * i);
  return file + text + values;
}

std::string header_of(const std::string& descr, const std::string& shape, bool fortran = false) {
  return "{'descr': '" + descr + "', 'fortran_order': " + (fortran ? "True" : "False") +
         ", 'shape': " + shape + ", }";
}

std::vector<float> npy_values(const std::string& file) {
  const ArrayFile array("x.npy", parse_npy(file, file.size(), "x.npy"), file);
  std::vector<std::int64_t> rows(static_cast<std::size_t>(array.rows()));
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<std::int64_t>(i);
  std::vector<float> values(static_cast<std::size_t>(elements(array.layout().shape)));
  array.read(rows, values.data());
  return values;
}

std::string npy_refusal(const std::string& file) {
  return message_of<Error>([&] { parse_npy(file, file.size(), "x.npy"); });
}

using Floats = std::vector<float>;

TEST(Npy, ReadsEveryTypeInBothByteOrders) {
  EXPECT_EQ(npy_values(npy_file(header_of("<i2", "(2,)"), std::string("\x01\x00\xff\xff", 4))),
            (Floats{1, -1}));
  EXPECT_EQ(npy_values(npy_file(header_of(">i2", "(2,)"), std::string("\x00\x01\xff\xff", 4))),
            (Floats{1, -1}));
  EXPECT_EQ(npy_values(npy_file(header_of("|u1", "(2,)"), std::string("\x00\xff", 2))), (Floats{0, 255}));
  EXPECT_EQ(npy_values(npy_file(header_of("|b1", "(2,)"), std::string("\x00\x01", 2))), (Floats{0, 1}));
  EXPECT_EQ(npy_values(npy_file(header_of("<f4", "(1,)"), std::string("\0\0\x80\x3f", 4))), (Floats{1}));
  EXPECT_EQ(npy_values(npy_file(header_of(">f8", "(1,)"), std::string("\x3f\xf0\0\0\0\0\0\0", 8))),
            (Floats{1}));
  EXPECT_EQ(npy_values(npy_file(header_of(">u8", "(1,)"), std::string("\0\0\0\0\0\0\x01\0", 8))),
            (Floats{256}));
  EXPECT_EQ(npy_values(npy_file(header_of("<i4", "(1,)"), std::string("\xfe\xff\xff\xff", 4), 2)),
            (Floats{-2}));
  EXPECT_EQ(npy_values(npy_file(header_of("<u4", "(1,)"), std::string("\xff\xff\xff\xff", 4), 3)),
            (Floats{4294967296.f}));
}

TEST(Npy, ReadsWhatPython2Wrote) {  // whose integers end in L
  EXPECT_EQ(npy_values(npy_file(header_of("|u1", "(2L, 2L)"), "\x01\x02\x03\x04")), (Floats{1, 2, 3, 4}));
  EXPECT_EQ(npy_values(npy_file(header_of("|u1", "(2L,)"), "\x01\x02")), (Floats{1, 2}));
  EXPECT_SAYS(npy_refusal(npy_file(header_of("|u1", "(2LL,)"), "\x01\x02")), "its header is not NumPy's");
}

TEST(Npy, ReadsHalfPrecision) {  // IEEE 754 binary16: 1, -2, the largest, the smallest, infinity
  const std::string halves("\x00\x3c\x00\xc0\xff\x7b\x01\x00\x00\x7c", 10);
  EXPECT_EQ(npy_values(npy_file(header_of("<f2", "(5,)"), halves)),
            (Floats{1, -2, 65504, 0x1p-24F, INFINITY}));
  EXPECT_TRUE(std::isnan(npy_values(npy_file(header_of("<f2", "(1,)"), std::string("\x01\x7e", 2)))[0]));
}

TEST(Npy, FortranOrderGivesTheSameRows) {
  // The array a[i][j][k] = 100 i + 10 j + k, its first index moving fastest.
  std::string values;
  for (int k = 0; k < 2; ++k)
    for (int j = 0; j < 3; ++j)
      for (int i = 0; i < 2; ++i) values += static_cast<char>(100 * i + 10 * j + k);
  EXPECT_EQ(npy_values(npy_file(header_of("|u1", "(2, 3, 2)", true), values)),
            (Floats{0, 1, 10, 11, 20, 21, 100, 101, 110, 111, 120, 121}));
  EXPECT_EQ(npy_values(npy_file(header_of("|u1", "(2, 2)", true), "\x01\x03\x02\x04")), (Floats{1, 2, 3, 4}));
}

TEST(Npy, WhatIsWrittenIsRead) {
  const auto header = npy_header("F32", {2, 3});
  const auto layout = parse_npy(header, header.size() + 24, "x.npy");
  EXPECT_EQ(layout.shape, (Shape{2, 3}));
  EXPECT_EQ(layout.type, ValueType::f32);
  EXPECT_EQ(layout.offset, header.size());
}

TEST(Npy, RefusesWithTheByte) {
  EXPECT_SAYS(npy_refusal("NUMPY"), "x.npy: byte 0: this is not a NumPy .npy file");
  EXPECT_SAYS(npy_refusal("\x93NUMPY\x04"), "byte 6: this is not a .npy file of version 1, 2 or 3");
  EXPECT_SAYS(npy_refusal(std::string("\x93NUMPY\x01\x00\x50\x00{", 11)),
              "byte 11: the file ends within its header");
  EXPECT_SAYS(npy_refusal(npy_file(header_of("<c8", "(1,)"), "12345678")),
              "byte 20: its values are complex numbers (\"<c8\"); save real and imaginary parts");
  EXPECT_SAYS(npy_refusal(npy_file(header_of("|O", "(1,)"), "12345678")),
              "its values are Python objects (\"|O\"); save numbers: x.astype(\"float32\")");
  EXPECT_SAYS(npy_refusal(npy_file(header_of("<U3", "(1,)"), "12345678")), "strings (\"<U3\"); save numbers");
  EXPECT_SAYS(npy_refusal(npy_file(header_of("<M8[ns]", "(1,)"), "12345678")),
              "times (\"<M8[ns]\"); save numbers");
  EXPECT_SAYS(npy_refusal(npy_file(header_of("<f16", "(1,)"), "1234567812345678")),
              "of a type that aelab does not read (\"<f16\"); save x.astype(\"float32\")");
  EXPECT_SAYS(
      npy_refusal(npy_file("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}", "1234")),
      "its values are records");
  EXPECT_SAYS(npy_refusal(npy_file("{'descr': '<f4', 'shape': (1,)}", "1234")), "its header is not NumPy's");
  EXPECT_SAYS(
      npy_refusal(npy_file("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'x': 1}", "1234")),
      "the unknown entry \"x\"");
  EXPECT_SAYS(npy_refusal(npy_file(header_of("<f4", "(-1,)"), "1234")), "its shape is not a tuple");
  EXPECT_SAYS(npy_refusal(npy_file(header_of("<f4", "(4294967296, 4294967296)"), "1234")), "exceeds 63 bits");
  const auto file = npy_file(header_of("<f4", "(2,)"), "12345678");
  EXPECT_SAYS(npy_refusal(file + "9"), "byte " + std::to_string(file.size()) + ": 1 bytes follow the values");
  EXPECT_SAYS(npy_refusal(file.substr(0, file.size() - 1)),
              "the file is truncated: 8 bytes of values expected, 7 found");
}

TEST(Npy, ErrorsComeFromDamagedFilesAndNothingElse) {
  const auto whole = npy_file(header_of("<f4", "(2, 3)"), std::string(24, 'x'));
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_NE(npy_refusal(whole.substr(0, size)), "nothing was thrown");
  std::mt19937 random(3);
  for (int round = 0; round < 20'000; ++round) {
    auto file = whole;
    for (int i = 0; i < 3; ++i) file[random() % 80] = static_cast<char>(random());
    try {
      const auto layout = parse_npy(file, file.size(), "x.npy");
      EXPECT_EQ(layout.offset + layout.bytes(), file.size());
    } catch (const Error&) {
    }
  }
}

TEST(Npz, RowsAreVisitedOneByOneAsTheyAreInTheFile) {
  const TemporaryFolder folder;
  std::mt19937 random(5);
  std::vector<std::byte> values(6'000'000);  // more than is read at once
  for (auto& value : values) value = static_cast<std::byte>(random());
  for (const auto& shape : {Shape{2'000'000, 3}, {1, 6'000'000}, {6'000'000}}) {
    const TensorBytes tensor{"x", "U8", shape, values};
    write_npz(folder / "x.npz", {&tensor, 1});
    std::string seen;
    std::int64_t rows = 0;
    visit_npz_rows(folder / "x.npz", "x", [&](const ArrayLayout& layout) {
      EXPECT_EQ(layout.shape, shape);
      return [&](std::int64_t row, std::string_view bytes) {
        EXPECT_EQ(row, rows++);
        seen += bytes;
      };
    });
    EXPECT_EQ(rows, shape[0]);
    EXPECT_TRUE(seen == std::string_view(reinterpret_cast<const char*>(values.data()), values.size()));
  }
}

}  // namespace
}  // namespace aelab
