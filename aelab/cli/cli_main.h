#pragma once

namespace aelab {

/// Runs the program aelab and returns its exit code; errors are printed. A main() that registers further
/// types before it calls this has all commands for them.
int cli_main(int argc, char** argv);

}  // namespace aelab
