// Sessions against the database.
#include "bus/memory_signals.hpp"
#include "store/accounts_fixture.hpp"

#include <set>

namespace pollux::accounts {
namespace {

class Sessions : public AccountsTest {
protected:
    void SetUp() override { sign_up().value(); }
};

TEST_F(Sessions, rotate_their_refresh_token_at_every_use)
{
    auto const login = new_session();
    auto const second = refresh(login.refresh).value();
    EXPECT_NE(second.refresh, login.refresh);
    EXPECT_EQ(second.expires_in, 900);
    EXPECT_EQ(refusal_of(second.access), "");
    auto const third = refresh(second.refresh).value();
    EXPECT_NE(third.refresh, second.refresh);
    EXPECT_EQ(count("select counter from sessions"), 3);
}

TEST_F(Sessions, give_a_lost_answer_again_for_a_minute)
{
    auto const login = new_session();
    auto const lost = refresh(login.refresh).value();
    advance(59'999ms);
    EXPECT_EQ(refresh(login.refresh).value().refresh, lost.refresh);
    EXPECT_TRUE(refresh(lost.refresh)); // The child works, and nobody was locked out.
}

TEST_F(Sessions, end_when_an_old_refresh_token_comes_back)
{
    for (auto later : {std::chrono::milliseconds(60s), std::chrono::milliseconds(1h)}) {
        auto const login = new_session();
        auto const second = refresh(login.refresh).value();
        advance(later);
        EXPECT_EQ(error_of(refresh(login.refresh)), "refresh_reused");
        EXPECT_EQ(error_of(refresh(second.refresh)), "session_ended");
        EXPECT_EQ(error_of(refresh(login.refresh)), "session_ended");
        EXPECT_EQ(refusal_of(refresh(new_session().refresh).value().access), ""); // Others go on.
        EXPECT_NE(refusal_of(second.access), "");
    }
}

TEST_F(Sessions, end_when_the_token_before_the_last_comes_back_at_once)
{
    auto const login = new_session();
    auto const second = refresh(login.refresh).value();
    auto const third = refresh(second.refresh).value();
    EXPECT_EQ(error_of(refresh(login.refresh)), "refresh_reused");
    EXPECT_EQ(refusal_of(third.access), "session_ended");
    EXPECT_EQ(error_of(refresh(third.refresh)), "session_ended");
}

TEST_F(Sessions, bear_a_restored_backup)
{
    auto const login = new_session();
    auto const newer = refresh(login.refresh).value();
    run(temp.database().write("update sessions set counter = 1")); // As it was before.
    EXPECT_EQ(error_of(refresh(newer.refresh)), "refresh_invalid");
    EXPECT_TRUE(refresh(login.refresh));
}

TEST_F(Sessions, last_7_days_without_use_and_30_at_most)
{
    auto const idle = new_session();
    advance(7 * 24h - 61s - 1us);
    auto const refreshed = refresh(idle.refresh);
    ASSERT_TRUE(refreshed);
    advance(7 * 24h);
    EXPECT_EQ(error_of(refresh(refreshed->refresh)), "refresh_expired");

    auto token = new_session().refresh;
    for (int day = 0; day < 29; ++day) {
        advance(24h);
        token = refresh(token).value().refresh;
    }
    advance(24h - 61s - 1us);
    token = refresh(token).value().refresh;
    advance(1us);
    EXPECT_EQ(error_of(refresh(token)), "refresh_expired");
    EXPECT_EQ(run(accounts().sessions().list({UserId{1}, SessionId{1}}, {}, 100)).value().sessions.size(), 0u);
}

TEST_F(Sessions, give_no_token_to_who_has_stolen_the_database)
{
    auto const login = new_session();
    auto const rows = run(temp.database().read("select id, user_id, counter, seed from sessions"));
    auto const row = rows.front();
    enum : std::size_t { id, user_id, newest, seed };
    auto const user = row.id<UserId>(user_id);
    auto const session = row.id<SessionId>(id);
    int forged = 0;
    for (auto const& key : {std::string(), row.text(seed), std::string("refresh tokens"), std::string(32, '\0'), options().secret_key}) {
        for (auto counter : {row.integer(newest), row.integer(newest) - 1, row.integer(newest) + 1}) {
            forged += refresh(RefreshTokens(key).issue(user, session, counter, row.text(seed))) ? 1 : 0;
        }
        forged += refusal_of(AccessTokens(key, "", 15min).issue({user, session}, temp.clock().now())).empty() ? 1 : 0;
    }
    EXPECT_EQ(forged, 0);
    EXPECT_TRUE(refresh(login.refresh));
}

asio::awaitable<void> refresh_once(SessionService& sessions, std::string token, std::multiset<std::string>& children)
{
    auto const tokens = co_await sessions.refresh(std::move(token), {});
    children.insert(tokens ? tokens->refresh : tokens.error().code());
}

TEST_F(Sessions, have_one_child_when_50_refresh_at_once)
{
    auto token = new_session().refresh;
    for (int round = 0; round < 20; ++round) {
        std::multiset<std::string> children;
        std::vector<asio::awaitable<void>> refreshes;
        for (int index = 0; index < 50; ++index) refreshes.push_back(refresh_once(accounts().sessions(), token, children));
        temp.loop().run_all(std::move(refreshes));
        ASSERT_EQ(children.count(*children.begin()), 50u) << *children.begin() << " " << *children.rbegin();
        token = *children.begin();
        ASSERT_TRUE(token.starts_with("v1."));
    }
    EXPECT_EQ(count("select counter from sessions"), 21);
}

TEST_F(Sessions, of_a_family_fail_together_when_an_ancestor_comes_back)
{
    auto const login = new_session();
    auto token = login.refresh;
    std::vector<std::string> access{login.access};
    for (int index = 0; index < 5; ++index) {
        auto const tokens = refresh(token).value();
        token = tokens.refresh;
        access.push_back(tokens.access);
    }
    // 20 clients refresh while the ancestor is replayed.
    std::multiset<std::string> children;
    std::vector<asio::awaitable<void>> refreshes;
    for (int index = 0; index < 20; ++index)
        refreshes.push_back(refresh_once(accounts().sessions(), index == 7 ? login.refresh : token, children));
    temp.loop().run_all(std::move(refreshes));
    EXPECT_EQ(children.count("refresh_reused"), 1u);
    for (auto const& child : children) {
        if (child.starts_with("v1.")) EXPECT_EQ(error_of(refresh(child)), "session_ended");
    }
    for (auto const& one : access) EXPECT_EQ(refusal_of(one), "session_ended");
}

TEST_F(Sessions, that_end_elsewhere_are_refused_at_once_and_those_that_end_here_are_told)
{
    bus::MemorySignals signals;
    AccountsService here(temp.database(), notices, temp.clock(), options()); // Dies before the signals.
    here.share_ended_sessions(signals);
    std::vector<std::string> told;
    auto const listening = signals.subscribe("sessions:ended", [&](auto payload) { told.emplace_back(payload.value_or("?")); });
    auto const first = identity_of(new_session());
    auto const second = identity_of(new_session());

    signals.publish("sessions:ended", "nonsense");
    EXPECT_FALSE(here.is_session_ended(first.session));
    signals.publish("sessions:ended", std::to_string(first.session.value));
    EXPECT_TRUE(here.is_session_ended(first.session));
    EXPECT_FALSE(here.is_session_ended(second.session));

    run(here.sessions().end(second.user, second.session)).value();
    EXPECT_EQ(std::ranges::count(told, std::to_string(second.session.value)), 1);
}

TEST_F(Sessions, end_by_logout)
{
    auto const one = new_session();
    auto const other = new_session();
    run(accounts().sessions().log_out(identity_of(one), LogoutScope::this_session, {})).value();
    EXPECT_EQ(refusal_of(one.access), "session_ended");
    EXPECT_EQ(error_of(refresh(one.refresh)), "session_ended");
    EXPECT_TRUE(refresh(other.refresh));
    EXPECT_EQ(refusal_of(other.access), "");

    auto const third = new_session();
    run(accounts().sessions().log_out(identity_of(third), LogoutScope::all_sessions, {})).value();
    for (auto const& login : {other, third}) {
        EXPECT_EQ(refusal_of(login.access), "session_ended");
        EXPECT_EQ(error_of(refresh(login.refresh)), "session_ended");
    }
}

TEST_F(Sessions, end_by_logout_with_the_refresh_token_of_another)
{
    auto const one = new_session();
    auto const other = new_session();
    sign_up("+12025550199").value();
    auto const stranger = new_session("+12025550199");
    auto log_out = [&](std::string token) {
        return run(accounts().sessions().log_out(identity_of(one), LogoutScope::this_session, token));
    };
    EXPECT_EQ(field_error_of(log_out(stranger.refresh)), "refresh invalid");
    EXPECT_EQ(field_error_of(log_out("nonsense")), "refresh invalid");
    EXPECT_EQ(refusal_of(one.access), "");
    EXPECT_TRUE(log_out(other.refresh));
    EXPECT_EQ(refusal_of(one.access), "session_ended");
    EXPECT_NE(refusal_of(other.access), "");
    EXPECT_TRUE(refresh(stranger.refresh));
}

TEST_F(Sessions, are_listed_newest_first_and_ended_one_by_one)
{
    auto const one = new_session();
    auto const two = new_session();
    auto const three = new_session();
    sign_up("+12025550199").value();
    auto const stranger = new_session("+12025550199");
    auto const me = identity_of(two);

    auto const all = run(accounts().sessions().list(me, {}, 50)).value();
    ASSERT_EQ(all.sessions.size(), 3u);
    EXPECT_FALSE(all.next);
    EXPECT_EQ(all.sessions[0].id, identity_of(three).session);
    EXPECT_FALSE(all.sessions[0].current);
    EXPECT_TRUE(all.sessions[1].current);
    EXPECT_EQ(all.sessions[1].ip, "192.0.2.7");
    EXPECT_EQ(all.sessions[1].user_agent, "test");

    auto const first = run(accounts().sessions().list(me, {}, 2)).value();
    ASSERT_EQ(first.sessions.size(), 2u);
    ASSERT_TRUE(first.next);
    auto const rest = run(accounts().sessions().list(me, first.next, 2)).value();
    ASSERT_EQ(rest.sessions.size(), 1u);
    EXPECT_EQ(rest.sessions[0].id, identity_of(one).session);
    EXPECT_FALSE(rest.next);
    for (auto cursor : {"x", "!", "MA", "LTE", ""})
        EXPECT_EQ(error_of(run(accounts().sessions().list(me, cursor, 2))), "invalid_cursor") << cursor;

    auto end = [&](SessionId session) { return run(accounts().sessions().end(me.user, session)); };
    EXPECT_EQ(error_of(end(identity_of(stranger).session)), "session_not_found");
    EXPECT_EQ(error_of(end(SessionId{999})), "session_not_found");
    EXPECT_TRUE(end(identity_of(one).session));
    EXPECT_EQ(error_of(end(identity_of(one).session)), "session_not_found");
    EXPECT_EQ(refusal_of(one.access), "session_ended");
    EXPECT_EQ(refusal_of(stranger.access), "");
    EXPECT_EQ(run(accounts().sessions().list(me, {}, 50)).value().sessions.size(), 2u);
}

TEST_F(Sessions, tell_their_end_to_the_users_other_tabs)
{
    auto const login = new_session();
    auto const identity = identity_of(login);
    auto const until = Steady::now() + 10s;
    auto const start = run(notices.read(identity.user, "", Steady::now())).last_id;
    run(accounts().sessions().log_out(identity, LogoutScope::this_session, {})).value();
    auto const batch = run(notices.read(identity.user, start, until));
    ASSERT_EQ(batch.notices.size(), 1u);
    EXPECT_EQ(batch.notices[0].name, "session_ended");
    EXPECT_EQ(batch.notices[0].json, "{\"session\":" + std::to_string(identity.session.value) + "}");
}

TEST_F(Sessions, ended_elsewhere_are_refused_after_the_next_poll)
{
    auto const login = new_session();
    AccountsService other_node(temp.database(), notices, temp.clock(), options());
    auto const authenticate = other_node.authenticator();
    run(other_node.poll_ended_sessions());
    EXPECT_TRUE(authenticate(login.access));
    run(accounts().sessions().log_out(identity_of(login), LogoutScope::this_session, {})).value();
    EXPECT_TRUE(authenticate(login.access));
    advance(2s);
    run(other_node.poll_ended_sessions());
    EXPECT_EQ(authenticate(login.access).error().code(), "session_ended");
}

TEST_F(Sessions, ended_before_a_start_are_refused_after_it)
{
    auto const login = new_session();
    run(accounts().sessions().log_out(identity_of(login), LogoutScope::this_session, {})).value();
    advance(5min);
    AccountsService restarted(temp.database(), notices, temp.clock(), options());
    run(restarted.poll_ended_sessions());
    EXPECT_EQ(restarted.authenticator()(login.access).error().code(), "session_ended");
}

TEST_F(Sessions, that_ended_are_forgotten_once_their_access_tokens_have_expired)
{
    auto const login = new_session();
    run(accounts().sessions().log_out(identity_of(login), LogoutScope::this_session, {})).value();
    EndedSessions ended(temp.database(), 15min);
    run(ended.poll(temp.clock().now()));
    EXPECT_EQ(ended.size(), 1u);
    EXPECT_TRUE(ended.contains(identity_of(login).session));
    advance(15min);
    run(ended.poll(temp.clock().now()));
    EXPECT_EQ(ended.size(), 1u);
    advance(2min);
    run(ended.poll(temp.clock().now()));
    EXPECT_EQ(ended.size(), 0u);
    temp.clock().set(test::FakeClock::start() + 2min); // The clock was set back: what matters again is known again.
    run(ended.poll(temp.clock().now()));
    EXPECT_EQ(ended.size(), 1u);
}

} // namespace
} // namespace pollux::accounts
