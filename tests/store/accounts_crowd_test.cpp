// A carrier's phones behind one address, through HTTP: a stranger among them who does nothing but ask shuts nobody out.
#include "accounts/accounts_routes.hpp"
#include "http/server.hpp"
#include "limits/memory_rate_limiter.hpp"
#include "store/texts_fixture.hpp"
#include "support/raw_client.hpp"

namespace pollux::accounts {
namespace {

using test::RawAnswer;
using test::RawClient;

constexpr auto carrier = "198.51.100.7";

class PhoneCrowd : public TextsTest {
protected:
    void SetUp() override
    {
        add_accounts_routes(router_, accounts());
        http::ServerOptions options;
        options.allowed_hosts = {"localhost"};
        options.trusted_proxies.networks = http::Networks({"127.0.0.0/8"});
        options.rate_rules = limits::built_in_rate_rules();
        options.issued_to = [this](std::string_view token) { return accounts().issued_to(token); };
        server_ = std::make_unique<http::Server>(runtime_, router_, limiter_, accounts().authenticator(), std::move(options));
        runtime_.start();
        server_->listen();
    }

    void TearDown() override
    {
        server_->stop_accepting();
        EXPECT_TRUE(server_->drain(10s));
        runtime_.stop();
    }

    void tune(AccountsOptions& options) const override { options.password_login = PasswordLogin::disabled; }

