// The manual page, in the language of man(7).

#include "aelab/cli/completion.h"
#include "aelab/cli/interface.h"
#include "aelab/core/text.h"
#include "aelab/core/version.h"

namespace aelab::cli {
namespace {

/// A text as troff prints it literally.
std::string roff(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\\')
      escaped += "\\e";
    else if (c == '-')
      escaped += "\\-";
    else if (c == '\'')
      escaped += "\\(aq";
    else if (c == '"')
      escaped += "\\(dq";
    else
      escaped += c;
  }
  return escaped.starts_with('.') ? "\\&" + escaped : escaped;
}

std::string tagged(const std::string& label, const std::string& text) {
  return ".TP\n\\fB" + roff(label) + "\\fR\n" + roff(text) + "\n";
}

std::string example(const std::string& line) {
  return ".PP\n.nf\n" + roff(wrapped_command(line, 2, 72)) + "\n.fi\n";
}

std::string command_section(const CLI::App& command) {
  std::string text = ".SS \"" + roff(usage_of(command)) + "\"\n" + roff(command.get_description()) + ".\n";
  for (const auto* argument : arguments_of(command))
    text += tagged(label_of(*argument), description_of(*argument));
  for (const auto* option : options_of(command))
    if (!option->check_name("--help")) text += tagged(label_of(*option), description_of(*option));
  const auto footer = footer_of(command);
  for (const auto& remark : footer.remarks) text += ".PP\n" + roff(remark) + "\n";
  for (const auto& line : footer.examples) text += example(line);
  return text;
}

/// What the program reads from its environment and what it returns.
constexpr const char* kClosing = R"(.SH EXIT STATUS
.TP
.B 0
Success.
.TP
.B 1
The run or another operation failed, or output could not be written.
.TP
.B 2
Bad input; nothing was created or changed.
.TP
.BR 129 ", " 130 ", " 143
Stopped by SIGHUP, SIGINT or SIGTERM; the run can be resumed.
.SH ENVIRONMENT
.TP
.B AELAB_DATA
Folder of data sets, searched before the standard places.
.TP
.B OMP_NUM_THREADS
Number of threads, unless a run file sets it.
.TP
.B COLUMNS
Width of text where the output is not a terminal; 80 by default.
.TP
.B TERM
With the value \(dqdumb\(dq, progress is shown without a live bar.
)";

}  // namespace

std::string manual_page(const CLI::App& app) {
  auto text = ".TH AELAB 1 \"\" \"aelab " + std::string(version()) + "\" \"User Commands\"\n";
  text += ".SH NAME\naelab \\- train and compare autoencoders\n";
  text += ".SH SYNOPSIS\n.B aelab\n.I COMMAND\n.RI [ OPTIONS ]\n";
  text += ".SH DESCRIPTION\n" + roff(app.get_description()) +
          "\nResults are printed to standard output, progress and errors to standard error.\n";
  text += ".SH OPTIONS\n";
  for (const auto* option : options_of(app)) text += tagged(label_of(*option), description_of(*option));
  text += ".SH COMMANDS\n";
  for (const auto* command : commands_of(app)) text += command_section(*command);
  return text + kClosing;
}

}  // namespace aelab::cli
