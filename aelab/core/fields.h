#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace aelab {

class AnyChoice;

/// The JSON name of an enum's value. The enum has `std::span<const std::string_view> names(E)`, and its
/// values count from 0.
template <class E>
requires std::is_enum_v<E> std::string_view name_of(E value) {
  return names(value)[static_cast<std::size_t>(value)];
}

/// A JSON value that a config keeps unread.
struct AnyJson {
  std::string text = {};  ///< compact; empty when there is no value
};

/// The allowed values of a number; every limit is optional.
struct Bounds {
  double least = -std::numeric_limits<double>::infinity();
  double most = std::numeric_limits<double>::infinity();
  bool open = false;  ///< the limits themselves are excluded

  bool allow(double x) const { return open ? x > least && x < most : x >= least && x <= most; }
};

/// "at least 1", "between 0 and 1"
std::string in_words(const Bounds& bounds);

inline Bounds at_least(double least) { return {.least = least}; }
inline Bounds above(double least) { return {.least = least, .open = true}; }
inline Bounds between(double least, double most) { return {.least = least, .most = most}; }

/// File names. In JSON, a string stands for a list of one name.
struct FileNames : std::vector<std::string> {
  using std::vector<std::string>::vector;
  FileNames(const std::filesystem::path& path)
      : vector({path.string()}) {}                        // NOLINT(google-explicit-constructor)
  FileNames(const std::string& path) : vector({path}) {}  // NOLINT(google-explicit-constructor)
  FileNames(const char* path) : vector({path}) {}         // NOLINT(google-explicit-constructor)
};

/// A column of a table: its name, or its number from 0. In JSON, the number may be written as one: 64 is
/// "64".
struct ColumnName : std::string {
  using std::string::string;
  ColumnName(std::string name) : std::string(std::move(name)) {}  // NOLINT(google-explicit-constructor)
};

/// Visits the fields of config structs. A config struct lists its fields once, in `void fields(Fields& f)`:
///
///     void fields(Fields& f) {
///       f("hidden", hidden, "widths of the encoder's hidden layers", at_least(1)).also_known_as({"units"});
///       f.require(!tied || mirrored(), "tied", "needs a mirrored decoder");
///     }
///
/// From that list come strict reading, writing, the JSON Schema and the help (core/config.h). Members may be
/// bool, int64_t, double, std::string, FileNames, ColumnName, an enum with names (`std::span<const
/// std::string_view> names(E)`, values counted from 0), a Choice among registered kinds, AnyJson, another
/// config struct, and std::optional or std::vector of these. A shared base is a member that the listing
/// flattens: `base.fields(f)`.
class Fields {
 public:
  using Visit = std::function<void(Fields&)>;

  virtual ~Fields() = default;

  /// The field that was listed last.
  class Listed {
   public:
    Listed(Fields& fields, std::string_view name) : fields_(fields), name_(name) {}
    /// Adds names that other frameworks use for this field. They are not read: messages about unknown keys
    /// suggest the field's own name for them.
    const Listed& also_known_as(std::initializer_list<std::string_view> others) const {
      for (const auto other : others) fields_.alias(name_, other);
      return *this;
    }
    /// Says that the integers of this field, or those at `entries` within it ("[0].channels"), are widths of
    /// hidden layers: a budget of parameters scales them (width_fields()).
    const Listed& scales_with_width(const std::vector<std::string>& entries = {""}) const {
      for (const auto& entry : entries) fields_.width(name_, entry);
      return *this;
    }

   private:
    Fields& fields_;
    std::string_view name_;
  };

  template <class T>
  Listed operator()(std::string_view name, T& member, std::string_view help, const Bounds& bounds = {}) {
    field(name, help, [&member, &bounds](Fields& f) { f.visit(member, bounds); });
    return {*this, name};
  }

  /// Keys of the field that is listed next in earlier versions. They are still read, with a remark
  /// (Problems::remarks), and neither written nor shown in help and schema:
  ///
  ///     f.formerly({"train_files"});
  ///     f("files", files, "tables to train on");
  virtual void formerly(std::initializer_list<std::string_view> /*keys*/) {}

