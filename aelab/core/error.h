#pragma once

#include <stdexcept>

namespace aelab {

/// A user's mistake: a wrong config, a missing or malformed file. The program prints it and exits with 2;
/// whoever throws it has created and changed nothing.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Something that went wrong while working: a full disk, a loss that became NaN. The program exits with 1.
class Failure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace aelab
