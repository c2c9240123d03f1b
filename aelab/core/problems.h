#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "aelab/core/error.h"

namespace aelab {

/// Several mistakes, thrown as one.
class Mistakes : public Error {
 public:
  explicit Mistakes(std::vector<std::string> mistakes)
      : Error(in_lines(mistakes)), all(std::move(mistakes)) {}

  const std::vector<std::string> all;

 private:
  static std::string in_lines(const std::vector<std::string>& mistakes) {
    auto lines = mistakes.front();
    for (std::size_t i = 1; i < mistakes.size(); ++i) lines += "\n  " + mistakes[i];
    return lines;
  }
};

/// A user's mistakes, gathered so that all are told at once.
class Problems {
 public:
  void add(std::string problem) { all_.push_back(std::move(problem)); }

  /// What is no error and still to be shown to the user, such as a key's former name; each once.
  void remark(std::string remark) {
    if (std::find(remarks_.begin(), remarks_.end(), remark) == remarks_.end())
      remarks_.push_back(std::move(remark));
  }
  const std::vector<std::string>& remarks() const { return remarks_; }

  /// Does the work; the mistakes that it throws become problems, unless what it stems from is told already.
  /// Whether it went through.
  template <class Work>
  bool attempt(Work work, bool told = false) {
    try {
      work();
      return true;
    } catch (const Mistakes& mistakes) {
      if (!told) all_.insert(all_.end(), mistakes.all.begin(), mistakes.all.end());
      return false;
    } catch (const Error& error) {
      if (!told) add(error.what());
      return false;
    }
  }

  bool empty() const { return all_.empty(); }
  /// Whether there are ten: a reader of something long then reads no further, and says so.
  bool enough() const { return all_.size() >= kEnough; }
  void say_if_enough(const std::string& read) {
    if (enough()) add(read + ": was read no further, after " + std::to_string(kEnough) + " mistakes");
  }
  const std::vector<std::string>& all() const { return all_; }
  /// Whether a problem lies at or under `path`.
  bool concern(std::string_view path) const {
    return std::any_of(all_.begin(), all_.end(),
                       [&](const auto& problem) { return problem.starts_with(path); });
  }

  /// Throws them all; nothing if there are none.
  void raise() const {
    if (!all_.empty()) throw Mistakes(all_);
  }

  /// Throws one Error with all problems, headed by where they were found; nothing if there are none.
  void raise(const std::string& origin) const {
    if (all_.empty()) return;
    if (all_.size() == 1) throw Error(origin + ": " + all_.front());
    auto message = origin + ": " + std::to_string(all_.size()) + " mistakes";
    for (const auto& problem : all_) message += "\n  " + problem;
    throw Error(message);
  }

 private:
  static constexpr std::size_t kEnough = 10;
  std::vector<std::string> all_, remarks_;
};

}  // namespace aelab
