#include "aelab/cli/cli_main.h"

int main(int argc, char** argv) { return aelab::cli_main(argc, argv); }
