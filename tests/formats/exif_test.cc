#include "aelab/data/formats/exif.h"

#include <gtest/gtest.h>

#include <string>

namespace aelab {
namespace {

std::string number(std::uint32_t value, int bytes, bool big_endian) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> 8 * (big_endian ? bytes - 1 - i : i));
  return text;
}

/// A TIFF header and a directory of two entries, of which the second is the orientation.
std::string exif(std::uint32_t orientation, bool big_endian) {
  const auto n = [&](std::uint32_t value, int bytes) { return number(value, bytes, big_endian); };
  return (big_endian ? "MM" : "II") + n(42, 2) + n(10, 4) + "??" + n(2, 2) +  //
         n(0x010f, 2) + n(2, 2) + n(4, 4) + "abc" + '\0' +                    //
         n(0x0112, 2) + n(3, 2) + n(1, 4) + n(orientation, 2) + std::string(2, '\0') + n(0, 4);
}

TEST(Exif, OrientationInBothByteOrders) {
  for (const bool big_endian : {false, true})
    for (std::uint32_t orientation = 1; orientation <= 8; ++orientation)
      EXPECT_EQ(exif_orientation(exif(orientation, big_endian)), static_cast<int>(orientation));
}

TEST(Exif, WhatIsDamagedIsUpright) {
  EXPECT_EQ(exif_orientation(""), 1);
  EXPECT_EQ(exif_orientation(exif(0, true)), 1);
  EXPECT_EQ(exif_orientation(exif(9, false)), 1);
  const auto whole = exif(6, true);
  for (std::size_t size = 0; size + 8 <= whole.size(); ++size)
    EXPECT_EQ(exif_orientation(std::string_view(whole).substr(0, size)), 1) << size;
  auto far = whole;
  far.replace(4, 4, "\xff\xff\xff\xf0");  // the directory's place
  EXPECT_EQ(exif_orientation(far), 1);
}

TEST(Exif, IsFoundAmongTheSegmentsOfAJpeg) {
  const auto segment = [](char marker, const std::string& content) {
    return std::string("\xff") + marker + number(static_cast<std::uint32_t>(content.size() + 2), 2, true) +
           content;
  };
  const std::string begin = "\xff\xd8", name("Exif\0\0", 6), wanted = exif(3, false);
  const auto before =
      begin + segment('\xe0', "JFIF") + "\xff" + segment('\xe1', "http://ns.adobe.com/xap/1.0/");
  EXPECT_EQ(exif_of_jpeg(before + segment('\xe1', name + wanted) + segment('\xda', "")), wanted);
  EXPECT_EQ(exif_of_jpeg(before + segment('\xda', "") + segment('\xe1', name + wanted)), "");
  EXPECT_EQ(exif_of_jpeg(before + segment('\xe1', name + wanted).substr(0, 30)), "");
  EXPECT_EQ(exif_of_jpeg(begin + std::string("\xff\xe1\0\0", 4)), "");
}

}  // namespace
}  // namespace aelab
