// The routes of the accounts room: forms of requests and of answers.
#include "store/accounts_routes_fixture.hpp"

namespace pollux::accounts {
namespace {

class Routes : public AccountsRoutesTest {};

TEST_F(Routes, serve_the_tour_of_the_brief)
{
    auto const user = call("POST", "/auth/signup/", R"({"mobile":"1234567890","password":"testpass123"})");
    EXPECT_EQ(user.status, 201);
    auto const token = user.member("signup_token");
    EXPECT_EQ(token.size(), 43u);
    EXPECT_EQ(user.text, R"({"id":1,"mobile":"+11234567890","name":null,"email":null,"tier":"basic","is_verified":false,"is_admin":false,)"
                         R"("date_joined":"2026-03-01T12:00:00.000000Z","signup_token":")" +
                             token + "\"}");

    auto const sent = call("POST", "/auth/send-otp/", R"({"mobile":"1234567890","purpose":"login"})");
    EXPECT_EQ(sent.status, 200);
    EXPECT_EQ(sent.member("otp"), "123456");
    EXPECT_EQ(sent.member("challenge").size(), 43u);

    auto const login = call("POST", "/auth/verify-otp/", R"({"mobile":"1234567890","code":"123456","purpose":"login"})");
    EXPECT_EQ(login.status, 200);
    EXPECT_EQ(login.member("token_type"), "Bearer");
    EXPECT_NE(login.text.find(R"("expires_in":900)"), std::string::npos);
    EXPECT_EQ(login.text.find("reset_token"), std::string::npos);
    EXPECT_EQ(login.text.find("confirmed_until"), std::string::npos);

    bearer = login.member("access");
    auto const me = call("GET", "/user/me/");
    EXPECT_EQ(me.status, 200);
    EXPECT_NE(login.text.find("\"user\":" + me.text), std::string::npos);
    EXPECT_EQ(call("GET", "/auth/me").text, me.text);

    auto const refreshed = call("POST", "/auth/token/refresh/", R"({"refresh":")" + login.member("refresh") + "\"}");
    EXPECT_EQ(refreshed.status, 200);
    EXPECT_EQ(refreshed.text,
              R"({"access":")" + refreshed.member("access") + R"(","refresh":")" + refreshed.member("refresh") + R"(","expires_in":900})");
}

