// aelab sample

#include "aelab/tools/sampling.h"

#include <nlohmann/json.hpp>

#include "aelab/cli/commands.h"
#include "aelab/cli/options.h"
#include "aelab/cli/output.h"

namespace aelab::cli {
namespace {

int print_samples(const SamplingOutcome& outcome, bool as_json) {
  const auto& [folder, files, fitted, codes_have_probabilities] = outcome;
  if (as_json) {
    nlohmann::json value = {
        {"folder", folder}, {"files", files}, {"sampler", write_config(fitted.front().config)}};
    for (const auto& one : fitted)
      if (one.held_out) value["held_out_log_density"][one.config.kind()] = *one.held_out;
    print_json(value);
    return 0;
  }
  for (const auto& one : fitted)
    if (one.held_out)
      print("{:<10} {:.6g} nats, mean log {} of the validation split's codes\n", one.config.kind(),
            *one.held_out, codes_have_probabilities ? "probability" : "density");
  if (fitted.size() > 1) print("sampled from {}\n", fitted.front().config.kind());
  print("{}\n", folder.string());
  return 0;
}

}  // namespace

void add_sample(CLI::App& app, Command& chosen) {
  FolderCommand<SamplingConfig> command(app, "sample", "Draw new samples from a trained model",
                                        "print one JSON object: folder, files, sampler, held_out_log_density",
                                        {{"output", "FOLDER"}, {"fitted", "FILE"}}, kRunOrModel);
  known_as(command.app(), {"generate", "draw"});
  command.footer(
      "Draws codes from the model's prior or from a distribution that is fitted to codes of the training "
      "split, "
      "and decodes them. Codes that are made of a codebook's vectors, as in vq-vae and fsq, are drawn index "
      "by index. Writes samples.npy, codes.npy, the fitted sampler, sampling.json and, for images, "
      "samples.png.\n"
      "Example: aelab sample runs/first-run/1 --count 64\n"
      "Example: aelab sample runs/first-run/1 --sampler mixture --components 10 --label 3");
  command.does(chosen, [](const std::string& folder, const SamplingConfig& config, bool as_json) {
    return print_samples(draw_samples(folder, config), as_json);
  });
}

}  // namespace aelab::cli
