#include "cli/man_page.hpp"

#include <CLI/CLI.hpp>
#include <gtest/gtest.h>

namespace pollux::cli {
namespace {

TEST(ManPage, has_every_command_that_help_shows_and_no_other)
{
    CLI::App app;
    bool is_all = false;
    std::string plan;
    app.add_subcommand("serve", "Runs the server.");
    app.add_subcommand("settings", "Prints a document.")->group("");
    auto* plans = app.add_subcommand("plans", "Plans.");
    auto* set = plans->add_subcommand("set", "Changes a plan.");
    set->add_option("plan", plan, "Its name");
    set->add_flag("--all", is_all, "Every one");
    set->footer(".dots and 'quotes begin lines\n\\ too");
    auto const page = man_page(app);
    EXPECT_NE(page.find("\\fBserve\\fR\nRuns the server.\n"), std::string::npos) << page;
    EXPECT_EQ(page.find("settings\\fR"), std::string::npos) << page;
    EXPECT_NE(page.find("\\fBplans set\\fR \\fIplan\\fR\nChanges a plan.\n"), std::string::npos) << page;
    EXPECT_NE(page.find("\\fB\\-\\-all\\fR\nEvery one\n"), std::string::npos) << page;
    EXPECT_NE(page.find("\n\\&.dots and 'quotes begin lines\n\\e too\n"), std::string::npos) << page;
}

} // namespace
} // namespace pollux::cli