TEST_F(Routes, refuse_bad_input_by_field)
{
    log_in_as_in_the_tour();
    struct Case {
        std::string_view method;
        std::string_view path;
        std::string_view body;
        int status;
        std::string_view text;
    };
    Case const cases[] = {
        {"POST", "/auth/signup/", "", 400, ""},
        {"POST", "/auth/signup/", "{", 400, ""},
        {"POST", "/auth/signup/", R"({"mobile":"1","mobile":"2","password":"testpass123"})", 400, ""},
        {"POST", "/auth/signup/", R"({"password":"testpass123"})", 422, "mobile"},
        {"POST", "/auth/signup/", R"({"mobile":"123","password":"testpass123"})", 422, "mobile:too_short"},
        {"POST", "/auth/signup/", R"({"mobile":"12345abcde","password":"testpass123"})", 422, "mobile:invalid"},
        {"POST", "/auth/signup/", R"({"mobile":1234567890,"password":"testpass123"})", 422, "mobile"},
        {"POST", "/auth/signup/", R"({"mobile":"2025550100","password":"short"})", 422, "password"},
        {"POST", "/auth/signup/", R"({"mobile":"2025550100","password":"password1"})", 422, "password:too_common"},
        {"POST", "/auth/signup/", R"({"mobile":"2025550100","password":"testpass123","email":"nobody"})", 422, "email:invalid"},
        {"POST", "/auth/signup/", R"({"mobile":"2025550100","password":"testpass123","is_admin":true})", 422, "is_admin"},
        {"POST", "/auth/signup/", R"({"mobile":"1234567890","password":"testpass123"})", 409, "mobile_taken"},
        {"POST", "/auth/send-otp/", R"({"mobile":"2025550111","purpose":"login"})", 404, "no_account"},
        {"POST", "/auth/send-otp/", R"({"mobile":"1234567890","purpose":"admin"})", 422, "purpose"},
        {"POST", "/auth/verify-otp/", R"({"mobile":"1234567890","code":"12345","purpose":"login"})", 422, "code:invalid"},
        {"POST", "/auth/verify-otp/", R"({"mobile":"1234567890","code":123456,"purpose":"login"})", 422, "code"},
        {"POST", "/auth/verify-otp/", R"({"mobile":"1234567890","code":"000000","purpose":"login"})", 400, "invalid_code"},
        {"POST", "/auth/verify-otp/", R"({"mobile":"1234567890","code":"000000","purpose":"forgot","password":"x"})", 422,
         "password:not_allowed"},
        {"POST", "/auth/login/", R"({"mobile":"1234567890","password":"wrong"})", 401, "wrong_credentials"},
        {"POST", "/auth/token/refresh/", R"({"refresh":"nonsense"})", 401, "refresh_invalid"},
        {"POST", "/auth/token/refresh/", R"({})", 422, "refresh"},
        {"POST", "/auth/reset-password/", R"({"reset_token":"x","new_password":"a new password"})", 400, "invalid_reset_token"},
        {"POST", "/auth/reset-password/", R"({"reset_token":"x","new_password":"short"})", 422, "new_password"},
        {"POST", "/auth/change-password/", R"({"old_password":"x","new_password":"a new password"})", 403, "wrong_password"},
        {"GET", "/auth/sessions/?limit=0", "", 422, "limit"},
        {"GET", "/auth/sessions/?limit=101", "", 422, "limit"},
        {"GET", "/auth/sessions/?limit=-1", "", 422, "limit"},
        {"GET", "/auth/sessions/?cursor=junk", "", 400, "invalid_cursor"},
        {"DELETE", "/auth/sessions/0/", "", 404, "session_not_found"},
        {"DELETE", "/auth/sessions/-1/", "", 404, "session_not_found"},
        {"DELETE", "/auth/sessions/x/", "", 404, "session_not_found"},
        {"DELETE", "/auth/sessions/1000000000000000000000000000000/", "", 404, "session_not_found"},
        {"DELETE", "/auth/sessions/99/", "", 404, "session_not_found"},
        {"PATCH", "/user/me/", R"({"tier":"pro"})", 422, "tier"},
        {"PATCH", "/user/me/", R"({"is_admin":true})", 422, "is_admin"},
        {"PATCH", "/user/me/", R"({"mobile":"+12025550111"})", 422, "mobile"},
        {"PATCH", "/user/me/", R"({"custom_instructions":7})", 422, "custom_instructions"},
        {"DELETE", "/user/me/", "", 403, "confirmation_required"},
        {"DELETE", "/user/me/", R"({"password":"testpass123"})", 403, "confirmation_required"},
        {"DELETE", "/user/me/", R"({"password":7})", 422, "password"},
        {"POST", "/auth/logout/", R"({"all":"yes"})", 422, "all"},
        {"POST", "/auth/logout/", R"({"refresh":"nonsense"})", 422, "refresh:invalid"},
    };
    for (auto const& one : cases) {
        auto const answer = call(one.method, one.path, one.body);
        EXPECT_EQ(answer.status, one.status) << one.path << " " << one.body << " " << answer.text;
        EXPECT_NE(answer.text.find(one.text), std::string::npos) << one.path << " " << one.body << " " << answer.text;
    }
    EXPECT_EQ(call("GET", "/user/me/").status, 200); // Still logged in after all this.
}

TEST_F(Routes, ask_for_a_token_where_somebody_is_meant)
{
    for (auto path : {"/user/me/", "/auth/me/", "/auth/sessions/"}) EXPECT_EQ(call("GET", path).status, 401) << path;
    EXPECT_EQ(call("POST", "/auth/logout/").status, 401);
    EXPECT_EQ(call("POST", "/auth/change-password/", "{}").status, 401);
    EXPECT_EQ(call("DELETE", "/user/me/").status, 401);
    EXPECT_EQ(call("POST", "/auth/send-otp/", R"({"mobile":"1234567890","purpose":"confirm"})").text, "token_missing");
    EXPECT_EQ(call("POST", "/auth/verify-otp/", R"({"mobile":"1234567890","code":"123456","purpose":"confirm"})").text, "token_missing");
    log_in_as_in_the_tour();
    bearer = refresh_token; // The wrong kind.
    EXPECT_EQ(call("GET", "/user/me/").status, 401);
}