  /// An optional field that means `otherwise` when it is left out. An object without the name of a registered
  /// type changes fields of that value.
  template <class T>
  Listed operator()(std::string_view name, std::optional<T>& member, std::string_view help,
                    const std::optional<T>& otherwise) {
    field(name, help, [&](Fields& f) {
      f.optional(
          member.has_value(), [&] { member = otherwise ? *otherwise : T(); },
          [&member](Fields& inner) { inner.visit(*member, {}); });
    });
    return {*this, name};
  }

  /// Lists a choice whose tag and fields are in the same object as the fields listed next to it.
  virtual void flatten(AnyChoice& choice) = 0;

  /// States a rule between fields; `problem` continues the sentence "model.tied ...".
  virtual void require(bool /*holds*/, std::string_view /*name*/, std::string_view /*problem*/) {}

  /// True if every field that can occur has to be listed, whatever the values of the others.
  virtual bool describing() const { return false; }

  template <class T>
  void visit(T& member, const Bounds& bounds);

 protected:
  virtual void field(std::string_view name, std::string_view help, const Visit& visit) = 0;
  virtual void alias(std::string_view /*name*/, std::string_view /*other*/) {}
  virtual void width(std::string_view /*name*/, const std::string& /*entry*/) {}
  virtual void boolean(bool& value) = 0;
  virtual void integer(std::int64_t& value, const Bounds& bounds) = 0;
  virtual void number(double& value, const Bounds& bounds) = 0;
  virtual void text(std::string& value) = 0;
  virtual void files(FileNames& value) = 0;
  virtual void column(ColumnName& value) { text(value); }
  virtual void enumeration(int& value, std::span<const std::string_view> names) = 0;
  virtual void optional(bool engaged, const std::function<void()>& engage, const Visit& visit) = 0;
  virtual void list(std::size_t size, const std::function<void(std::size_t)>& resize,
                    const std::function<void(Fields&, std::size_t)>& visit) = 0;
  virtual void object(const Visit& visit) = 0;
  virtual void choice(AnyChoice& value) = 0;
  virtual void any(AnyJson& value) = 0;
};

namespace fields_detail {
template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};
template <class T>
struct IsVector : std::false_type {};
template <class T>
struct IsVector<std::vector<T>> : std::true_type {};
}  // namespace fields_detail

template <class T>
void Fields::visit(T& member, const Bounds& bounds) {
  if constexpr (std::is_same_v<T, bool>) {
    boolean(member);
  } else if constexpr (std::is_same_v<T, std::int64_t>) {
    integer(member, bounds);
  } else if constexpr (std::is_same_v<T, double>) {
    number(member, bounds);
  } else if constexpr (std::is_same_v<T, std::string>) {
    text(member);
  } else if constexpr (std::is_same_v<T, FileNames>) {
    files(member);
  } else if constexpr (std::is_same_v<T, ColumnName>) {
    column(member);
  } else if constexpr (std::is_enum_v<T>) {
    int value = static_cast<int>(member);
    enumeration(value, names(member));
    member = static_cast<T>(value);
  } else if constexpr (fields_detail::IsOptional<T>::value) {
    optional(
        member.has_value(), [&member] { member.emplace(); },
        [&member, &bounds](Fields& f) { f.visit(*member, bounds); });
  } else if constexpr (fields_detail::IsVector<T>::value) {
    list(
        member.size(), [&member](std::size_t size) { member.resize(size); },
        [&member, &bounds](Fields& f, std::size_t i) { f.visit(member[i], bounds); });
  } else if constexpr (std::is_base_of_v<AnyChoice, T>) {
    choice(member);
  } else if constexpr (std::is_same_v<T, AnyJson>) {
    any(member);
  } else {
    object([&member](Fields& f) { member.fields(f); });
  }
}

}  // namespace aelab
