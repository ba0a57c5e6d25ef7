// Pages keep their refresh token in a cookie that no script reads.
#include "store/accounts_routes_fixture.hpp"

namespace pollux::accounts {
namespace {

class PageCookie : public AccountsRoutesTest {
protected:
    void SetUp() override
    {
        AccountsRoutesTest::SetUp();
        headers = {{"X-Pollux-Client", "web"}, {"Host", "chat.example.com"}, {"Origin", "https://chat.example.com"}};
    }

    Answer log_in()
    {
        EXPECT_EQ(call("POST", "/auth/signup/", R"({"mobile":"1234567890","password":"testpass123"})").status, 201);
        EXPECT_EQ(call("POST", "/auth/send-otp/", R"({"mobile":"1234567890","purpose":"login"})").status, 200);
        auto const login = call("POST", "/auth/verify-otp/", R"({"mobile":"1234567890","code":"123456","purpose":"login"})");
        EXPECT_EQ(login.status, 200) << login.text;
        return login;
    }

    // As a browser does.
    void keep(Answer const& answer) { headers["Cookie"] = "theme=dark; " + answer.cookie.substr(0, answer.cookie.find(';')); }

    Answer refresh() { return call("POST", "/auth/token/refresh/", "{}"); }
};

TEST_F(PageCookie, carries_the_refresh_token_and_the_body_does_not)
{
    auto const login = log_in();
    EXPECT_EQ(login.text.find("refresh"), std::string::npos) << login.text;
    EXPECT_TRUE(login.cookie.starts_with("__Host-pollux_refresh=v1.1.1.1.")) << login.cookie;
    EXPECT_TRUE(login.cookie.ends_with("; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=604800")) << login.cookie;

    keep(login);
    auto const refreshed = refresh();
    EXPECT_EQ(refreshed.status, 200) << refreshed.text;
    EXPECT_EQ(refreshed.text, R"({"access":")" + refreshed.member("access") + R"(","expires_in":900})");
    EXPECT_TRUE(refreshed.cookie.starts_with("__Host-pollux_refresh=v1.1.1.2.")) << refreshed.cookie;
    EXPECT_NE(refreshed.member("access"), "");

    keep(refreshed);
    advance(8 * 24h);
    EXPECT_EQ(refresh().text, "refresh_expired");
}

TEST_F(PageCookie, of_plain_http_is_another_one_with_the_port_in_its_name)
{
    headers["Host"] = "localhost:8000";
    headers["Origin"] = "http://localhost:8000";
    auto const login = log_in();
    EXPECT_TRUE(login.cookie.starts_with("pollux_refresh_8000=v1.")) << login.cookie;
    EXPECT_TRUE(login.cookie.ends_with("; Path=/auth; HttpOnly; SameSite=Strict; Max-Age=604800")) << login.cookie;
    keep(login);
    headers["Host"] = "localhost:8001";
    headers["Origin"] = "http://localhost:8001";
    EXPECT_EQ(refresh().text, "refresh_invalid");
    headers["Host"] = "localhost:8000";
    headers["Origin"] = "https://localhost:8000"; // What plain http has set counts for nothing over https.
    EXPECT_EQ(refresh().text, "refresh_invalid");
    headers["Origin"] = "http://localhost:8000";
    EXPECT_EQ(refresh().status, 200);
}

TEST_F(PageCookie, is_named_by_the_page_whatever_host_a_proxy_writes)
{
    headers["Host"] = "127.0.0.1:8001";
    auto const login = log_in();
    EXPECT_TRUE(login.cookie.starts_with("__Host-pollux_refresh=v1.")) << login.cookie;
    keep(login);
    headers["Host"] = "127.0.0.1:8002"; // Another node.
    EXPECT_EQ(refresh().status, 200);
}

TEST_F(PageCookie, is_for_pages_of_this_server_alone)
{
    keep(log_in());
    auto const own = headers;
    for (auto const* origin : {"", "null", "https://evil.example", "https://chat.example.com:8443", "https://evil.chat.example.com"}) {
        headers = own;
        headers["Origin"] = origin;
        if (headers["Origin"].empty()) headers.erase("Origin");
        same_origin = !headers.contains("Origin");
        headers["Host"] = "inside"; // Behind a proxy that writes its own: the public name decides.
        for (auto const& [path, body] :
             std::map<std::string, std::string>{{"/auth/token/refresh/", "{}"},
                                                {"/auth/verify-otp/", R"({"mobile":"1234567890","code":"123456","purpose":"login"})"},
                                                {"/auth/login/", R"({"mobile":"1234567890","password":"testpass123"})"},
                                                {"/auth/link/", R"({"token":"x"})"}}) {
            auto const answer = call("POST", path, body);
            EXPECT_EQ(answer.status, 403) << origin << path << answer.text;
            EXPECT_EQ(answer.text, "foreign_origin") << origin << path;
            EXPECT_EQ(answer.cookie, "") << origin << path;
        }
    }
    same_origin = false;
    headers = own;
    headers["Host"] = "inside";
    EXPECT_EQ(refresh().status, 200);
    headers["Sec-Fetch-Site"] = "cross-site";
    EXPECT_EQ(refresh().text, "foreign_origin");
}

TEST_F(PageCookie, is_read_of_nobody_else)
{
    auto const login = log_in();
    keep(login);
    headers.erase("X-Pollux-Client");
    EXPECT_EQ(refresh().text, "invalid_input refresh:required");
    headers["X-Pollux-Client"] = "app";
    EXPECT_EQ(refresh().text, "invalid_input refresh:required");
    auto const token = login.cookie.substr(login.cookie.find('=') + 1, login.cookie.find(';') - login.cookie.find('=') - 1);
    auto const by_body = call("POST", "/auth/token/refresh/", R"({"refresh":")" + token + "\"}");
    EXPECT_EQ(by_body.status, 200);
    EXPECT_NE(by_body.member("refresh"), "");
    EXPECT_EQ(by_body.cookie, "");

