#include "cli/move.hpp"

#include "config/load.hpp"

#include <gtest/gtest.h>

namespace pollux::cli {
namespace {

config::Config config_of(std::string const& database_url)
{
    config::Sources sources;
    sources.environment = {{"DEBUG", "True"}, {"DATA_DIR", "data"}, {"DATABASE_URL", database_url}};
    auto loaded = config::load_config(sources);
    EXPECT_TRUE(loaded.problems.empty());
    return loaded.config;
}

TEST(PlanMove, takes_what_the_settings_name)
{
    auto const to_settings = plan_move(config_of("postgres://u:secret@db/x"), {});
    ASSERT_TRUE(to_settings);
    EXPECT_EQ(to_settings->file, "data/pollux.sqlite3");
    EXPECT_EQ(to_settings->url, "postgres://u:secret@db/x");

    auto const from_settings = plan_move(config_of("sqlite:////srv/chat.db"), {.to = "postgres://db/y"});
    ASSERT_TRUE(from_settings);
    EXPECT_EQ(from_settings->file, "/srv/chat.db");
    EXPECT_EQ(from_settings->url, "postgres://db/y");
}

TEST(PlanMove, the_command_line_wins)
{
    auto const plan = plan_move(config_of("postgres://db/x"), {.from = "sqlite:////a/b", .to = "postgresql://db/y"});
    ASSERT_TRUE(plan);
    EXPECT_EQ(plan->file, "/a/b");
    EXPECT_EQ(plan->url, "postgresql://db/y");
}

TEST(PlanMove, refuses_other_ways_without_showing_a_password)
{
    struct Case {
        MoveArguments arguments;
        std::string why;
    };
    Case const cases[] = {
        {{}, "say where to"},
        {{.from = "postgres://u:secret@db/x"}, "--from must be sqlite:///...: pollux move goes from SQLite to PostgreSQL"},
        {{.from = "secret.db"}, "--from must be sqlite:///file"},
        {{.to = "sqlite:///secret.db"}, "--to must be postgres://...: pollux move goes from SQLite to PostgreSQL and not back"},
        {{.to = "mysql://u:secret@db/x"}, "--to must be sqlite:///file"},
        {{.to = "postgres://u:sec@secret@db/x"}, "--to must have letters like @"},
    };
    for (auto const& [arguments, why] : cases) {
        auto const plan = plan_move(config_of("sqlite:///x"), arguments);
        ASSERT_TRUE(plan.has_error()) << why;
        Error const error = plan.error();
        EXPECT_EQ(error.message().substr(0, why.size()), why);
        EXPECT_EQ(error.message().find("secret"), std::string::npos) << error.message();
    }
}

} // namespace
} // namespace pollux::cli
