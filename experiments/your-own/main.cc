#include "aelab/cli/cli_main.h"
#include "own.h"

int main(int argc, char** argv) {
  own::register_types();
  return aelab::cli_main(argc, argv);
}
