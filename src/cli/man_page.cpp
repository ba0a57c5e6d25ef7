#include "cli/man_page.hpp"

#include "base/version.hpp"

#include <CLI/CLI.hpp>

#include <vector>

namespace pollux::cli {
namespace {

// Text as groff shows it unchanged.
std::string plain(std::string_view text)
{
    std::string out;
    for (char const letter : text) {
        bool const begins_line = out.empty() || out.back() == '\n';
        if (begins_line && (letter == '.' || letter == '\'')) out += "\\&";
        if (letter == '\\') {
            out += "\\e";
        } else if (letter == '-') {
            out += "\\-";
        } else {
            out += letter;
        }
    }
    return out;
}

std::string bold(std::string_view text)
{
    return "\\fB" + plain(text) + "\\fR";
}

std::vector<CLI::App const*> shown_commands(CLI::App const& app)
{
    return app.get_subcommands([](CLI::App const* one) { return !one->get_group().empty(); });
}

std::vector<CLI::Option const*> shown_options(CLI::App const& app)
{
    return app.get_options([&](CLI::Option const* one) { return !one->get_group().empty() && one != app.get_help_ptr(); });
}

// "--plan TEXT" of an option, "mobile" of what stands by itself.
std::string heading(CLI::Option const& option)
{
    std::string text;
    for (auto const& name : option.get_snames()) text += (text.empty() ? "" : ", ") + bold("-" + name);
    for (auto const& name : option.get_lnames()) text += (text.empty() ? "" : ", ") + bold("--" + name);
    if (text.empty()) return "\\fI" + plain(option.get_name()) + "\\fR";
    if (option.get_items_expected_max() > 0) text += " \\fIVALUE\\fR";
    return text;
}

void append_options(std::string& page, CLI::App const& command)
{
    for (auto const* option : shown_options(command)) {
        page += ".RS\n.TP\n" + heading(*option) + "\n" + plain(option->get_description());
        auto const usual = option->get_default_str();
        if (!usual.empty()) page += plain(" (default: " + usual + ")");
        page += "\n.RE\n";
    }
}

void append_command(std::string& page, CLI::App const& command, std::string const& name)
{
    auto const below = shown_commands(command);
    if (below.empty()) {
        page += ".TP\n" + bold(name);
        for (auto const* option : shown_options(command)) {
            if (option->get_positional()) page += " \\fI" + plain(option->get_name()) + "\\fR";
        }
        page += "\n" + plain(command.get_description()) + "\n";
        append_options(page, command);
        auto const footer = command.get_footer();
        if (!footer.empty()) page += ".RS\n.PP\n" + plain(footer) + "\n.RE\n";
        return;
    }
    for (auto const* one : below) append_command(page, *one, name + " " + one->get_name());
}

} // namespace

std::string man_page(CLI::App const& app)
{
    std::string page =
        ".\\\" Made by `pollux man` from the commands' own help.\n.TH POLLUX 1 \"\" \"Pollux " + std::string(version) +
        "\" \"User Commands\"\n.SH NAME\npollux \\- " + plain("the backend of an AI chat product") +
        "\n.SH SYNOPSIS\n\\fBpollux\\fR \\fICOMMAND\\fR [\\fIOPTIONS\\fR]\n.SH DESCRIPTION\n" +
        plain("An HTTP server for accounts, one-time codes, chatrooms whose replies stream in, and plans that are paid for, over "
              "SQLite or over PostgreSQL and Redis. Settings come from the environment and from a file .env in the working "
              "folder; `pollux doctor` looks at them and says what to mend.") +
        "\n.SH COMMANDS\n";
    for (auto const* command : shown_commands(app)) append_command(page, *command, command->get_name());
    page += ".SH EXIT STATUS\n" +
            plain("0: done. 1: it could not be done, and a line on standard error says why. 2: wrong settings, or a wrong command line.") +
            "\n.SH FILES\n.TP\n.I /etc/pollux/pollux.env\n" +
            plain("The settings of the services, where Pollux was installed as a package.") + "\n.TP\n.I /var/lib/pollux\n" +
            plain("Their data, if they are not in PostgreSQL.") + "\n";
    return page;
}

} // namespace pollux::cli
