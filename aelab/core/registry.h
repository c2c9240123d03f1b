#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <typeindex>
#include <vector>

#include "aelab/core/error.h"
#include "aelab/core/fields.h"
#include "aelab/core/shape.h"

namespace aelab {

/// A config of a registered type, its C++ type erased.
class Settings {
 public:
  virtual ~Settings() = default;
  virtual void fields(Fields& f) = 0;
  virtual std::unique_ptr<Settings> clone() const = 0;
  virtual std::string_view kind() const = 0;  ///< the name of the registered type
};

template <class Config>
class SettingsOf final : public Settings {
 public:
  explicit SettingsOf(Config value) : config(std::move(value)) {}
  void fields(Fields& f) override { config.fields(f); }
  std::unique_ptr<Settings> clone() const override { return std::make_unique<SettingsOf>(config); }
  std::string_view kind() const override { return Config::kind; }

  Config config;
};

/// One registered type. Its defaults and examples are made when asked for, not while registering.
struct Kind {
  std::string name, summary;
  std::vector<std::string> others = {};  ///< its names in other frameworks; not read, but suggested from
  std::vector<std::string> capabilities = {};  ///< what sets it apart, as it declares
  std::vector<std::string> terms = {};         ///< names of the terms that it adds to objectives
  std::type_index type = typeid(void);         ///< of its config, where that is a C++ struct
  std::function<std::unique_ptr<Settings>()> defaults = {};
  std::function<std::vector<std::unique_ptr<Settings>>()> examples =
      {};                           ///< small; the contract suites run them
  Shape example_input = {1, 8, 8};  ///< shape of the inputs that the examples are for
};

namespace registry_detail {
/// The strings of a static array that a config may declare.
template <class Strings>
std::vector<std::string> listed(const Strings& strings) {
  return {std::begin(strings), std::end(strings)};
}
}  // namespace registry_detail

/// What a config struct declares about its type.
template <class Config>
Kind kind_of() {
  Kind kind{
      .name = std::string(Config::kind), .summary = std::string(Config::summary), .type = typeid(Config)};
  if constexpr (requires { Config::also_known_as; })
    kind.others = registry_detail::listed(Config::also_known_as);
  if constexpr (requires { Config::capabilities; })
    kind.capabilities = registry_detail::listed(Config::capabilities);
  if constexpr (requires { Config::terms; }) kind.terms = registry_detail::listed(Config::terms);
  if constexpr (requires { Config::example_input(); }) kind.example_input = Config::example_input();
  kind.defaults = [] { return std::make_unique<SettingsOf<Config>>(Config{}); };
  kind.examples = [] {
    std::vector<std::unique_ptr<Settings>> examples;
    for (auto& config : Config::examples())
      examples.push_back(std::make_unique<SettingsOf<Config>>(std::move(config)));
    return examples;
  };
  return kind;
}

/// The registered types of one interface, in the order of their registration. Commands such as list and
/// describe, the schema and the contract suites work from it.
class Kinds {
 public:
  /// `noun` and `plural` name the interface ("backbone", "backbones"); `tag` is the JSON key of a type's
  /// name.
  Kinds(std::string noun, std::string plural, std::string tag)
      : noun_(std::move(noun)), plural_(std::move(plural)), tag_(std::move(tag)) {}

  const std::string& noun() const { return noun_; }
  const std::string& plural() const { return plural_; }
  const std::string& tag() const { return tag_; }
  const std::vector<Kind>& all() const { return kinds_; }
  std::vector<std::string> names() const;

  const Kind* find(std::string_view name) const;
  const Kind* find(std::type_index config) const;

  /// The type of that name. Throws an Error with the nearest names if there is none.
  const Kind& at(std::string_view name) const;

  /// "unknown backbone "dens". Did you mean "dense"?"
  std::string unknown(std::string_view name) const;
  /// The end of such a message: the type that is spelt nearly so or known by this name in other frameworks;
  /// otherwise all types.
  std::string suggestion(std::string_view name) const;
  /// Sets what says more than unknown() about names of some form, such as paths; "" about all others.
  void explain_unknown(std::function<std::string(const std::string& name)> explain) {
    explain_ = std::move(explain);
  }

  /// Makes a JSON number in place of an object stand for this type, with the number as its field.
  void number_means(std::string kind, std::string field) { number_ = {std::move(kind), std::move(field)}; }
  const std::pair<std::string, std::string>& number_meaning() const { return number_; }