    headers = {{"X-Pollux-Client", "web"}, {"Host", "chat.example.com"}, {"Origin", "https://chat.example.com"}};
    EXPECT_EQ(call("POST", "/auth/token/refresh/", R"({"refresh":")" + token + "\"}").text, "refresh_invalid");
}

TEST_F(PageCookie, ends_with_a_logout)
{
    auto const login = log_in();
    keep(login);
    bearer = login.member("access");
    auto const out = call("POST", "/auth/logout/");
    EXPECT_EQ(out.status, 204);
    EXPECT_EQ(out.cookie, "__Host-pollux_refresh=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0");
    bearer.clear();
    EXPECT_EQ(refresh().text, "session_ended");
}

TEST_F(PageCookie, that_is_not_the_callers_stops_no_logout)
{
    auto const login = log_in();
    bearer = login.member("access");
    headers["Cookie"] = "__Host-pollux_refresh=v1.2.1.1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    EXPECT_EQ(call("POST", "/auth/logout/").status, 204);
    EXPECT_EQ(call("GET", "/user/me/").text, "session_ended");
}

TEST_F(PageCookie, of_who_has_signed_in_meanwhile_outlives_a_logout)
{
    auto const first = log_in();
    auto const link = run(accounts().create_superuser("+12025550100", {})).value().link_token;
    auto const other = call("POST", "/auth/link/", R"({"token":")" + link + "\"}"); // In another tab of the same browser.
    EXPECT_EQ(other.status, 200) << other.text;
    keep(other);
    bearer = first.member("access");
    auto const out = call("POST", "/auth/logout/");
    EXPECT_EQ(out.status, 204);
    EXPECT_EQ(out.cookie, "");
    EXPECT_EQ(call("GET", "/user/me/").text, "session_ended");
    bearer.clear();
    EXPECT_EQ(refresh().status, 200);
}

TEST_F(PageCookie, comes_with_a_password_and_with_a_link_too)
{
    log_in();
    auto const by_password = call("POST", "/auth/login/", R"({"mobile":"1234567890","password":"testpass123"})");
    EXPECT_EQ(by_password.status, 401); // Not proven by its password.
    auto const token = run(accounts().create_superuser("+12025550100", {})).value().link_token;
    auto const by_link = call("POST", "/auth/link/", R"({"token":")" + token + "\"}");
    EXPECT_EQ(by_link.status, 200);
    EXPECT_EQ(by_link.text.find("refresh"), std::string::npos);
    EXPECT_TRUE(by_link.cookie.starts_with("__Host-pollux_refresh=v1.2.")) << by_link.cookie;
}

} // namespace
} // namespace pollux::accounts
