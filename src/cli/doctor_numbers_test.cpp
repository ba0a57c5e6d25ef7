#include "cli/doctor_numbers.hpp"

#include "db/sqlite/connection.hpp"
#include "db/sqlite/sqlite_database.hpp"
#include "db/sqlite/sqlite_migrations.hpp"
#include "support/temp_folder.hpp"

#include <gtest/gtest.h>

namespace pollux::cli {
namespace {

TEST(DoctorNumbers, finds_phones_with_two_accounts)
{
    numbers::NumberPlan const plan{.default_country_code = "44", .allowed_countries = {}, .extra_lengths = {}};
    auto const pairs = pairs_of({{"+44447911123456", 1},  // Typed 447911123456.
                                 {"+4407911123457", 2},   // Typed 07911123457.
                                 {"+440014155550100", 3}, // Typed 0014155550100.
                                 {"+447911123456", 4},
                                 {"+447911123457", 5},
                                 {"+14155550100", 6},
                                 {"+44447911123458", 7}, // Has no newer one.
                                 {"+447911123459", 8}},
                                plan);
    std::vector<NumberPair> const expected = {
        {3, "+440014155550100", 6, "+14155550100"}, {2, "+4407911123457", 5, "+447911123457"}, {1, "+44447911123456", 4, "+447911123456"}};
    EXPECT_EQ(pairs, expected);
}

TEST(DoctorNumbers, names_them_without_showing_them)
{
    test::TempFolder folder;
    config::Config config;
    config.data_dir = folder.path();
    config.sqlite_path = folder.path() / "pollux.sqlite3";
    EXPECT_TRUE(examine_numbers(config).empty());
    {
        db::SqliteDatabase database({.file = config.sqlite_path});
        db::SqliteMigrations target(database, {});
        db::migrate(target, pollux_migrations_files());
        EXPECT_TRUE(examine_numbers(config).empty());
    }
    Clock clock;
    db::sqlite::Connection connection(config.sqlite_path, db::sqlite::Role::writer, 1024, clock);
    connection.run("insert into users (mobile, date_joined) values ('+114155550100', 1), ('+14155550100', 2)");
    auto const findings = examine_numbers(config);
    ASSERT_EQ(findings.size(), 1u);
    EXPECT_EQ(findings[0].health, Health::note);
    EXPECT_EQ(findings[0].what, "Numbers: 1 with two accounts, the older one first: +1***00 (account 1) and +1***00 (account 2).");
    EXPECT_EQ(findings[0].what.find("4155550"), std::string::npos);
}

} // namespace
} // namespace pollux::cli