TEST_F(Routes, change_the_profile)
{
    log_in_as_in_the_tour();
    auto const changed = call("PATCH", "/user/me/", R"({"name":"Leda","email":"leda@sparta.example","custom_instructions":"In verse."})");
    EXPECT_EQ(changed.status, 200);
    EXPECT_EQ(changed.member("name"), "Leda");
    EXPECT_EQ(changed.member("custom_instructions"), "In verse.");
    EXPECT_EQ(call("GET", "/user/me/").member("custom_instructions"), "In verse.");
    EXPECT_NE(call("PATCH", "/auth/me/", R"({"name":null})").text.find(R"("name":null,"email":"leda)"), std::string::npos);
    EXPECT_EQ(run(accounts().user_brief(UserId{1}))->custom_instructions, "In verse.");
    EXPECT_EQ(call("PATCH", "/user/me/", R"({"custom_instructions":""})").member("custom_instructions"), "");
    EXPECT_EQ(run(accounts().user_brief(UserId{1}))->custom_instructions, "");
}

TEST_F(Routes, list_and_end_sessions)
{
    user_agent = std::string(300, 'x');
    log_in_as_in_the_tour();
    auto const list = call("GET", "/auth/sessions/?limit=100");
    EXPECT_EQ(list.status, 200);
    EXPECT_EQ(list.text, R"({"results":[{"id":1,"created_at":"2026-03-01T12:00:00.000000Z","last_used_at":"2026-03-01T12:00:00.000000Z",)"
                         R"("ip":"192.0.2.7","user_agent":")" +
                             std::string(200, 'x') + R"(","current":true}],"next":null})");
    EXPECT_EQ(call("DELETE", "/auth/sessions/1/").status, 204);
    auto const after = call("GET", "/auth/sessions/");
    EXPECT_EQ(after.status, 401);
    EXPECT_EQ(after.text, "session_ended");
}

TEST_F(Routes, log_out_without_a_body)
{
    log_in_as_in_the_tour();
    EXPECT_EQ(call("POST", "/auth/logout/").status, 204);
    EXPECT_EQ(call("GET", "/user/me/").text, "session_ended");
    bearer.clear();
    EXPECT_EQ(call("POST", "/auth/token/refresh/", R"({"refresh":")" + refresh_token + "\"}").text, "session_ended");
}

TEST_F(Routes, reset_a_password_that_was_forgotten)
{
    log_in_as_in_the_tour();
    auto const session = bearer;
    bearer.clear();
    EXPECT_EQ(call("POST", "/auth/forgot-password/", R"({"mobile":"1234567890"})").status, 200);
    auto const verified = call("POST", "/auth/verify-otp/", R"({"mobile":"1234567890","code":"123456","purpose":"forgot"})");
    EXPECT_EQ(verified.status, 200);
    auto const token = verified.member("reset_token");
    EXPECT_EQ(verified.text, R"({"expires_in":600,"reset_token":")" + token + "\"}");
    EXPECT_EQ(call("POST", "/auth/reset-password/", R"({"reset_token":")" + token + R"(","new_password":"a new password"})").status, 204);
    bearer = session;
    EXPECT_EQ(call("GET", "/user/me/").text, "session_ended");
    auto const login = call("POST", "/auth/login/", R"({"mobile":"1234567890","password":"a new password"})");
    EXPECT_EQ(login.status, 200);
    bearer = login.member("access");
    EXPECT_EQ(call("POST", "/auth/change-password/", R"({"old_password":"a new password","new_password":"a newer password"})").status, 204);
    EXPECT_EQ(call("DELETE", "/user/me/", R"({"password":"a newer password"})").status, 204);
    EXPECT_EQ(call("GET", "/user/me/").status, 401);
}

TEST_F(Routes, confirm_a_session_and_delete_its_user)
{
    log_in_as_in_the_tour();
    EXPECT_EQ(call("POST", "/auth/send-otp/", R"({"mobile":"1234567890","purpose":"confirm"})").status, 200);
    auto const confirmed = call("POST", "/auth/verify-otp/", R"({"mobile":"1234567890","code":"123456","purpose":"confirm"})");
    EXPECT_EQ(confirmed.status, 200);
    EXPECT_EQ(confirmed.text, R"({"confirmed_until":"2026-03-01T12:31:01.000000Z"})");
    EXPECT_EQ(call("DELETE", "/auth/me/").status, 204);
    EXPECT_EQ(count("select count(*) from users where mobile not like 'gone:%'"), 0);
}