 protected:
  void insert(Kind kind);  ///< throws std::logic_error on a name or a config type that is taken

 private:
  std::string noun_, plural_, tag_;
  std::vector<Kind> kinds_;
  std::pair<std::string, std::string> number_;
  std::function<std::string(const std::string&)> explain_;
};

/// Maps names to classes that implement Product and are constructed from (const Config&, Arguments...). A
/// registered class T has a config: `struct Config { static constexpr std::string_view kind, summary;
/// void fields(Fields&); static std::vector<Config> examples(); ... }`, and where other frameworks call it
/// otherwise `static constexpr std::string_view also_known_as[]`. If its examples are for inputs of another
/// shape than 1x8x8, `static Shape example_input()` gives that. What sets it apart from other types of the
/// interface it declares in `static constexpr std::string_view capabilities[]`, and names of terms that it
/// adds to objectives in `static constexpr std::string_view terms[]`.
template <class Product, class... Arguments>
class Registry : public Kinds {
 public:
  using Kinds::Kinds;

  /// Makes an object from a config of the type.
  using Maker = std::function<std::shared_ptr<Product>(const Settings&, Arguments...)>;

  /// Registers a type that is described by values, such as one of a language binding
  /// (core/described_kind.h). Throws std::logic_error if its name or its config's C++ type is taken.
  Registry& add(Kind kind, Maker maker) {
    insert(std::move(kind));
    makers_.push_back(std::move(maker));
    return *this;
  }

  template <class T>
  Registry& add() {
    using Config = typename T::Config;
    return add(kind_of<Config>(), [](const Settings& settings, Arguments... arguments) {
      return std::make_shared<T>(static_cast<const SettingsOf<Config>&>(settings).config, arguments...);
    });
  }

  std::shared_ptr<Product> make(const Settings& settings, Arguments... arguments) const {
    return makers_[static_cast<std::size_t>(&at(settings.kind()) - all().data())](settings, arguments...);
  }

 private:
  std::vector<Maker> makers_;
};

/// A registered type together with its config, chosen from one registry; empty until chosen.
class AnyChoice {
 public:
  AnyChoice() = default;
  AnyChoice(const AnyChoice& other) : settings_(other.settings_ ? other.settings_->clone() : nullptr) {}
  AnyChoice(AnyChoice&&) = default;
  AnyChoice& operator=(const AnyChoice& other) {
    settings_ = other.settings_ ? other.settings_->clone() : nullptr;
    return *this;
  }
  AnyChoice& operator=(AnyChoice&&) = default;
  virtual ~AnyChoice() = default;

  virtual const Kinds& kinds() const = 0;

  bool empty() const { return !settings_; }
  /// Whether the chosen type declares a capability.
  bool can(std::string_view capability) const;
  /// The name of the chosen type. Throws an Error if nothing is chosen.
  const std::string& kind() const;
  void choose(const Kind& kind) { settings_ = kind.defaults(); }
  void set(std::unique_ptr<Settings> settings) { settings_ = std::move(settings); }
  void fields(Fields& f) { settings_->fields(f); }

 protected:
  const Settings& settings() const;

 private:
  std::unique_ptr<Settings> settings_;
};

/// A choice from `Product::registry()`. Converts from any registered config:
/// `.backbone = DenseBackbone::Config{.hidden = {256}}`.
template <class Product>
class Choice : public AnyChoice {
 public:
  Choice() = default;

  template <class Config>
  requires requires { Config::kind; }
  Choice(Config config) {  // NOLINT(google-explicit-constructor): a config is a choice
    if (!kinds().find(typeid(Config)))
      throw Error(kinds().noun() + " \"" + std::string(Config::kind) + "\" is not registered: add it to " +
                  kinds().plural() + " first");
    set(std::make_unique<SettingsOf<Config>>(std::move(config)));
  }

  static Choice named(std::string_view kind) {
    Choice choice;
    choice.choose(choice.kinds().at(kind));
    return choice;
  }

  const Kinds& kinds() const override { return Product::registry(); }

  /// The config, if it is of that C++ type.
  template <class Config>
  const Config* get_if() const {
    const auto* found = empty() ? nullptr : dynamic_cast<const SettingsOf<Config>*>(&settings());
    return found ? &found->config : nullptr;
  }

  template <class... Arguments>
  std::shared_ptr<Product> make(const Arguments&... arguments) const {
    return Product::registry().make(settings(), arguments...);
  }
};

}  // namespace aelab
