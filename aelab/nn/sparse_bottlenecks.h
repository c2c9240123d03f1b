#pragma once

#include "aelab/nn/largest.h"
#include "aelab/nn/parts.h"

namespace aelab {

/// Keeps some elements of a pre-code and sets the others to zero, which selects() says: codes whose active
/// elements are known.
class SelectingBottleneck : public Bottleneck {
 public:
  void connect(const EncoderAccess& encoder) override {
    takes_sparse_gradients_ = encoder.takes_sparse_gradients;
  }
  Tensor read(const Tensor& pre_code, const Step& step) const override;
  void code(Pass& pass, const Step& step) const override;
  bool has_slope() const override { return true; }
  Tensor slope(const Tensor& pre_code, const Tensor& code, const Step& step) const override;

 protected:
  /// Whether it selects at this step. If not, read() is something else.
  virtual bool selects(const Step&) const { return true; }
  /// The places of the elements of flattened pre-codes [batch, elements] that are kept.
  virtual ActiveElements select(const Tensor& pre_code, const Step& step) const = 0;
  /// Whether negative ones become zero.
  virtual bool is_positive() const { return true; }

 private:
  bool takes_sparse_gradients_ = false;

  ActiveElements active(const Tensor& pre_code, const Step& step) const;
};

/// The k largest elements of each code, and of them the positive ones (Gao et al. 2024, section 2.3).
class TopKBottleneck : public SelectingBottleneck {
 public:
  struct Config {
    static constexpr std::string_view kind = "top-k";
    static constexpr std::string_view summary = "keeps the k largest elements of each code, if positive";
    static constexpr std::string_view also_known_as[] = {"topk", "top_k"};
    std::int64_t k = 32;

    void fields(Fields& f);
    static std::vector<Config> examples() { return {{.k = 2}, {.k = 6}}; }
  };

  explicit TopKBottleneck(const Config& config) : config_(config) {}
  /// Throws a FieldError if k is larger than the code.
  void build(const Shape& code, std::int64_t seed) override;
  Bounds range() const override { return at_least(0); }

 protected:
  ActiveElements select(const Tensor& pre_code, const Step&) const override {
    return largest_of_rows(pre_code, config_.k);
  }

 private:
  Config config_;
};

/// The k elements of each code with the largest absolute values, with their signs.
class AbsoluteTopKBottleneck : public SelectingBottleneck {
 public:
  struct Config {
    static constexpr std::string_view kind = "absolute-top-k";
    static constexpr std::string_view summary = "keeps the k largest elements of each code by absolute value";
    static constexpr std::string_view also_known_as[] = {"abs-top-k", "abstopk", "absolute_topk"};
    std::int64_t k = 32;

    void fields(Fields& f);
    static std::vector<Config> examples() { return {{.k = 2}}; }
  };

  explicit AbsoluteTopKBottleneck(const Config& config) : config_(config) {}
  /// Throws a FieldError if k is larger than the code.
  void build(const Shape& code, std::int64_t seed) override;

 protected:
  ActiveElements select(const Tensor& pre_code, const Step&) const override {
    return largest_of_rows(pre_code, config_.k, Size::magnitude);
  }
  bool is_positive() const override { return false; }

 private:
  Config config_;
};

/// In training, the k elements a row that are the largest of the whole batch, if positive (Bussmann, Leask &
/// Nanda 2024): rows that need more get more. Outside training, elements that are positive and larger than a
/// threshold, so that rows do not depend on each other: the moving average of the smallest element that was
/// kept in a step. It begins at 0, which is corrected for (Kingma & Ba 2015, section 3) if `debiased`: then
/// it is an average from the first step on.
class BatchTopKBottleneck : public SelectingBottleneck {
 public:
  struct Config {
    static constexpr std::string_view kind = "batch-top-k";
    static constexpr std::string_view summary =
        "keeps the largest elements of a batch's codes, k a row; a threshold outside training";
    static constexpr std::string_view also_known_as[] = {"batchtopk", "batch_topk"};
    double k = 32;
    double decay = 0.99;
    bool debiased = true;

    void fields(Fields& f);
    static std::vector<Config> examples() { return {{.k = 2}, {.k = 1.5, .decay = 0.9, .debiased = false}}; }
  };

  explicit BatchTopKBottleneck(const Config& config) : config_(config) {}
  /// Registers the threshold. Throws a FieldError if k is larger than the code.
  void build(const Shape& code, std::int64_t seed) override;
  Tensor read(const Tensor& pre_code, const Step& step) const override;
  Tensor slope(const Tensor& pre_code, const Tensor& code, const Step& step) const override;
  bool couples_rows() const override { return true; }
  void after_step(std::span<const Pass> passes) override;
  Bounds range() const override { return at_least(0); }
  /// One number for all elements, []: 0 before the first step.
  Tensor threshold() const override;

 protected:
  bool selects(const Step& step) const override { return step.training; }
  ActiveElements select(const Tensor& pre_code, const Step&) const override;

 private:
  Config config_;
  Tensor average_;  // buffer []: of the smallest elements, from 0
  Tensor steps_;    // buffer []: averaged
};

}  // namespace aelab
