#pragma once

#include <string_view>

namespace aelab {

/// How a camera was held, by tag 0x0112 of EXIF metadata, which begins with a TIFF header ("II*" or "MM"): 1
/// to 8, and 1 (upright) where the tag is missing or damaged. 2 and 4 are mirrored, 3 is upside down, 6 and 8
/// lie on their sides, 5 and 7 do and are mirrored. Format: CIPA DC-008 (EXIF 2.32), section 4.6.4
int exif_orientation(std::string_view exif);

/// The EXIF metadata of a JPEG file, from their TIFF header on; empty where there are none.
std::string_view exif_of_jpeg(std::string_view jpeg);

}  // namespace aelab
