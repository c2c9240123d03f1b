#pragma once

#include <cstdint>

namespace aelab {

/// Tells the C library to keep freed memory for the next step instead of giving it back to the system: half
/// of a small step's time would else be page faults (784-256-32-256-784, batch 128: 4.0 -> 2.1 ms). For the
/// whole process; call it once, at the start of main. The program aelab does.
void keep_freed_memory();

/// The most bytes of memory that the process has had resident so far.
std::int64_t peak_memory();

}  // namespace aelab
