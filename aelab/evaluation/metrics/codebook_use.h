#pragma once

#include "aelab/evaluation/metric.h"
#include "aelab/nn/code_use.h"

namespace aelab {

/// How evenly the codes of a codebook are used, over the whole set and over all places of a row together.
/// Not applicable to codes that do not come from a finite list.
class CodebookUse : public Metric {
 public:
  struct Config {
    static constexpr std::string_view kind = "codebook";
    static constexpr std::string_view summary = "perplexity of a codebook, and the share of it in use";
    static constexpr std::string_view capabilities[] = {capability::takes_missing};
    static constexpr std::string_view also_known_as[] = {"perplexity", "codebook-usage", "dead-codes"};
    void fields(Fields&) {}
    static std::vector<Config> examples() { return {{}}; }
  };

  explicit CodebookUse(const Config&) {}
  std::vector<Measure> measures() const override;
  void begin(const Autoencoder& model, const Split& data) override;
  void add(const Observation& observation) override;
  std::vector<std::optional<double>> values() const override;

 private:
  const Autoencoder* model_ = nullptr;  // outlives this
  CodebookCounts counts_;
};

}  // namespace aelab
