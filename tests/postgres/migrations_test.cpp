// Migrations on PostgreSQL.
#include "db/postgres/postgres_migrations.hpp"
#include "postgres_fixture.hpp"

namespace pollux::test {
namespace {

using Files = std::vector<EmbeddedFile>;

class Migrations : public ::testing::Test {
protected:
    db::Migrated migrate(Files const& files)
    {
        db::PostgresMigrations target(place.url());
        return db::migrate(target, files);
    }
    void require(Files const& files)
    {
        db::PostgresMigrations target(place.url());
        db::require_schema(target, files);
    }

    // Until a statement of another session that begins like this waits for a table.
    static void wait_for_lock(PostgresControl& watching, std::string const& script)
    {
        auto const sql = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and query like '%" + script +
                         "%' and pid <> pg_backend_pid()";
        auto const end = Steady::now() + patience;
        while (watching.run(sql) == "0") {
            if (Steady::now() > end) throw std::runtime_error("nobody waits for a lock");
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
    }

    Files const first{{"0001_a.sql", "-- works-with: 1\ncreate table a (id {{identity}}, made bigint not null)"}};
    Files const both{first[0], {"0002_b.sql", "-- works-with: 1\nselect pg_sleep(0.2); create table b (id bigint primary key)"}};
    PostgresTestDatabase place{PostgresCluster::shared()};
    PostgresControl control{place.url()};
};

TEST_F(Migrations, are_applied_once_and_keys_number_themselves)
{
    EXPECT_EQ(migrate(first).version_before, 0);
    EXPECT_EQ(migrate(both).version_before, 1);
    EXPECT_EQ(migrate(both).version_before, 2);
    EXPECT_EQ(control.run("insert into a (made) values (now_us()) returning id"), "1");
    EXPECT_EQ(control.run("select abs(now_us() / 1000000 - extract(epoch from now())) < 2"), "t");
    EXPECT_EQ(control.run("select string_agg(name, ' ' order by version) from schema_migrations"), "0001_a 0002_b");
}

TEST_F(Migrations, of_several_starters_one_migrates_and_the_others_wait)
{
    std::vector<std::thread> starters;
    std::atomic<int> done = 0;
    for (int number = 0; number < 6; ++number) {
        starters.emplace_back([&] { done += migrate(both).version == 2; });
    }
    for (auto& starter : starters) starter.join();
    EXPECT_EQ(done, 6);
    EXPECT_EQ(control.run("select count(*) from schema_migrations"), "2");
}

TEST_F(Migrations, one_that_fails_leaves_nothing_and_can_be_tried_again)
{
    Files const broken{first[0], {"0002_b.sql", "-- works-with: 1\ncreate table b (id bigint primary key); insert into b values (1), (1)"}};
    EXPECT_THROW(migrate(broken), db::StatementError);
    EXPECT_EQ(control.run("select to_regclass('b') is null"), "t");
    EXPECT_EQ(control.run("select max(version) from schema_migrations"), "1");
    Files const escaping{first[0], {"0002_b.sql", "-- works-with: 1\ncommit"}};
    EXPECT_THROW(migrate(escaping), db::BadMigration);
    EXPECT_EQ(migrate(both).version, 2);
}

// Whoever holds a table for long neither stops the others for the migration's sake nor is stopped by it.
TEST_F(Migrations, one_that_waits_for_a_table_lets_those_through_who_come_after_it)
{
    migrate(first);
    control.run("begin; select count(*) from a");
    Files const more{first[0], {"0002_c.sql", "-- works-with: 1\nalter table a add column c bigint"}};
    std::thread migrating([&] { migrate(more); });
    PostgresControl other(place.url());
    wait_for_lock(other, "alter table a");
    other.run("set lock_timeout = '1500ms'");
    for (int time = 0; time < 5; ++time) EXPECT_EQ(other.run("select count(*) from a"), "0");
    EXPECT_EQ(other.run("select max(version) from schema_migrations"), "1");
    control.run("commit");
    migrating.join();
    EXPECT_EQ(control.run("select count(c) from a"), "0");
}

TEST_F(Migrations, one_that_meets_a_transaction_crosswise_gives_way)
{
    migrate(both);
    control.run("begin; lock table b");
    Files const more{
        both[0], both[1], {"0003_c.sql", "-- works-with: 1\nalter table a add column c bigint; alter table b add column c bigint"}};
    std::thread migrating([&] { migrate(more); });
    PostgresControl other(place.url());
    wait_for_lock(other, "alter table a");
    EXPECT_EQ(control.run("select count(*) from a"), "0"); // It has this one and waits for the other.
    control.run("commit");
    migrating.join();
    EXPECT_EQ(control.run("select count(c) from b"), "0");
}

TEST_F(Migrations, a_process_that_serves_wants_the_schema_that_it_knows)
{
    EXPECT_THROW(require(first), db::SchemaTooOld);
    migrate(first);
    EXPECT_NO_THROW(require(first));
    try {
        require(both);
        FAIL() << "accepted";
    } catch (db::SchemaTooOld const& refusal) {
        EXPECT_NE(std::string(refusal.what()).find("run `pollux migrate`"), std::string::npos) << refusal.what();
        EXPECT_EQ(std::string(refusal.what()).find('\n'), std::string::npos);
    }
    migrate(both);
    EXPECT_NO_THROW(require(first)) << "0002 works with binaries of 1";
    control.run("update schema_migrations set works_with = 2 where version = 2");
    EXPECT_THROW(require(first), db::SchemaTooNew);
}

} // namespace
} // namespace pollux::test
