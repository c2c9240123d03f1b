// aelab for tests/cli/program.py, with LibTorch already started, which takes longer than most commands do.
// Every command is run by a copy of this process, which starts no threads and can therefore be forked.
//
// It reads commands, one JSON object a line: "arguments", "cwd" and "environment"; and answers each with a
// line [exit code or negative signal, stdout, stderr]. With arguments it is aelab, as which a comparison
// starts its workers.

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "aelab/cli/cli_main.h"

namespace {

using Json = nlohmann::json;

void require(bool is_so) {
  if (is_so) return;
  std::perror("warm");
  std::_Exit(EXIT_FAILURE);
}

[[noreturn]] void become_aelab(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "aelab");
  std::vector<char*> argv;
  for (auto& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  aelab::end_process(aelab::cli_main(static_cast<int>(arguments.size()), argv.data()));
}

[[noreturn]] void run(const Json& command, std::FILE* out, std::FILE* err) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // tests end this process where a command takes too long
  require(::dup2(::fileno(out), STDOUT_FILENO) >= 0 && ::dup2(::fileno(err), STDERR_FILENO) >= 0);
  require(::chdir(command.at("cwd").get<std::string>().c_str()) == 0);
  ::clearenv();
  for (const auto& [name, value] : command.at("environment").get<std::map<std::string, std::string>>())
    ::setenv(name.c_str(), value.c_str(), 1);
  become_aelab(command.at("arguments"));
}

std::string content_of(std::FILE* file) {
  std::string content(static_cast<std::size_t>(::lseek(::fileno(file), 0, SEEK_END)), '\0');
  std::rewind(file);
  content.resize(std::fread(content.data(), 1, content.size(), file));
  std::fclose(file);
  return content;
}

Json result_of(const Json& command) {
  auto *out = std::tmpfile(), *err = std::tmpfile();
  require(out && err);
  const auto child = ::fork();
  if (child == 0) run(command, out, err);
  int status = 0;
  require(child > 0 && ::waitpid(child, &status, 0) == child);
  const int code = WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
  return {code, content_of(out), content_of(err)};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1) become_aelab({argv + 1, argv + argc});
  for (std::string line; std::getline(std::cin, line);)
    std::cout << result_of(Json::parse(line)).dump(-1, ' ', false, Json::error_handler_t::replace)
              << std::endl;
}