TEST_F(Routes, show_no_code_to_foreign_pages)
{
    ASSERT_EQ(call("POST", "/auth/signup/", R"({"mobile":"1234567890","password":"testpass123"})").status, 201);
    same_origin = false;
    auto const sent = call("POST", "/auth/send-otp/", R"({"mobile":"1234567890","purpose":"login"})");
    EXPECT_EQ(sent.status, 200);
    EXPECT_EQ(sent.text.find("otp"), std::string::npos);
}

TEST_F(Routes, let_no_foreign_page_in_by_a_fixed_code)
{
    std::string const send = R"({"mobile":"1234567890","purpose":"login"})";
    std::string const verify = R"({"mobile":"1234567890","code":"123456","purpose":"login"})";
    ASSERT_EQ(call("POST", "/auth/signup/", R"({"mobile":"1234567890","password":"testpass123"})").status, 201);
    same_origin = false;
    ASSERT_EQ(call("POST", "/auth/send-otp/", send).status, 200);
    EXPECT_EQ(call("POST", "/auth/verify-otp/", verify).text, "foreign_origin");
    same_origin = true;
    EXPECT_EQ(call("POST", "/auth/verify-otp/", verify).text, "invalid_code"); // It was a random one that was sent.

    advance(61s);
    ASSERT_EQ(call("POST", "/auth/send-otp/", send).status, 200); // By the developer,
    same_origin = false;
    EXPECT_EQ(call("POST", "/auth/verify-otp/", verify).text, "foreign_origin"); // and a page that watched for it.
    known_origin = true;
    EXPECT_EQ(call("POST", "/auth/verify-otp/", verify).status, 200);
}

TEST_F(Routes, count_a_sign_up_that_is_proven_by_its_token)
{
    auto const own = call("POST", "/auth/signup/", R"({"mobile":"2025550100","password":"testpass123","name":"Leda"})");
    ASSERT_EQ(own.status, 201);
    auto const sent = call("POST", "/auth/send-otp/", R"({"mobile":"2025550100","purpose":"signup"})");
    auto const guess = R"({"mobile":"2025550100","purpose":"signup","code":")" + sent.member("otp") + R"(","signup_token":")" +
                       own.member("signup_token") + "\"}";
    auto const login = call("POST", "/auth/verify-otp/", guess);
    EXPECT_EQ(login.status, 200);
    EXPECT_EQ(login.member("name"), "Leda");
    auto const reset = R"({"mobile":"2025550100","purpose":"forgot","code":"123456","signup_token":"x"})";
    EXPECT_EQ(call("POST", "/auth/verify-otp/", reset).text, "invalid_input signup_token:not_allowed");
}

TEST_F(Routes, log_in_by_a_link)
{
    auto const token = run(accounts().create_superuser("+12025550100", {})).value().link_token;
    auto const login = call("POST", "/auth/link/", R"({"token":")" + token + "\"}");
    EXPECT_EQ(login.status, 200);
    bearer = login.member("access");
    EXPECT_NE(call("GET", "/user/me/").text.find(R"("is_admin":true)"), std::string::npos);
    EXPECT_EQ(call("POST", "/auth/link/", R"({"token":")" + token + "\"}").text, "invalid_link");
    EXPECT_EQ(call("POST", "/auth/link/", R"({"token":"nonsense"})").text, "invalid_link");
    EXPECT_EQ(call("POST", "/auth/link/", "{}").status, 422);
}

TEST_F(Routes, take_an_expired_token_as_the_sign_of_a_known_device)
{
    std::string const send = R"({"mobile":"2025550133","purpose":"login"})"; // No test number: those have no limits in debug.
    ASSERT_EQ(call("POST", "/auth/signup/", R"({"mobile":"2025550133","password":"testpass123"})").status, 201);
    auto const code = call("POST", "/auth/send-otp/", send).member("otp");
    auto const login = call("POST", "/auth/verify-otp/", R"({"mobile":"2025550133","purpose":"login","code":")" + code + "\"}");
    ASSERT_EQ(login.status, 200) << login.text;
    auto const old_token = login.member("access");
    advance(30 * 24h); // Long expired.
    bearer.clear();
    auto send_often = [&](int count_max) {
        int sent = 0;
        for (int index = 0; index < count_max; ++index) {
            sent += call("POST", "/auth/send-otp/", send).status == 200 ? 1 : 0;
            advance(61min); // The hour's limit is not what is tested here.
        }
        return sent;
    };
    EXPECT_EQ(send_often(7), 5);
    bearer = old_token;
    EXPECT_EQ(send_often(7), 5);
}

} // namespace
} // namespace pollux::accounts
