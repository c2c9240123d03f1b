#include "aelab/core/key_messages.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "aelab/core/field_places.h"
#include "aelab/core/schedule.h"
#include "tests/support.h"

namespace aelab {
namespace {

using nlohmann::json;

/// An interface with three registered types.
class Animal {
 public:
  static Registry<Animal>& registry();
  virtual ~Animal() = default;
};

class Cat : public Animal {
 public:
  struct Config {
    static constexpr std::string_view kind = "cat";
    static constexpr std::string_view summary = "a cat";
    std::int64_t lives = 9;
    double weight = 4;
    void fields(Fields& f) {
      f("lives", lives, "lives", at_least(1)).also_known_as({"n_lives", "life"});
      f("weight", weight, "weight");
    }
    static std::vector<Config> examples() { return {{}}; }
  };
  explicit Cat(const Config&) {}
};

class Dog : public Animal {
 public:
  struct Config {
    static constexpr std::string_view kind = "dog";
    static constexpr std::string_view summary = "a dog";
    static constexpr std::string_view also_known_as[] = {"hound", "Canis familiaris"};
    double weight = 20;
    std::int64_t tricks = 0;
    void fields(Fields& f) {
      f("weight", weight, "weight");
      f("tricks", tricks, "tricks");
    }
    static std::vector<Config> examples() { return {{}}; }
  };
  explicit Dog(const Config&) {}
};

class Wolf : public Animal {
 public:
  struct Config {
    static constexpr std::string_view kind = "wolf";
    static constexpr std::string_view summary = "a wolf";
    std::int64_t tricks = 0;
    void fields(Fields& f) { f("tricks", tricks, "tricks"); }
    static std::vector<Config> examples() { return {{}}; }
  };
  explicit Wolf(const Config&) {}
};

Registry<Animal>& Animal::registry() {
  static auto registry = Registry<Animal>("animal", "animals", "kind").add<Cat>().add<Dog>().add<Wolf>();
  return registry;
}

struct Door {
  double width = 1;
  void fields(Fields& f) { f("width", width, "width").also_known_as({"w"}); }
};

struct House {
  Choice<Animal> pet = Cat::Config{.lives = 7};
  std::optional<Choice<Animal>> guest = {};
  std::optional<Choice<Animal>> guard = {};
  std::vector<Choice<Animal>> flock = {Dog::Config{}};
  std::vector<Door> doors = {};
  Door gate = {};
  std::vector<std::int64_t> rooms = {};
  std::string street = "";
  Schedule rent = 10;
  std::int64_t learning_rate = 0;
  void fields(Fields& f) {
    f("pet", pet, "who lives there");
    f("guest", guest, "who visits");
    f("guard", guard, "who guards it", std::optional<Choice<Animal>>(Dog::Config{.weight = 50}));
    f("flock", flock, "who lives outside");
    f("doors", doors, "its doors");
    f("gate", gate, "its gate");
    f("rooms", rooms, "their numbers", at_least(0)).also_known_as({"num_rooms", "n_rooms"});
    f("street", street, "its street");
    schedule_field(f, "rent", rent, "the rent", at_least(0));
    f("learning_rate", learning_rate, "how fast it learns").also_known_as({"lr", "eta"});
  }
};

std::string house_refusal(const std::string& text) {
  House house;
  return message_of<Error>([&] { read_config(json::parse(text), house, "file"); });
}

json house_read(const std::string& text) {
  House house;
  read_config(json::parse(text), house, "file");
  return write_config(house);
}

TEST(DefaultTypes, FieldsWithoutATypeChangeTheDefaultAndNothingElse) {
  EXPECT_EQ(house_read(R"({"pet": {"weight": 5}})")["pet"],
            json({{"kind", "cat"}, {"lives", 7}, {"weight", 5.0}}));
  EXPECT_EQ(house_read(R"({"pet": {}})")["pet"], house_read("{}")["pet"]);
  // But a type that is named begins with its own defaults.
  EXPECT_EQ(house_read(R"({"pet": {"kind": "cat", "weight": 5}})")["pet"]["lives"], 9);
  EXPECT_EQ(house_read(R"({"rent": {"value": 3}})")["rent"], 3.0);
}

TEST(DefaultTypes, AnOptionalFieldHasTheDefaultThatItsOwnerStates) {
  EXPECT_FALSE(house_read("{}").contains("guard"));
  EXPECT_EQ(house_read(R"({"guard": {"tricks": 2}})")["guard"],
            json({{"kind", "dog"}, {"weight", 50.0}, {"tricks", 2}}));
  EXPECT_EQ(house_read(R"({"guard": "cat"})")["guard"]["lives"], 9);
}

TEST(DefaultTypes, WhatOnlyOtherTypesHaveNamesThem) {
  EXPECT_EQ(house_refusal(R"({"pet": {"tricks": 1}})"),
            R"(file: pet: lacks "kind": write "kind": "dog" or "wolf"; the default, "cat", has no "tricks")");
  EXPECT_EQ(house_refusal(R"({"pet": {"tricks": 1, "weight": 2}})"),
            R"(file: pet: lacks "kind": write "kind": "dog"; the default, "cat", has no "tricks")");
  EXPECT_EQ(house_refusal(R"({"rent": {"from": 1, "to": 2}})"),
            R"(file: rent: lacks "kind": write "kind": "linear", "exponential" or "cosine"; the default, )"
            R"("constant", has no "from")");
  // What the message says works.
  for (const auto* kind : {"linear", "exponential", "cosine"})
    EXPECT_EQ(house_refusal(std::string(R"({"rent": {"from": 1, "to": 2, "kind": ")") + kind + "\"}}"),
              "nothing was thrown");
}

TEST(DefaultTypes, WithoutADefaultTheTypesThatFitAreNamed) {
  EXPECT_EQ(house_refusal(R"({"guest": {"lives": 1}})"), R"(file: guest: lacks "kind": write "kind": "cat")");
  EXPECT_EQ(house_refusal(R"({"guest": {}})"),
            R"(file: guest: lacks "kind": say which animal (cat, dog, wolf))");
  // An entry of a list has no default of its own: the list replaces the default one.
  EXPECT_EQ(house_refusal(R"({"flock": [{"tricks": 1}]})"),
            R"(file: flock[0]: lacks "kind": write "kind": "dog" or "wolf")");
}

TEST(UnknownKeys, OtherNamesOfAFieldSuggestIt) {
  for (const std::string key : {"lr", "LR", "eta", "learningRate", "learning-rate", "learning_rat"})
    EXPECT_EQ(house_refusal("{\"" + key + "\": 1}"),
              "file: " + key + ": unknown key. Did you mean \"learning_rate\"?");
  EXPECT_EQ(house_refusal(R"({"pet": {"n_lives": 1}})"),
            "file: pet.n_lives: unknown key. Did you mean \"lives\"?");
  EXPECT_EQ(house_refusal(R"({"doors": [{"w": 1}]})"),
            "file: doors[0].w: unknown key. Did you mean \"width\"?");
}

TEST(UnknownKeys, AKeyOfAnotherPlaceIsSentThere) {
  EXPECT_EQ(house_refusal(R"({"width": 1})"),
            R"(file: width: unknown key. "width" belongs to an entry of "doors" or "gate")");
  EXPECT_EQ(house_refusal(R"({"w": 1})"),
            R"(file: w: unknown key. Did you mean "width" of an entry of "doors" or "gate"?)");
  EXPECT_EQ(house_refusal(R"({"gate": {"lr": 1}})"),
            R"(file: gate.lr: unknown key. Did you mean "learning_rate" at the top level, beside "gate"?)");
  EXPECT_EQ(house_refusal(R"({"doors": [{"flock": 1}]})"),
            R"(file: doors[0].flock: unknown key. "flock" belongs at the top level, beside "doors")");
}

TEST(UnknownKeys, AKeyOfAnotherTypeNamesThatType) {
  EXPECT_EQ(house_refusal(R"({"pet": {"kind": "wolf", "lives": 1}})"),
            R"(file: pet.lives: unknown key. It belongs to the animal "cat")");
  EXPECT_EQ(house_refusal(R"({"pet": {"kind": "wolf", "life": 1}})"),
            R"(file: pet.life: unknown key. "lives" belongs to the animal "cat")");
}

TEST(UnknownTypes, OtherNamesOfATypeSuggestIt) {
  for (const std::string name : {"hound", "HOUND", "canis-familiaris", "Dog", "dogg"})
    EXPECT_SAYS(house_refusal(R"({"pet": ")" + name + "\"}"),
                "pet: unknown animal \"" + name + "\". Did you mean \"dog\"?");
  EXPECT_SAYS(house_refusal(R"({"pet": {"kind": "hound"}})"), "Did you mean \"dog\"?");
}

TEST(UnknownTypes, TheirRegistryMayExplainThem) {
  auto kinds = Registry<Animal>("animal", "animals", "kind").add<Cat>();
  kinds.explain_unknown([](const std::string& name) { return name == "unicorn" ? "no such animal" : ""; });
  EXPECT_EQ(kinds.unknown("unicorn"), "no such animal");
  EXPECT_EQ(kinds.unknown("cta"), "unknown animal \"cta\". Did you mean \"cat\"?");
}

TEST(UnknownKeys, AreFoundWhereNoTypeIsGiven) {
  EXPECT_SAYS(house_refusal(R"({"guest": {"lifes": 1}})"), "guest: lacks \"kind\": say which animal");
  EXPECT_SAYS(house_refusal(R"({"guest": {"lifes": 1}})"),
              "guest.lifes: unknown key. Did you mean \"lives\"?");
  EXPECT_EQ(house_refusal(R"({"guest": {"lives": 1}})"), R"(file: guest: lacks "kind": write "kind": "cat")");
}

TEST(UnknownKeys, FieldsOfTheObjectItselfAreOneLevelUp) {
  EXPECT_EQ(house_refusal(R"({"gate": {"frame": {"width": 2}}})"),
            "file: gate.frame: unknown key. Write gate.width instead of gate.frame.width");
  EXPECT_EQ(house_refusal(R"({"pet": {"body": {"weight": 2, "life": 1}}})"),
            "file: pet.body: unknown key. Write pet.lives and pet.weight instead of pet.body.life and "
            "pet.body.weight");
}

TEST(WrongTypes, ShowTheRightForm) {
  const std::pair<const char*, const char*> kErrors[] = {
      {R"({"rooms": [64.0]})", "rooms[0]: must be a whole number, not 64.0: write 64"},
      {R"({"rooms": ["64"]})", "rooms[0]: must be a whole number, not \"64\": write 64"},
      {R"({"rooms": [[64]]})", "rooms[0]: must be a whole number, not a list: write 64"},
      {R"({"rooms": "64,32"})", "rooms: must be a list, not \"64,32\": write [64, 32]"},
      {R"({"rooms": "64"})", "rooms: must be a list, not \"64\": write [64]"},
      {R"({"doors": {"width": 2}})", "doors: must be a list, not an object: write [{\"width\": 2}]"},
      {R"({"flock": "cat"})", "flock: must be a list, not \"cat\": write [\"cat\"]"},
      {R"({"flock": "cat, dog"})", "flock: must be a list, not \"cat, dog\": write [\"cat\", \"dog\"]"},
      {R"({"street": 4})", "street: must be a string, not 4: write \"4\""},
      {R"({"street": ["x"]})", "street: must be a string, not a list: write \"x\""},
      {R"({"gate": {"width": "0.5"}})", "gate.width: must be a number, not \"0.5\": write 0.5"},
      {R"({"pet": ["cat"]})", "not a list: write \"cat\""},
  };
  for (const auto& [text, said] : kErrors) EXPECT_SAYS(house_refusal(text), said);
}

TEST(WrongTypes, NoFormIsShownThatWouldBeRefused) {
  EXPECT_EQ(house_refusal(R"({"rooms": -1})"), "file: rooms: must be a list, not -1");
  EXPECT_EQ(house_refusal(R"({"doors": 3})"), "file: doors: must be a list, not 3");
  EXPECT_EQ(house_refusal(R"({"rooms": null})"), "file: rooms: must be a list, not null");
}

TEST(WrongTypes, ANumberOfEntriesIsCounted) {
  EXPECT_EQ(house_refusal(R"({"rooms": 3})"), "file: rooms: must be a list, not 3: write [1, 2, 3]");
}

TEST(UnknownKeys, OthersListWhatIsKnown) {
  EXPECT_EQ(house_refusal(R"({"gate": {"color": 1}})"), "file: gate.color: unknown key. Known: width.");
}

TEST(UnknownKeys, OtherNamesAreNotRead) {
  House house;
  Problems problems;
  read_config(json::parse(R"({"lr": 5})"), house, problems);
  EXPECT_EQ(house.learning_rate, 0);
  EXPECT_FALSE(config_schema(house).dump().find("\"lr\"") != std::string::npos);
}

TEST(FieldPlaces, AreTheOutermost) {
  House house;
  EXPECT_EQ(find_field(house, "width").paths, (std::vector<std::string>{"doors[]", "gate"}));
  EXPECT_EQ(find_field(house, "pet").paths, std::vector<std::string>{""});
  EXPECT_TRUE(find_field(house, "nothing").paths.empty());
  EXPECT_EQ(find_field(house, "tricks").types, (std::vector<std::string>{"dog", "wolf"}));
  EXPECT_EQ(find_field(house, "learningRate").field, "learning_rate");
  EXPECT_EQ(find_field(house, "ETA").field, "learning_rate");
  EXPECT_TRUE(find_field(house, "num_rooms").list);
  EXPECT_TRUE(find_field(house, "num_rooms").counted);
  EXPECT_TRUE(find_field(house, "rooms").counted);
  EXPECT_FALSE(find_field(house, "street").list);
  EXPECT_EQ(find_misspelt_field(house, "wdth").paths, (std::vector<std::string>{"doors[]", "gate"}));
  EXPECT_EQ(field_names(house).size(), 10u);
}

}  // namespace
}  // namespace aelab
