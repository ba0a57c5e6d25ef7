#include "base/database_url.hpp"

#include <gtest/gtest.h>

namespace pollux {
namespace {

TEST(DatabaseUrl, tells_which_database_it_is)
{
    EXPECT_EQ(database_scheme("postgres://db/x"), "postgres");
    EXPECT_EQ(database_scheme("PostgreSQL://db/x"), "postgresql");
    EXPECT_EQ(database_scheme("sqlite:///x"), "sqlite");
    for (auto const* none : {"", "x", "postgres:x", "host=/run dbname=x", "://x"}) EXPECT_EQ(database_scheme(none), "") << none;
}

TEST(DatabaseUrl, knows_where_the_parameters_of_libpqs_begin)
{
    struct Case {
        std::string_view url;
        std::string_view parameters;
    };
    for (auto const& [url, parameters] : {
             Case{"postgres://db", ""},
             Case{"postgres://", ""},
             Case{"postgres:///x?host=/run/a@b", "?host=/run/a@b"},
             Case{"postgres://?host=/run", "?host=/run"},
             Case{"postgres://u:p%40ss:?#@db1:5432,[::1]:5433/x?application_name=a@b/c?d", "?application_name=a@b/c?d"},
             Case{"postgres://u@db/x@y?a=b", "?a=b"},
             Case{"postgres://@db?a", "?a"},
             Case{"postgres://u%C3%BC:@db/x?", "?"},
             Case{"postgres://\xC3\xBC:\xC3\xBC@db/\xC3\xBC?a=\xC3\xBC", "?a=\xC3\xBC"},
         }) {
        auto const found = postgres_parameters(url);
        ASSERT_TRUE(found) << url;
        EXPECT_EQ(*found, parameters) << url;
    }
}

TEST(DatabaseUrl, finds_a_password_that_is_not_encoded)
{
    for (auto const* url : {"postgres://u:p@ss@db/x", "postgres://u:p/ss@db/x", "postgres://u:p/s@s@db?a=b", "postgres://u@v@w"}) {
        EXPECT_FALSE(postgres_parameters(url)) << url;
    }
}

TEST(DatabaseUrl, takes_sqlites_file_as_it_stands)
{
    struct Case {
        std::string_view url;
        std::string_view file;
        std::string_view options;
    };
    for (auto const& [url, file, options] : {
             Case{"sqlite:///x", "x", ""},
             Case{"SQLite:////srv/my data%3F.db", "/srv/my data%3F.db", ""},
             Case{"sqlite:///\xC3\xBC.db", "\xC3\xBC.db", ""},
             Case{"sqlite:///x?mode=ro", "x", "?mode=ro"},
             Case{"sqlite:///x#1", "x", "#1"},
             Case{"sqlite:///", "", ""},
         }) {
        auto const found = parse_sqlite_url(url);
        ASSERT_TRUE(found) << url;
        EXPECT_EQ(found->file, file) << url;
        EXPECT_EQ(found->options, options) << url;
    }
    for (auto const* url : {"sqlite://host/x", "sqlite:/x", "sqlite:x", "file:///x", ""}) EXPECT_FALSE(parse_sqlite_url(url)) << url;
}

} // namespace
} // namespace pollux
