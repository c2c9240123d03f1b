#pragma once

#include <filesystem>
#include <string_view>

#include "aelab/data/dataset.h"
#include "aelab/models/autoencoder.h"

namespace aelab {

/// Writes into `folder`, a run's summary/, what reports show of a sparse dictionary: a model whose decoder is
/// affine and whose codes have elements that are 0. Nothing for other models, and where codes are not finite.
///
///     dictionary.json  of the first `rows` rows (at most 50,000, fewer of large models) of the data split
///                      `part`, of `of`: how many of `latents` latents are `dead`, histograms of the others'
///                      firing densities, of each latent's largest cosine with another one, and, where the
///                      features that the rows were made of are known (Dataset::truth), of features' largest
///                      cosines with latents and the reverse; the rows that activate some latents most; the
///                      definitions of all of these, with their versions; sentences about what was left out
///     latents.csv      a line for each latent: "latent", "active_rows", "largest_activation" and the "row"
///                      that has it, "decoder_norm", "largest_cosine" and "nearest_latent", "feature" and
///                      "feature_cosine". A value that does not apply is empty
///     latents.png      the rows that activate these latents most, if they are images: a line for each latent
///
/// Rows are numbered as in `aelab apply`: by their place in the source's files. A histogram has "edges" and
/// "counts": intervals include their lower end, the last one both, and values beyond an end are counted in
/// the nearest interval.
void write_dictionary_summary(const std::filesystem::path& folder, const Autoencoder& model,
                              const Dataset& rows, std::string_view part);

}  // namespace aelab
