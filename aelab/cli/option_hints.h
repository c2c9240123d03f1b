#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace aelab::cli {

/// The sentence about options that a command does not have, given all words of the command line:
/// `unknown option "--epochs": write training.epochs=5`. Fields of the command's file are found by their
/// names and by those of other frameworks.
std::string unknown_options(const CLI::App& command, const std::vector<std::string>& options,
                            const std::vector<std::string>& words);

}  // namespace aelab::cli
