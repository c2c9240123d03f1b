#include "aelab/cli/cli_main.h"
#include "own.h"

int main(int argc, char** argv) {
  own::register_types();
  aelab::end_process(aelab::cli_main(argc, argv));
}