    RawAnswer post(std::string const& path, std::string const& body, std::string const& token, std::string const& from)
    {
        auto const authorization = token.empty() ? "" : "Authorization: Bearer " + token + "\r\n";
        return RawClient(server_->port())
            .ask("POST " + path + " HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: " + from + "\r\n" + authorization +
                 "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    }

    // As a client does who shows nothing and is told when to come again, a few times. Who shows a token is let in at once.
    RawAnswer post_patiently(std::string const& path, std::string const& body, std::string const& token, std::string const& from)
    {
        constexpr int tries_max = 5;
        auto answer = post(path, body, token, from);
        for (int tries = 1; token.empty() && answer.status == 429 && tries < tries_max; ++tries) {
            advance(std::chrono::seconds(std::stoi(answer.header("retry-after"))));
            answer = post(path, body, token, from);
        }
        return answer;
    }

    static std::string member(RawAnswer const& answer, std::string const& name)
    {
        auto const key = "\"" + name + "\":\"";
        auto const at = answer.body.find(key);
        if (at == std::string::npos) return "";
        auto const begin = at + key.size();
        return answer.body.substr(begin, answer.body.find('"', begin) - begin);
    }

    // From the sign-up's row to the tokens, by a code that came as a text. The access token; empty: it is shut out.
    std::string gets_in(std::string const& number, std::string const& token, std::string const& from)
    {
        auto const body = R"({"mobile":")" + number + R"(","purpose":"login")";
        auto const before = texts();
        auto const sent = post_patiently("/auth/send-otp/", body + "}", token, from);
        run_tasks();
        if (sent.status != 200 || texts() != before + 1) return "";
        auto const typed = body + R"(,"code":")" + member(sent, "otp") + R"("})";
        return member(post_patiently("/auth/verify-otp/", typed, token, from), "access");
    }

    static std::string strange_number(int index) { return "+1" + std::to_string(2'052'000'000LL + index * 10'007LL); }

    void sign_up_number(std::string const& number)
    {
        static constexpr db::Sql sql = "insert into users (mobile, is_verified, date_joined) values ($1, 0, now_us())";
        run(temp.database().write(sql, number));
    }

    // All that the address may ask of the server now, and then some.
    void flood(std::string const& path, std::function<std::string()> const& next_body)
    {
        while (post(path, next_body(), "", carrier).body.find("\"rate_limited\"") == std::string::npos) ++flooded;
    }

    int flooded = 0;

private:
    net::Runtime runtime_{1};
    http::Router router_;
    limits::MemoryRateLimiter limiter_{{}, [this] { return Steady::time_point(temp.clock().now().time_since_epoch()); }};
    std::unique_ptr<http::Server> server_;
};

// The worst of strangers: everything that is to be had at the address, by numbers that are not there and by guesses, is spent all the time.
// Who had a session does not notice. Who had none is not to be told from the stranger.
TEST_F(PhoneCrowd, with_a_session_gets_in_beside_somebody_who_spends_all_that_the_address_has)
{
    constexpr int phones = 150;
    std::vector<std::string> tokens;
    for (int index = 0; index < phones; ++index) {
        sign_up_number(number(index));
        tokens.push_back(gets_in(number(index), "", address(1 + index).address));
        ASSERT_FALSE(tokens.back().empty()) << index;
        advance(10s);
    }
    advance(2h); // The tokens have long expired.
    int strange = 0;
    int in = 0;
    for (int index = 0; index < phones; ++index) {
        if (index % 3 == 0) { // Before three phones that come at once.
            advance(72s);
            flood("/auth/send-otp/", [&] { return R"({"mobile":")" + strange_number(++strange) + R"(","purpose":"login"})"; });
            flood("/auth/verify-otp/",
                  [&] { return R"({"mobile":")" + strange_number(strange) + R"(","purpose":"login","code":"000000"})"; });
            run_tasks();
        }
        if (!gets_in(number(index), tokens[static_cast<std::size_t>(index)], carrier).empty()) ++in;
    }
    EXPECT_EQ(in, phones);
    EXPECT_GT(flooded, 500);
    sign_up_number(number(300));
    sign_up_number(number(301));
    EXPECT_EQ(gets_in(number(300), "", carrier), "");        // Or nothing was spent.
    EXPECT_EQ(gets_in(number(301), tokens[0], carrier), ""); // A session of somebody else's makes no device of the account.
}

// A stranger who floods the server with what it refuses (one number, bodies that are none) spends what HTTP has for the address, and none
// of the texts: who comes again when told to gets in, with a session or without.
class FloodedCrowd : public PhoneCrowd {
protected:
    void noise()
    {
        flood("/auth/send-otp/", [] { return R"({"mobile":"+12029999999","purpose":"login"})"; });
        flood("/auth/verify-otp/", [] { return "{}"; });
        run_tasks();
    }
};

TEST_F(FloodedCrowd, of_two_hundred_gets_in_within_an_hour)
{
    if (test::is_left_to_deep_runs()) GTEST_SKIP() << "only with POLLUX_DEEP=1";
    constexpr int known = 150;
    std::vector<std::string> tokens;
    for (int index = 0; index < known; ++index) {
        sign_up_number(number(index));
        tokens.push_back(gets_in(number(index), "", address(1 + index).address));
        ASSERT_FALSE(tokens.back().empty()) << index;
        advance(10s);
    }
    advance(2h);
    auto const begin = temp.clock().now();
    int out = 0;
    for (int index = 0; index < 50; ++index) { // Four phones come at once, after the stranger.
        noise();
        for (int place = 3 * index; place < 3 * index + 3; ++place) {
            if (gets_in(number(place), tokens[static_cast<std::size_t>(place)], carrier).empty()) ++out;
        }
        sign_up_number(number(400 + index));
        if (gets_in(number(400 + index), "", carrier).empty()) ++out;
        auto const next = begin + (index + 1) * 70s;
        if (temp.clock().now() < next) temp.clock().set(next);
    }
    EXPECT_EQ(out, 0);
    EXPECT_LE(temp.clock().now() - begin, 1h);
    EXPECT_GT(flooded, 500);
}

TEST_F(FloodedCrowd, of_two_hundred_new_ones_gets_in_over_four_hours)
{
    if (test::is_left_to_deep_runs()) GTEST_SKIP() << "only with POLLUX_DEEP=1";
    int out = 0;
    auto const begin = temp.clock().now();
    for (int index = 0; index < 200; ++index) {
        noise();
        auto const own = "+1" + std::to_string(2'032'000'000LL + index * 10'007LL);
        sign_up_number(own);
        if (gets_in(own, "", carrier).empty()) ++out;
        auto const next = begin + (index + 1) * 72s;
        if (temp.clock().now() < next) temp.clock().set(next);
    }
    EXPECT_EQ(out, 0);
    EXPECT_LE(temp.clock().now() - begin, 4h);
}

} // namespace
} // namespace pollux::accounts
