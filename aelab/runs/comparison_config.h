#pragma once

#include <nlohmann/json_fwd.hpp>

#include "aelab/runs/run_config.h"

namespace aelab {

/// One of the things that are compared: the base run with some of its keys set.
struct VariantConfig {
  std::string name = "";
  AnyJson set = {};                     ///< {"path.to.key": value}; a value replaces what was there
  std::vector<double> shares = {};      ///< of a budget, for each of its phases that take steps
  std::vector<std::string> width = {};  ///< keys whose numbers a budget of parameters scales

  void fields(Fields& f);
};

/// What every variant may spend, so that none wins by spending more.
struct ComparisonBudget {
  std::optional<std::int64_t> epochs = {};  ///< epochs, steps or seconds: of all phases together
  std::optional<std::int64_t> steps = {};
  std::optional<double> seconds = {};
  std::optional<std::int64_t> parameters = {};  ///< the width is solved for
  double tolerance = 0.01;                      ///< by how large a share parameters may miss that

  void fields(Fields& f);
};

/// A comparison file: every variant, in every combination of what varies beside, once a seed.
struct ComparisonConfig {
  std::string name = "comparison";
  AnyJson base = {};  ///< a run file's object, or the path of one
  std::vector<VariantConfig> variants = {};
  AnyJson grid = {};  ///< {"path.to.key": [values]}: all combinations
  AnyJson list = {};  ///< [{"path.to.key": value}]: one after the other
  std::vector<std::int64_t> seeds = {};
  std::optional<ComparisonBudget> budget = {};
  std::optional<std::string> baseline = {};  ///< a variant's name; the first when unset
  std::optional<std::string> metric = {};    ///< what the verdict speaks of; the first that has a better
  std::int64_t threads = 1;                  ///< of each run: other numbers may round otherwise
  std::string output = "comparisons";

  std::optional<std::string> schema = {};
  std::int64_t format = 1;

  void fields(Fields& f);
  /// Adds a variant whose run is this one; for programs. The first is the base of all. Names, seeds and
  /// output are the comparison's.
  void add(std::string variant, const RunConfig& run);
};

/// Reads a comparison file's text, `overrides` laid over it; a base given by its path is read and put in its
/// place. Error with every mistake.
ComparisonConfig read_comparison_config(const std::string& text, const std::string& file,
                                        const std::vector<std::string>& overrides = {});

/// A variant in one combination of what varies.
struct Contender {
  std::string name;  ///< "dense", or "dense,code=16"; also its folder's
  AnyJson run;       ///< its run file, without a seed
  std::vector<double> shares = {};
  std::vector<std::string> width = {};
  AnyJson settings = {};  ///< what it sets beside the base: {"path.to.key": value}
};

/// All contenders, in the file's order, budgets but that of parameters applied. Their runs may still be
/// wrong. Adds what is wrong with what varies to `problems`.
std::vector<Contender> contenders(const ComparisonConfig& config, Problems& problems);

/// JSON Schema of comparison files; their base is a run file's object.
nlohmann::ordered_json comparison_schema();

}  // namespace aelab
