// aelab doctor

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "aelab/cli/commands.h"
#include "aelab/core/error.h"
#include "aelab/data/source.h"
#include "aelab/runs/environment.h"

namespace aelab::cli {
namespace {

/// Whether each source that needs no config opens, and what to do if not.
nlohmann::json check_data() {
  auto found = nlohmann::json::object();
  for (const auto& kind : Source::registry().all()) {
    if (kind.name == "idx") continue;
    try {
      const auto data = open_dataset(kind.name);
      found[kind.name] = fmt::format("{} rows of {}", data.train.size() + (data.test ? data.test->size() : 0),
                                     to_string(data.shape()));
    } catch (const Error& error) {
      found[kind.name] = std::string("missing: ") + error.what();
    }
  }
  return found;
}

}  // namespace

void add_doctor(CLI::App& app, Command& chosen) {
  auto as_json = std::make_shared<bool>(false);
  auto* command = app.add_subcommand("doctor", "Say what is installed here, and which data are found");
  command->add_flag("--json", *as_json, "print one JSON object");
  command->footer("Example: aelab doctor");
  command->callback([as_json, &chosen] {
    chosen = [as_json] {
      auto report = environment();
      report["data"] = check_data();
      if (*as_json) {
        fmt::print("{}\n", report.dump(2));
        return 0;
      }
      for (const auto& [key, value] : report.items())
        if (!value.is_object())
          fmt::print("{:<16} {}\n", key, value.is_string() ? value.get<std::string>() : value.dump());
      for (const auto& [name, state] : report["data"].items())
        fmt::print("data {:<11} {}\n", name, state.get<std::string>());
      return 0;
    };
  });
}

}  // namespace aelab::cli
