#include "aelab/cli/cli_main.h"

int main(int argc, char** argv) { aelab::end_process(aelab::cli_main(argc, argv)); }
