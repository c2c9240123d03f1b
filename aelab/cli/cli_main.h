#pragma once

namespace aelab {

/// The program aelab, with what else is registered: a main() that registers kinds of its own and returns this
/// has every command for them. The exit code; prints errors itself.
int cli_main(int argc, char** argv);

}  // namespace aelab
