#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "aelab/core/error.h"

namespace aelab {

/// An error as it is collected: about a field, or, where the path is empty, about what its text says.
struct Mistake {
  std::string path = {};
  std::string problem;

  template <class Text>
  requires std::is_convertible_v<Text, std::string> Mistake(Text&& text)
      : problem(std::forward<Text>(text)) {}  // NOLINT(google-explicit-constructor)
  Mistake(std::string field, std::string what) : path(std::move(field)), problem(std::move(what)) {}
  std::string text() const { return path.empty() ? problem : path + ": " + problem; }
};

/// Several errors, thrown as one.
class Mistakes : public Error {
 public:
  explicit Mistakes(std::vector<Mistake> mistakes) : Error(in_lines(mistakes)), all(std::move(mistakes)) {}

  const std::vector<Mistake> all;

 private:
  static std::string in_lines(const std::vector<Mistake>& mistakes) {
    auto lines = mistakes.front().text();
    for (std::size_t i = 1; i < mistakes.size(); ++i) lines += "\n  " + mistakes[i].text();
    return lines;
  }
};

/// Calls `work`; its Errors are thrown on as those of the fields that `rename` makes of theirs.
template <class Work, class Rename>
auto with_renamed_fields(Work work, Rename rename) {
  try {
    return work();
  } catch (const Mistakes& mistakes) {
    std::vector<Mistake> renamed;
    for (const auto& mistake : mistakes.all) renamed.push_back(rename(mistake));
    throw Mistakes(std::move(renamed));
  } catch (const FieldError& error) {
    const auto renamed = rename(Mistake(error.path(), error.problem()));
    if (renamed.path.empty()) throw Error(renamed.problem);
    throw FieldError(renamed.path, renamed.problem);
  } catch (const Error& error) {
    const auto renamed = rename(Mistake(error.what()));
    if (renamed.path.empty()) throw;
    throw FieldError(renamed.path, renamed.problem);
  }
}

/// The path of a field of the owner, "../code", as the owner sees it: "code"; nothing for other paths.
inline std::optional<std::string> path_in_owner(const std::string& path) {
  constexpr std::string_view kOwner = "../";
  if (!path.starts_with(kOwner)) return std::nullopt;
  return path.substr(kOwner.size());
}

/// Calls `work`; its Errors become errors of the field `name`, or of the field below it that they are of.
template <class Work>
auto in_field(const std::string& name, Work work) {
  return with_renamed_fields(work, [&](Mistake mistake) {
    auto& path = mistake.path;
    const auto below = path.empty() ? name : name + "." + path;
    path = path_in_owner(path).value_or(below);
    return mistake;
  });
}

/// Collects errors in the user's input, so that all of them are reported at once.
class Problems {
 public:
  void add(Mistake mistake) { all_.push_back(std::move(mistake)); }

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
    } catch (const FieldError& error) {
      if (!told) add({error.path(), error.problem()});
      return false;
    } catch (const Error& error) {
      if (!told) add(Mistake(error.what()));
      return false;
    }
  }

  bool empty() const { return all_.empty(); }
  /// Whether ten errors were found: readers of long files then stop, and report that they did.
  bool enough() const { return all_.size() >= kEnough; }
  void say_if_enough(const std::string& read) {
    if (enough()) add(read + ": reading stopped after " + std::to_string(kEnough) + " errors");
  }
  std::vector<std::string> all() const {
    std::vector<std::string> texts;
    for (const auto& mistake : all_) texts.push_back(mistake.text());
    return texts;
  }
  /// Whether an error is at `path` or below it.
  bool concern(std::string_view path) const {
    return std::any_of(all_.begin(), all_.end(),
                       [&](const auto& mistake) { return mistake.text().starts_with(path); });
  }

  /// Throws all errors as one Mistakes; does nothing if there are none.
  void raise() const {
    if (!all_.empty()) throw Mistakes(all_);
  }

  /// Throws one Error that lists all errors, headed by `origin`, where they were found; does nothing if there
  /// are none.
  void raise(const std::string& origin) const {
    if (all_.empty()) return;
    if (all_.size() == 1) throw Error(origin + ": " + all_.front().text());
    auto message = origin + ": " + std::to_string(all_.size()) + " errors";
    for (const auto& mistake : all_) message += "\n  " + mistake.text();
    throw Error(message);
  }

 private:
  static constexpr std::size_t kEnough = 10;
  std::vector<Mistake> all_;
  std::vector<std::string> remarks_;
};

}  // namespace aelab
