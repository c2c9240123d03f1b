#pragma once

#include <cstdint>
#include <string>

namespace aelab {

/// Makes the C library keep freed memory for the next step instead of returning it to the system. Otherwise
/// page faults take half of the time of small steps (784-256-32-256-784, batch 128: 4.0 -> 2.1 ms). For the
/// whole process; call it once at the start of main, as the program aelab does.
void keep_freed_memory();

/// The peak resident memory of the process so far, in bytes.
std::int64_t peak_memory();

/// The bytes that the process can still allocate and fill without swapping: what the system has available,
/// within the limits of its control group (version 2) and of its address space (ulimit -v).
std::int64_t free_memory();

/// Error unless so many bytes are free: "WHAT needs 93.1 GiB of memory, 17.2 GiB are free; REMEDY".
void require_memory(double bytes, const std::string& what, const std::string& remedy);

}  // namespace aelab
