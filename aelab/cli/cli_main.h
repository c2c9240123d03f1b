#pragma once

namespace aelab {

/// Runs the program aelab and returns its exit code; errors are printed. A main() that registers further
/// types before it calls this has all commands for them.
int cli_main(int argc, char** argv);

/// Ends the process with cli_main()'s exit code and without destroying static objects: everything is written
/// by then, and LibTorch would take another third of the time of a short command to remove its operators.
[[noreturn]] void end_process(int code);

}  // namespace aelab
