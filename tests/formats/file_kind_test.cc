// Files that are mistaken for data that aelab reads are named, with what to do about them.

#include "aelab/data/formats/file_kind.h"

#include <gtest/gtest.h>

#include "aelab/core/error.h"
#include "tests/support.h"

namespace aelab {
namespace {

using namespace std::string_literals;

std::string kind_refusal(const std::string& begin, const std::string& source = "csv") {
  return message_of<Error>([&] { require_kind("x.dat", begin, source, /*may_be_gzipped=*/source == "idx"); });
}

/// The first member of a ZIP archive.
std::string zip_of(const std::string& member) {
  return "PK\x03\x04" + std::string(22, '\0') + static_cast<char>(member.size()) + '\0' + "\0\0"s + member +
         "content";
}

TEST(FileKind, NamesKindAndRemedy) {
  EXPECT_SAYS(kind_refusal("PAR1\x15\x04"),
              "x.dat is a Parquet file: use \"source\": \"parquet\" instead of \"csv\"");
  EXPECT_SAYS(kind_refusal("ARROW1\0\0"s),
              "x.dat is an Arrow (Feather) file, which \"csv\" cannot read; convert it: "
              "python3 -c 'import pandas; pandas.read_feather(\"x.dat\")"
              ".to_csv(\"x.dat.csv\", index=False)'");
  EXPECT_SAYS(kind_refusal("PARE\x15\x04"),
              "is an encrypted Parquet file, which \"csv\" cannot read; write it");
  EXPECT_SAYS(kind_refusal("a,b\n", "parquet"), "x.dat is not a Parquet file; it looks like a text file");
  EXPECT_SAYS(kind_refusal(zip_of("data/table.csv")),
              "is a ZIP archive, which \"csv\" cannot read; unpack it: "
              "unzip x.dat");
  EXPECT_SAYS(kind_refusal(zip_of("[Content_Types].xml")), "is an Excel workbook (.xlsx)");
  EXPECT_SAYS(kind_refusal(zip_of("mimetype")), "is an OpenDocument file");
  EXPECT_SAYS(kind_refusal(zip_of("archive/data.pkl")), "is a PyTorch file");
  EXPECT_SAYS(kind_refusal(std::string(257, '\0') + "ustar"), "is a tar archive");
  EXPECT_SAYS(kind_refusal("BZh91AY&SY"), "unpack it: bunzip2 x.dat");
  EXPECT_SAYS(kind_refusal("\xfd"
                           "7zXZ\0"s),
              "unpack it: unxz x.dat");
  EXPECT_SAYS(kind_refusal("\x28\xb5\x2f\xfd"), "unpack it: unzstd x.dat");
  EXPECT_SAYS(kind_refusal("\x89HDF\r\n\x1a\n"), "is an HDF5 file");
  EXPECT_SAYS(kind_refusal("MATLAB 5.0 MAT-file, Platform"), "scipy.io.loadmat(\"x.dat\")");
  EXPECT_SAYS(kind_refusal("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), "is an Excel workbook (.xls)");
  EXPECT_SAYS(kind_refusal("\x80\x04\x95\x10"), "is a Python pickle");
  EXPECT_SAYS(kind_refusal("<!DOCTYPE html><html>"), "is a web page");
  EXPECT_SAYS(kind_refusal("  <HTML>"), "is a web page");
  EXPECT_SAYS(kind_refusal("@RELATION iris"), "is an ARFF file");
  EXPECT_SAYS(kind_refusal("[{\"a\": 1}]"), "is a JSON file");
  EXPECT_SAYS(kind_refusal("version https://git-lfs.github.com/spec/v1"), "git lfs pull");
  EXPECT_SAYS(kind_refusal("SQLite format 3\0"s), "is an SQLite database");
}

TEST(FileKind, NamesTheSourceThatReadsIt) {
  const auto npy = "\x93NUMPY\x01\0"s;
  EXPECT_SAYS(kind_refusal(npy), "x.dat is a NumPy .npy file: use \"source\": \"npy\" instead of \"csv\"");
  EXPECT_SAYS(kind_refusal(zip_of("x_train.npy"), "npy"), "use \"source\": \"npz\" instead of \"npy\"");
  EXPECT_SAYS(kind_refusal("\0\0\x08\x03"s), "use \"source\": \"idx\" instead of \"csv\"");
  EXPECT_SAYS(kind_refusal("\x10\0\0\0\0\0\0\0{\"x\":"s, "npz"), "use \"source\": \"safetensors\"");
  EXPECT_SAYS(kind_refusal("\x89PNG\r\n"), "give the folder of images to \"source\": \"images\"");
  EXPECT_SAYS(kind_refusal("\x1f\x8b\x08", "npy"),
              "x.dat is a gzip file, which \"npy\" cannot read; unpack it: gunzip x.dat");
  const std::string none = "nothing was thrown";
  EXPECT_EQ(kind_refusal("\x1f\x8b\x08", "idx"), none);
  EXPECT_EQ(kind_refusal(npy, "npy"), none);
  EXPECT_EQ(kind_refusal(zip_of("a.npy"), "npz"), none);
}

TEST(FileKind, SaysWhatAFileOfAnotherKindLooksLike) {
  EXPECT_EQ(looks_like(""), "an empty file");
  EXPECT_EQ(looks_like("a,b\n1,2\n"), "a text file");
  EXPECT_EQ(looks_like("\x01\x02\x03\xff\x05"), "a binary file that begins with the bytes 01 02 03 ff");
  EXPECT_EQ(looks_like("\x89PNG\r\n"), "a PNG image");
  EXPECT_EQ(looks_like("GIF89a"), "a GIF image");
  EXPECT_EQ(looks_like("RIFF0000WEBPVP8 "), "a WebP image");
  EXPECT_EQ(kind_refusal("a,b\n1,2\n", "npy"),
            "x.dat is not a NumPy .npy file; it looks like a text file: if it is a table, use \"source\": "
            "\"csv\"");
  EXPECT_SAYS(kind_refusal("\x01\x02\x03\x04", "npz"),
              "is not a NumPy .npz file; it looks like a binary file that");
  EXPECT_SAYS(kind_refusal("", "safetensors"), "is not a safetensors file; it looks like an empty file");
  EXPECT_SAYS(kind_refusal("GIF89a", "npy"),
              "is a GIF image, which \"npy\" cannot read; convert it: python3");
  EXPECT_SAYS(kind_refusal("\x07\x08", "idx"), "is not an IDX file; it looks like");
  EXPECT_EQ(kind_refusal("\0\0\x0d\x01"s, "idx"), "nothing was thrown");  // IDX of floats
  EXPECT_EQ(kind_refusal("\x10\0\0\0\0\0\0\0{ \"x\":"s, "safetensors"), "nothing was thrown");
  EXPECT_EQ(kind_refusal("\x01\x02", "csv"), "nothing was thrown");
}

TEST(FileKind, SuffixesSayWhatAFileShouldBe) {
  EXPECT_EQ(source_of_suffix("a/x.NPY"), "npy");
  EXPECT_EQ(source_of_suffix("x.npz"), "npz");
  EXPECT_EQ(source_of_suffix("x.safetensors"), "safetensors");
  EXPECT_EQ(source_of_suffix("x.jpeg"), "images");
  EXPECT_EQ(source_of_suffix("train-images-idx3-ubyte.gz"), "idx");
  EXPECT_EQ(source_of_suffix("faces.idx"), "idx");
  EXPECT_EQ(source_of_suffix("idx/table.csv"), "");
}

TEST(FileKind, LetsTablesPass) {
  for (const auto* table :
       {"a,b\n1,2\n", "1 2 3\n", "\"PAR1\",x\n", "# comment\n1\n", "", "x", "PAR,1\n", "RD,1\n",
        "\xef\xbb\xbf"
        "a,b\n"})
    EXPECT_EQ(kind_refusal(table), "nothing was thrown") << table;
}

}  // namespace
}  // namespace aelab
