#pragma once

#include <nlohmann/json_fwd.hpp>

#include "aelab/runs/run_config.h"

namespace aelab {

/// One compared variant: the base run with some of its keys set.
struct VariantConfig {
  std::string name = "";
  AnyJson set = {};                     ///< {"path.to.key": value}; each value replaces the base's
  std::vector<double> shares = {};      ///< of the budget, one for each phase that takes steps
  std::vector<std::string> width = {};  ///< keys whose values a budget of parameters scales

  void fields(Fields& f);
};

/// The training budget of every variant.
struct ComparisonBudget {
  std::optional<std::int64_t> epochs = {};  ///< epochs, steps or seconds: of all phases together
  std::optional<std::int64_t> steps = {};
  std::optional<double> seconds = {};
  std::optional<std::int64_t> parameters = {};  ///< widths are chosen to meet it
  double tolerance = 0.01;                      ///< allowed relative deviation from `parameters`

  void fields(Fields& f);
};

/// A comparison file: every variant, in every combination of grid and list, runs once under each seed.
struct ComparisonConfig {
  std::string name = "comparison";
  AnyJson base = {};  ///< a run file's object, or the path of one
  std::vector<VariantConfig> variants = {};
  AnyJson grid = {};  ///< {"path.to.key": [values]}: all combinations of values
  AnyJson list = {};  ///< [{"path.to.key": value}]: one combination per object
  std::vector<std::int64_t> seeds = {};
  std::optional<ComparisonBudget> budget = {};
  std::optional<std::string> baseline = {};  ///< a variant's name; the first variant when unset
  std::optional<std::string> metric = {};    ///< the verdict's; by default the first with a better direction
  std::int64_t threads = 1;                  ///< of each run; results may depend on it by rounding
  std::string output = "comparisons";

  std::optional<std::string> schema = {};
  std::int64_t format = 1;

  void fields(Fields& f);
  /// Adds this run as a variant; for programs. The first run added is also the base. Name, seed and output
  /// of the run are ignored.
  void add(std::string variant, const RunConfig& run);
};

/// Reads the text of a comparison file with `overrides` applied to it. A base given by its path is read from
/// there. Throws an Error that lists every problem.
ComparisonConfig read_comparison_config(const std::string& text, const std::string& file,
                                        const std::vector<std::string>& overrides = {});

/// A variant in one combination of grid and list.
struct Contender {
  std::string name;  ///< "dense", or "dense,code=16"; also the name of its folder
  AnyJson run;       ///< its run file, without a seed
  std::vector<double> shares = {};
  std::vector<std::string> width = {};
  AnyJson settings = {};  ///< the keys that it sets: {"path.to.key": value}
};

/// All contenders in the file's order, with every budget but that of parameters applied. Errors in variants,
/// grid and list are added to `problems`; the resulting runs are not checked.
std::vector<Contender> contenders(const ComparisonConfig& config, Problems& problems);

/// Makes comparison files known to the errors that tell kinds of files apart (runs/file_kinds.h). Reading a
/// comparison file calls it; a program calls it so that the errors of other commands name them, too.
void register_comparison_files();

/// JSON Schema of comparison files, whose base is a run file's object.
nlohmann::ordered_json comparison_schema();

}  // namespace aelab
