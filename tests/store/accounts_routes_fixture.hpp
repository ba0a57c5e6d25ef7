// The routes of the accounts room, called as the HTTP session calls them, without a socket.
#pragma once

#include "accounts/accounts_routes.hpp"
#include "http/error_response.hpp"
#include "http/gate.hpp"
#include "http/header_fields.hpp"
#include "store/accounts_fixture.hpp"

#include <map>

namespace pollux::accounts {

struct Answer {
    int status = 0;
    std::string text;     // The body; of an error its code, then field and code of each wrong field.
    std::string cookie{}; // What Set-Cookie says.

    // The text member `name` of a JSON body; fails the test when it is not there.
    std::string member(std::string const& name) const
    {
        auto const key = "\"" + name + "\":\"";
        auto const at = text.find(key);
        if (at == std::string::npos) throw std::runtime_error("no " + name + " in " + text);
        auto const begin = at + key.size();
        return text.substr(begin, text.find('"', begin) - begin);
    }
};

inline asio::awaitable<Result<http::Response>> handle(http::Route const& route, http::Request const& request)
{
    co_return co_await route.handler(request);
}

class AccountsRoutesTest : public AccountsTest {
protected:
    void SetUp() override { add_accounts_routes(router, accounts()); }

    AccountsOptions options() const override
    {
        auto options = AccountsTest::options();
        options.debug = DebugMode::on;
        options.test_numbers = {{"+11234567890", "123456", {}}};
        return options;
    }

    Answer call(std::string_view method, std::string_view path_and_query, std::string_view body = "")
    {
        boost::beast::http::fields beast_fields;
        if (!bearer.empty()) beast_fields.set("Authorization", "Bearer " + bearer);
        beast_fields.set("User-Agent", user_agent);
        for (auto const& [name, value] : headers) beast_fields.set(name, value);
        http::HeaderFields const fields(beast_fields);
        auto const question = std::min(path_and_query.find('?'), path_and_query.size());
        http::Request request;
        request.method = method;
        request.path = path_and_query.substr(0, question);
        request.query = path_and_query.substr(std::min(question + 1, path_and_query.size()));
        request.parameters = *http::parse_query(request.query);
        request.body = body;
        request.peer = {"192.0.2.7", "192.0.2.7", "192.0.2.0/24"};
        request.same_origin = same_origin;
        request.known_origin = same_origin || known_origin;
        request.deadline = Steady::now() + 10s;
        request.fields = &fields;
        auto const found = router.find(method, request.path);
        if (!found.route) return {found.allow.empty() ? 404 : 405, ""};
        request.path_parameters = found.parameters;
        request.own_page = found.route->options.knows_cookies && http::is_own_page(request, {.own_origin = "https://chat.example.com"});
        auto identity = accounts().authenticator()(bearer);
        if (identity) request.identity = *identity;
        if (!identity && found.route->options.access == http::Access::user) return {401, identity.error().code()};
        auto response = run(handle(*found.route, request));
        if (response) {
            Answer answer{response->status, std::string(response->bytes())};
            for (auto const& [name, value] : response->headers) answer.cookie += name == "Set-Cookie" ? value : "";
            return answer;
        }
        Error const error = response.error();
        Answer answer{http::status_of(error), error.code()};
        for (auto const& field : error.fields()) answer.text += " " + field.field + ":" + field.code;
        return answer;
    }

    // Logs in as the original's tour does.
    void log_in_as_in_the_tour()
    {
        ASSERT_EQ(call("POST", "/auth/signup/", R"({"mobile":"1234567890","password":"testpass123"})").status, 201);
        ASSERT_EQ(call("POST", "/auth/send-otp/", R"({"mobile":"1234567890","purpose":"login"})").status, 200);
        auto const login = call("POST", "/auth/verify-otp/", R"({"mobile":"1234567890","code":"123456","purpose":"login"})");
        ASSERT_EQ(login.status, 200) << login.text;
        bearer = login.member("access");
        refresh_token = login.member("refresh");
        advance(61s);
    }

    http::Router router;
    std::string bearer;
    std::string refresh_token;
    std::string user_agent = "curl/7.88";
    bool same_origin = true;
    bool known_origin = false; // Besides.
    std::map<std::string, std::string> headers;
};

} // namespace pollux::accounts
