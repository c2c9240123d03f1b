#include "aelab/data/formats/picture_file.h"

#include <turbojpeg.h>

#include "aelab/core/image.h"
#include "tests/fuzz/target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return survives(data, size, [](const std::string& bytes) {
    const auto image = aelab::decode_picture(bytes, 3, "fuzz");
    if (image.pixels.size() != static_cast<std::size_t>(3 * image.width * image.height)) __builtin_trap();
    if (image.width * image.height < 10'000) (void)aelab::resized(image, 3, 5);
  });
}

namespace {

std::string encode_jpeg(const aelab::Image& image, int flags) {
  const auto handle = tjInitCompress();
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  tjCompress2(handle, image.pixels.data(), static_cast<int>(image.width), 0, static_cast<int>(image.height),
              image.channels == 1 ? TJPF_GRAY : TJPF_RGB, &bytes, &size,
              image.channels == 1 ? TJSAMP_GRAY : TJSAMP_420, 50, flags);
  const std::string encoded(reinterpret_cast<const char*>(bytes), size);
  tjFree(bytes);
  tjDestroy(handle);
  return encoded;
}

}  // namespace

std::vector<std::string> fuzz_seeds() {
  aelab::Image gray{9, 7, 1, {}}, colors{10, 5, 3, {}};
  for (int i = 0; i < 63; ++i) gray.pixels.push_back(static_cast<std::uint8_t>(i * 41));
  for (int i = 0; i < 150; ++i) colors.pixels.push_back(static_cast<std::uint8_t>(i * 89));
  return {aelab::encode_png(gray), aelab::encode_png(colors), encode_jpeg(gray, 0),
          encode_jpeg(colors, TJFLAG_PROGRESSIVE)};
}
