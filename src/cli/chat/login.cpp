#include "cli/chat/login.hpp"

#include "base/secrets.hpp"
#include "cli/chat/waiting_line.hpp"

namespace pollux::cli {
namespace {

constexpr std::string_view developing_mobile = "+11234567890";
constexpr std::string_view developing_code = "123456";
constexpr int code_tries_max = 3;

Call post(std::string path, std::string body)
{
    return {"POST", std::move(path), std::move(body), {}, Auth::none};
}

Call ask_for_code(std::string_view mobile)
{
    return post("/auth/send-otp/", json_object({{"mobile", mobile}, {"purpose", "login"}}));
}

Call give_code(std::string_view mobile, std::string_view code, std::string_view challenge)
{
    if (challenge.empty()) return post("/auth/verify-otp/", json_object({{"mobile", mobile}, {"code", code}, {"purpose", "login"}}));
    return post("/auth/verify-otp/", json_object({{"mobile", mobile}, {"code", code}, {"purpose", "login"}, {"challenge", challenge}}));
}

// The password is never used: this client logs in by code.
Call sign_up(std::string_view mobile)
{
    return post("/auth/signup/", json_object({{"mobile", mobile}, {"password", random_token()}}));
}

void keep(ApiClient& api, Answer const& answer, std::string_view mobile)
{
    api.keep_tokens({text_in(answer.body, "access"), text_in(answer.body, "refresh"), std::string(mobile)});
}

// The server may be starting: a login is worth some patience.
asio::awaitable<Answer> patiently(ApiClient& api, Call call, Tell tell)
{
    WaitingLine const waiting(co_await asio::this_coro::executor, std::move(tell),
                              "No server answers at " + api.base_url() + " yet; waiting for it ...");
    for (int attempt = 0;; ++attempt) {
        Answer answer = co_await api.call(call);
        if (answer.status != 0 || attempt == 6) co_return answer;
        co_await pause(backoff(attempt));
    }
}

} // namespace

asio::awaitable<bool> log_in_for_developing(ApiClient& api, Tell tell)
{
    Answer sent = co_await patiently(api, ask_for_code(developing_mobile), tell);
    if (sent.status == 404) {
        Answer const signed_up = co_await api.call(sign_up(developing_mobile));
        if (!signed_up.is_ok() && signed_up.status != 409) co_return false;
        sent = co_await api.call(ask_for_code(developing_mobile));
    }
    if (sent.status == 0) throw ChatFailure(sent.problem() + " Start it with ./run, or name another with --url.");
    // Within the minute between two codes the last one still holds, if it was not used.
    if (!sent.is_ok() && sent.status != 429) co_return false;
    std::string shown = text_in(sent.body, "otp");
    std::string code = shown.empty() ? std::string(developing_code) : shown;
    Answer verified = co_await api.call(give_code(developing_mobile, code, text_in(sent.body, "challenge")));
    if (!verified.is_ok() && sent.status == 429 && sent.retry_after <= std::chrono::seconds(60)) {
        tell("The code of this number was used a moment ago; the next one can be asked for in " + std::to_string(sent.retry_after.count()) +
             " s ...");
        co_await pause(std::chrono::milliseconds(sent.retry_after) + std::chrono::milliseconds(200));
        sent = co_await api.call(ask_for_code(developing_mobile));
        shown = text_in(sent.body, "otp");
        if (!shown.empty()) code = shown;
        verified = co_await api.call(give_code(developing_mobile, code, text_in(sent.body, "challenge")));
    }
    if (!verified.is_ok()) co_return false;
    keep(api, verified, developing_mobile);
    co_return true;
}

asio::awaitable<void> log_in_by_asking(ApiClient& api, Ask ask, Tell tell, std::string mobile)
{
    if (mobile.empty()) mobile = (co_await ask("Mobile number: ")).value_or("");
    if (mobile.empty()) throw ChatFailure("Nobody is logged in, and no number was given.");
    Answer sent = co_await patiently(api, ask_for_code(mobile), tell);
    if (sent.code() == "no_account") {
        std::string const wish = (co_await ask("There is no account with this number. Sign up? [y/N] ")).value_or("");
        if (wish != "y" && wish != "Y" && wish != "yes") throw ChatFailure("Then there is nobody to chat as.");
        Answer const signed_up = co_await api.call(sign_up(mobile));
        if (!signed_up.is_ok()) throw ChatFailure(signed_up.problem());
        sent = co_await api.call(ask_for_code(mobile));
    }
    if (!sent.is_ok()) throw ChatFailure(sent.problem());
    std::string const shown = text_in(sent.body, "otp");
    if (!shown.empty()) tell("The server is in debug; the code is " + shown + ".");
    for (int attempt = 0; attempt < code_tries_max; ++attempt) {
        std::string const code = (co_await ask("Code: ")).value_or("");
        if (code.empty()) break;
        Answer const verified = co_await api.call(give_code(mobile, code, text_in(sent.body, "challenge")));
        if (verified.is_ok()) co_return keep(api, verified, mobile);
        tell(verified.problem());
    }
    throw ChatFailure("Not logged in.");
}

} // namespace pollux::cli
