#include "aelab/data/formats/text_encoding.h"

#include <gtest/gtest.h>

#include "aelab/core/error.h"
#include "tests/support.h"

namespace aelab {
namespace {

using namespace std::string_literals;

/// ASCII and the UTF-16 units behind it, in either byte order.
std::string utf16(const std::u16string& text, bool big_endian) {
  std::string bytes;
  for (const char16_t unit : text) {
    const char high = static_cast<char>(unit >> 8), low = static_cast<char>(unit & 0xff);
    bytes += big_endian ? high : low;
    bytes += big_endian ? low : high;
  }
  return bytes;
}

std::string decoding_refusal(const std::string& bytes) {
  return message_of<Error>([&] { decode_text(bytes, "t.csv"); });
}

TEST(TextEncoding, ReadsUtf16InBothOrdersWithAndWithoutAMark) {
  const std::u16string text = u"a,b\n1,é€😀\n";
  const std::string expected = "a,b\n1,é€😀\n";
  for (const bool big_endian : {false, true}) {
    for (const auto& bytes : {utf16(u"\ufeff" + text, big_endian), utf16(text, big_endian)}) {
      const auto decoded = decode_text(bytes, "t.csv");
      EXPECT_EQ(decoded.text, expected);
      EXPECT_EQ(decoded.encoding, "UTF-16");
    }
  }
}

TEST(TextEncoding, LeavesUtf8AndWhatExtendsAsciiAsItIs) {
  EXPECT_EQ(decode_text("\xef\xbb\xbf"
                        "a,é",
                        "t")
                .text,
            "a,é");
  EXPECT_EQ(decode_text("a,\xe9", "t").text, "a,\xe9");
  EXPECT_EQ(decode_text("a", "t").encoding, "");
  EXPECT_EQ(decode_text("", "t").text, "");
}

TEST(TextEncoding, RefusesWhatIsNoText) {
  EXPECT_SAYS(decoding_refusal("\xff\xfe\0\0a\0\0\0"s),
              "t.csv: is UTF-32; save the file as UTF-8: iconv -f UTF-32");
  EXPECT_SAYS(decoding_refusal("a,b\n\x01\0\x02"s),
              "t.csv: byte 5: is a zero byte, so this is not a text file");
  EXPECT_SAYS(decoding_refusal("\xff\xfe"
                               "a\0b"s),
              "byte 5: is not valid UTF-16");
  EXPECT_SAYS(decoding_refusal("\xff\xfe"
                               "\x00\xd8"
                               "a\0"s),
              "byte 2: is not valid UTF-16");  // half of a pair
  EXPECT_SAYS(decoding_refusal("\xff\xfe"
                               "\x00\xdc"
                               "a\0"s),
              "byte 2: is not valid UTF-16");
  EXPECT_SAYS(decoding_refusal("\xff\xfe"
                               "\x00\xd8"s),
              "byte 2: is not valid UTF-16");
  EXPECT_SAYS(decoding_refusal("\xff\xfe"
                               "\x00\xdc\x00\xdc"s),
              "byte 2: is not valid UTF-16");  // two second halves
}

}  // namespace
}  // namespace aelab
