#include "cli/doctor.hpp"

#include "config/test_refusals.hpp"
#include "config/test_sources.hpp"
#include "db/sqlite/sqlite_database.hpp"
#include "db/sqlite/sqlite_migrations.hpp"

#include <gtest/gtest.h>

#include "support/temp_folder.hpp"

#include <fstream>

namespace pollux::cli {
namespace {

class Doctor : public testing::Test {
protected:
    config::Config config() const
    {
        config::Config config;
        config.data_dir = folder_.path();
        config.sqlite_path = folder_.path() / "pollux.sqlite3";
        return config;
    }
    void migrate() const
    {
        db::SqliteDatabase database({.file = config().sqlite_path});
        db::SqliteMigrations target(database, {});
        db::migrate(target, pollux_migrations_files());
    }

    test::TempFolder folder_;
};

TEST_F(Doctor, says_of_settings_what_a_start_says)
{
    // Each problem that ends a start is one finding, in the same words and order, and nothing else is ill.
    auto const judge = [](std::string_view dotenv) {
        auto const loaded = config::load_config(config::test::sources_of(dotenv));
        std::vector<std::string> ill;
        for (auto const& finding : examine_settings(loaded)) {
            EXPECT_NE(finding.health, Health::well) << finding.what;
            if (finding.health == Health::ill) ill.push_back(finding.what);
        }
        std::vector<std::string> expected;
        for (auto const& problem : loaded.problems) expected.push_back("Settings: " + problem);
        EXPECT_EQ(ill, expected) << dotenv;
        return ill;
    };
    auto const judge_refusal = [&](config::test::Refusal const& refusal) {
        auto const ill = judge(config::test::production(refusal.line));
        ASSERT_EQ(ill.size(), 1u) << refusal.line;
        EXPECT_TRUE(ill[0].starts_with("Settings: " + std::string(refusal.named))) << ill[0];
    };
    for (auto const& refusal : config::test::wrong_values) judge_refusal(refusal);
    for (auto const& refusal : config::test::unsafe_values) judge_refusal(refusal);
    EXPECT_EQ(judge(config::test::originals_environment).size(), 3u);
}

TEST_F(Doctor, finds_a_fresh_folder_well)
{
    EXPECT_EQ(examine_data_dir(config()).health, Health::well);
    EXPECT_EQ(examine_database(config()).health, Health::well);
    EXPECT_FALSE(std::filesystem::exists(config().sqlite_path)); // It only looks.
}

TEST_F(Doctor, says_that_a_folder_will_be_made)
{
    config::Config missing = config();
    missing.data_dir = folder_.path() / "a" / "b";
    Finding finding = examine_data_dir(missing);
    EXPECT_EQ(finding.health, Health::well);
    EXPECT_NE(finding.what.find("it will be made"), std::string::npos) << finding.what;
    EXPECT_FALSE(std::filesystem::exists(missing.data_dir));
}

TEST_F(Doctor, refuses_a_file_in_place_of_the_folder)
{
    std::ofstream(folder_.path() / "file") << "x";
    config::Config wrong = config();
    wrong.data_dir = folder_.path() / "file";
    EXPECT_EQ(examine_data_dir(wrong).health, Health::ill);
}

TEST_F(Doctor, finds_a_migrated_database_well_also_while_it_is_in_use)
{
    migrate();
    Finding alone = examine_database(config());
    EXPECT_EQ(alone.health, Health::well) << alone.what;
    db::SqliteDatabase open({.file = config().sqlite_path});
    Finding in_use = examine_database(config());
    EXPECT_EQ(in_use.health, Health::well) << in_use.what;
    EXPECT_NE(in_use.what.find("in use by a running server"), std::string::npos) << in_use.what;
}

TEST_F(Doctor, notes_an_old_schema)
{
    {
        db::SqliteDatabase empty({.file = config().sqlite_path});
    }
    Finding finding = examine_database(config());
    EXPECT_EQ(finding.health, Health::note);
    EXPECT_NE(finding.mend.find("pollux migrate"), std::string::npos) << finding.mend;
}

TEST_F(Doctor, finds_damage)
{
    migrate();
    {
        // Over the pages of the schema and the first tables.
        std::fstream file(config().sqlite_path, std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(2048);
        std::string junk(30'000, '\x5A');
        file.write(junk.data(), static_cast<std::streamsize>(junk.size()));
    }
    EXPECT_EQ(examine_database(config()).health, Health::ill);
    std::ofstream(config().sqlite_path) << "this is no database at all, whatever its name says; really not";
    EXPECT_EQ(examine_database(config()).health, Health::ill);
}

TEST_F(Doctor, names_the_setting_of_the_model_that_names_rooms)
{
    auto asked = config();
    asked.ai_models = {"gemini:gemini-flash-latest"}; // Without a key nobody is asked.
    asked.ai_title_model = "demo";
    auto const findings = examine_models(asked);
    ASSERT_EQ(findings.size(), 1u);
    EXPECT_NE(findings[0].mend.find("AI_TITLE_MODEL"), std::string::npos) << findings[0].mend;
    EXPECT_EQ(findings[0].mend.find("GEMINI_API_KEY"), std::string::npos) << findings[0].mend;
    asked.ai_models = {"demo"};
    ASSERT_EQ(examine_models(asked).size(), 1u) << "the same one is told of once";
}

TEST_F(Doctor, repeats_what_is_wrong_with_settings)
{
    config::Loaded loaded;
    loaded.problems = {"SECRET_KEY: is not set"};
    loaded.notices = {"ALLOWED_HOSTS is not set."};
    std::string text = to_text(examine_settings(loaded));
    EXPECT_EQ(text, "  ILL  Settings: SECRET_KEY: is not set\n  note Settings: ALLOWED_HOSTS is not set.\n");
}

} // namespace
} // namespace pollux::cli
