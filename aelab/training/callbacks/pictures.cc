#include "aelab/training/callbacks/pictures.h"

#include <fmt/format.h>

#include "aelab/core/files.h"
#include "aelab/data/pictures.h"
#include "aelab/training/drawings.h"

namespace aelab {

void Pictures::Config::fields(Fields& f) {
  f("every", every, "number of epochs between images; the last epoch of a phase is always drawn", at_least(1))
      .also_known_as({"period", "every_n_epochs"});
  f("count", count, "number of samples", between(1, 256)).also_known_as({"n", "samples"});
  f("codes", codes, "number of codes in the scatter plot; 0: no plot", at_least(0));
}

void Pictures::check(const Split& data) const {
  if (!is_picture(data.train.shape()))
    throw Error(
        "callbacks: \"pictures\" needs images, of shape [1 or 3, height, width]; the samples have shape " +
        to_string(data.train.shape()));
}

void Pictures::start(Training& training) { std::filesystem::create_directories(training.folder / "images"); }

void Pictures::epoch_end(Training& training) {
  const auto epoch = training.progress.epoch;
  if (epoch % config_.every != 0 && !training.progress.phase_ended) return;
  const auto folder = training.folder / "images";
  write_file(folder / fmt::format("reconstructions-{:04}.png", epoch),
             encode_png(draw_reconstructions(training, config_.count)));
  if (const auto codes = config_.codes > 0 ? draw_codes(training, config_.codes) : std::nullopt)
    write_file(folder / fmt::format("codes-{:04}.png", epoch), encode_png(*codes));
  if (const auto filters = draw_filters(training))
    write_file(folder / fmt::format("filters-{:04}.png", epoch), encode_png(*filters));
}

}  // namespace aelab
