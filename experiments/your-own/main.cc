#include "aelab/cli/cli_main.h"
#include "own.h"

int main(int argc, char** argv) {
  aelab::Autoencoder::registry().add<own::Shrinking>();
  aelab::Source::registry().add<own::Waves>();
  aelab::Callback::registry().add<own::StopWhenGood>();
  aelab::Metric::registry().add<own::Symmetry>();
  return aelab::cli_main(argc, argv);
}
