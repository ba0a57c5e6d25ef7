// The accounts room on a database of its own, with codes shown in the answers, and short ways to what most tests need.
#pragma once

#include "accounts/accounts_service.hpp"
#include "base/secrets.hpp"
#include "bus/memory_notices.hpp"
#include "support/temp_database.hpp"

#include <gtest/gtest.h>

namespace pollux::accounts {

using namespace std::chrono_literals;

class AccountsTest : public testing::Test {
protected:
    static constexpr auto mobile = "+12025550100";
    static constexpr auto network = "192.0.2.0/24";
    static constexpr auto password = "testpass123";

    AccountsTest() { prepare_secrets(); }

    // As in production, but with the codes in the answers.
    virtual AccountsOptions options() const
    {
        AccountsOptions options;
        options.code_delivery = CodeDelivery::response;
        options.password_login = PasswordLogin::enabled;
        options.password_threads = 2;
        options.secret_key = "a secret key of at least 32 bytes, for tests";
        return options;
    }

    AccountsService& accounts()
    {
        if (!accounts_) accounts_.emplace(temp.database(), notices, temp.clock(), options());
        return *accounts_;
    }

    template <class T>
    T run(asio::awaitable<T> work)
    {
        return temp.run(std::move(work));
    }
    void run(asio::awaitable<void> work) { temp.run(std::move(work)); }

    void advance(std::chrono::microseconds by) { temp.clock().advance(by); }

    Result<SignedUp> sign_up(std::string number = mobile, std::string with_password = password)
    {
        return run(accounts().logins().sign_up({std::move(number), std::move(with_password), {}, {}, {}}));
    }

    SendRequest request(CodePurpose purpose = CodePurpose::login, std::string number = mobile) const
    {
        return {.mobile = std::move(number), .purpose = purpose, .network_prefix = network};
    }

    Result<CodeSent> send(SendRequest sending) { return run(accounts().codes().send(std::move(sending))); }
    Result<CodeSent> send(CodePurpose purpose = CodePurpose::login) { return send(request(purpose)); }

    VerifyRequest verification(std::string code, CodePurpose purpose = CodePurpose::login, std::string number = mobile) const
    {
        return {.mobile = std::move(number), .purpose = purpose, .code = std::move(code), .device = {"192.0.2.7", "test"}};
    }

    Result<LoggedIn> verify(VerifyRequest verifying) { return run(accounts().logins().log_in_by_code(std::move(verifying))); }
    Result<LoggedIn> verify(std::string code) { return verify(verification(std::move(code))); }

    Result<LoggedIn> log_in(std::string with_password)
    {
        return run(accounts().logins().log_in_by_password(mobile, std::move(with_password), {"192.0.2.7", "test"}, guesser));
    }

    // A session by a code, a minute and a bit later, so that the next code may be asked for.
    LoggedIn new_session(std::string number = mobile)
    {
        auto sending = request(CodePurpose::login, number);
        sending.network_prefix = "network " + std::to_string(++networks_);
        if (last_identity_ && number == mobile) sending.device = last_identity_;
        auto const sent = send(std::move(sending));
        if (!sent) throw std::runtime_error(sent.error().code());
        auto login = verify(verification(sent->otp.value.value(), CodePurpose::login, number));
        if (!login) throw std::runtime_error(login.error().code());
        if (number == mobile) last_identity_ = identity_of(*login);
        advance(61s);
        return std::move(*login);
    }

    http::Identity identity_of(LoggedIn const& login) { return accounts().issued_to(login.access).value(); }

    // The code of the error that a bearer token meets now; empty when it is taken.
    std::string refusal_of(std::string const& access)
    {
        auto const identity = accounts().authenticator()(access);
        return identity ? "" : identity.error().code();
    }

    Result<Tokens> refresh(std::string token) { return run(accounts().sessions().refresh(std::move(token), {"192.0.2.8", "test"})); }

    std::int64_t count(db::Sql sql) { return run(temp.database().read(sql)).front().only().integer(); }

    static std::string wrong(std::string code)
    {
        code[0] = code[0] == '9' ? '0' : static_cast<char>(code[0] + 1);
        return code;
    }

    Guesser guesser{{"192.0.2.7", "192.0.2.7", "192.0.2.0/24"}, {}}; // Whoever logs in by password.

    test::TempDatabase temp;
    bus::MemoryNotices notices;

private:
    std::optional<AccountsService> accounts_;
    std::optional<http::Identity> last_identity_;
    int networks_ = 0;
};

template <class T>
std::string error_of(Result<T> const& result)
{
    return result ? "" : result.error().code();
}

template <class T>
std::string field_error_of(Result<T> const& result)
{
    if (result || result.error().fields().empty()) return error_of(result);
    return result.error().fields()[0].field + " " + result.error().fields()[0].code;
}

} // namespace pollux::accounts
