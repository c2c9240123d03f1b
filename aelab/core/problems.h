#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "aelab/core/error.h"

namespace aelab {

/// Several errors, thrown as one.
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

/// Calls `work`; its Errors become FieldErrors of the field `name`, or of the field below it that they are
/// of.
template <class Work>
auto in_field(const std::string& name, Work work) {
  constexpr std::string_view kOwner = "../";
  try {
    return work();
  } catch (const FieldError& error) {
    const auto& path = error.path();
    if (path.starts_with(kOwner)) throw FieldError(path.substr(kOwner.size()), error.problem());
    throw FieldError(name + "." + path, error.problem());
  } catch (const Error& error) {
    throw FieldError(name, error.what());
  }
}

/// Collects errors in the user's input, so that all of them are reported at once.
class Problems {
 public:
  void add(std::string problem) { all_.push_back(std::move(problem)); }

  /// Adds what is not an error and still shown to the user, such as the former name of a key; each once.
  void remark(std::string remark) {
    if (std::find(remarks_.begin(), remarks_.end(), remark) == remarks_.end())
      remarks_.push_back(std::move(remark));
  }
  const std::vector<std::string>& remarks() const { return remarks_; }

  /// Calls `work` and adds the errors that it throws, unless their cause is reported already (`told`).
  /// Returns whether `work` succeeded.
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
  /// Whether ten errors were found: readers of long files then stop, and report that they did.
  bool enough() const { return all_.size() >= kEnough; }
  void say_if_enough(const std::string& read) {
    if (enough()) add(read + ": reading stopped after " + std::to_string(kEnough) + " errors");
  }
  const std::vector<std::string>& all() const { return all_; }
  /// Whether an error is at `path` or below it.
  bool concern(std::string_view path) const {
    return std::any_of(all_.begin(), all_.end(),
                       [&](const auto& problem) { return problem.starts_with(path); });
  }

  /// Throws all errors as one Mistakes; does nothing if there are none.
  void raise() const {
    if (!all_.empty()) throw Mistakes(all_);
  }

  /// Throws one Error that lists all errors, headed by `origin`, where they were found; does nothing if there
  /// are none.
  void raise(const std::string& origin) const {
    if (all_.empty()) return;
    if (all_.size() == 1) throw Error(origin + ": " + all_.front());
    auto message = origin + ": " + std::to_string(all_.size()) + " errors";
    for (const auto& problem : all_) message += "\n  " + problem;
    throw Error(message);
  }

 private:
  static constexpr std::size_t kEnough = 10;
  std::vector<std::string> all_, remarks_;
};

}  // namespace aelab
