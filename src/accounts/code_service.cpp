#include "accounts/code_service.hpp"

#include "accounts/known_number.hpp"
#include "base/secrets.hpp"

namespace pollux::accounts {
namespace {

constexpr std::chrono::seconds sends_kept = std::chrono::hours(24); // As far back as refuse_send() looks.

asio::awaitable<std::optional<CountedGuess>> guess_unit(db::Transaction& transaction, std::string mobile_key, CodePurpose purpose,
                                                        std::optional<std::string> challenge_hash, Time now)
{
    co_await CodeStore::lock_number(transaction, mobile_key, now);
    co_return co_await CodeStore::count_guess(transaction, mobile_key, purpose, challenge_hash, now);
}

std::string message_of(SendRefusal const& refusal)
{
    if (refusal.code == "otp_cooldown") {
        auto const seconds = std::to_string(refusal.wait.count()) + (refusal.wait.count() == 1 ? " second" : " seconds");
        return "A code was asked for a moment ago; ask for another in " + seconds + ".";
    }
    if (refusal.code == "otp_hourly_limit") return "Too many codes were asked for from this network; try again later.";
    return "No more codes for this number today.";
}

} // namespace

struct CodeService::Sending {
    SendRequest request; // Its number is E.164 now.
    std::string mobile_key;
    std::string prefix_key;
    std::string challenge_hash;
    std::string code;                      // Random.
    std::optional<std::string> fixed_code; // Of a test number.
    Time now;
};

struct CodeService::Sent {
    bool is_known = false;
    std::string code;
    std::chrono::seconds pause = send_spacing; // Until the next code may be asked for.
};

Error invalid_code()
{
    return malformed("invalid_code", "The code is wrong, was used before or has expired.");
}

asio::awaitable<Result<CodeSent>> CodeService::send(SendRequest request)
{
    if (request.purpose == CodePurpose::confirm && !request.identity) {
        co_return unauthenticated("token_missing", "To confirm a session send its access token along.");
    }
    auto mobile = co_await known_number(parts_.users, parts_.options.numbers, request.mobile);
    if (!mobile) co_return mobile.error();
    request.mobile = std::move(*mobile);

    auto const challenge = random_token();
    Sending const sending{.request = request,
                          .mobile_key = parts_.code_keys.mobile_key(request.mobile),
                          .prefix_key = parts_.code_keys.prefix_key(request.network_prefix),
                          .challenge_hash = challenge_hash(challenge),
                          .code = random_code(),
                          .fixed_code = fixed_code(request.mobile, request.origin, parts_.clock.now()),
                          .now = parts_.clock.now()};
    auto sent =
        co_await parts_.database.transact([this, sending](db::Transaction& transaction) { return send_unit(transaction, sending); });
    if (!sent) co_return sent.error();

    CodeSent answer{.detail = "If the number has an account, a code is on its way to it.",
                    .expires_in = code_lifetime.count(),
                    .retry_after = sent->pause.count(),
                    .challenge = challenge,
                    .otp = {}};
    auto const delivery = parts_.options.code_delivery;
    if (sent->is_known && delivery != CodeDelivery::none) show_on_console(sending, sent->code);
    if (sent->is_known && delivery == CodeDelivery::response && request.origin == PageOrigin::own) answer.otp.value = sent->code;
    co_return answer;
}

asio::awaitable<Result<CodeService::Sent>> CodeService::send_unit(db::Transaction& transaction, Sending sending)
{
    auto const& request = sending.request;
    co_await CodeStore::lock_number(transaction, sending.mobile_key, sending.now);
    auto const user = co_await UserStore::user_of_mobile(transaction, request.mobile);
    if (!user && parts_.options.debug == DebugMode::on) {
        co_return Error(ErrorKind::not_found, "no_account",
                        "No account has this number: sign up first. (Outside debug mode an unknown number is answered like a known one.)");
    }
    bool const is_own = request.identity && user && user->id == request.identity->user;
    if (request.purpose == CodePurpose::confirm && !is_own) {
        co_return invalid("mobile", "not_yours", "A session is confirmed with the number of its own account.");
    }
    // Everybody who can read the settings knows the fixed codes: they open no admin's account.
    bool const may_be_fixed = sending.fixed_code && !(user && user->is_admin);
    Sent sent{.is_known = user.has_value(), .code = may_be_fixed ? *sending.fixed_code : sending.code};
    // While somebody tries things out on their own machine, a code that is sent to nobody may be asked for often.
    if (may_be_fixed && parts_.options.debug == DebugMode::on) {
        sent.pause = std::chrono::seconds(0);
    } else {
        auto allowed = co_await check_limits(transaction, sending, user);
        if (!allowed) co_return allowed.error();
    }
    CodeContext context{.purpose = request.purpose, .mobile = request.mobile, .session = {}, .challenge_hash = sending.challenge_hash};
    if (request.purpose == CodePurpose::confirm) context.session = request.identity->session;
    NewCode code{.mobile_key = sending.mobile_key,
                 .purpose = request.purpose,
                 .prefix_key = sending.prefix_key,
                 .challenge_hash = sending.challenge_hash,
                 .code_mac = parts_.code_keys.code_mac(context, sent.code),
                 .now = sending.now};
    co_await CodeStore::add(transaction, std::move(code));
    co_return sent;
}

asio::awaitable<Result<void>> CodeService::check_limits(db::Transaction& transaction, Sending const& sending,
                                                        std::optional<User> const& user)
{
    SendAttempt attempt{
        .now = sending.now, .purpose = sending.request.purpose, .prefix_key = sending.prefix_key, .trust = SenderTrust::stranger};
    auto const& device = sending.request.device;
    if (device && user && device->user == user->id) {
        bool const had_session = co_await SessionStore::exists(transaction, device->user, device->session);
        if (had_session) attempt.trust = SenderTrust::device_of_account;
    }
    auto const past = co_await CodeStore::sends_since(transaction, sending.mobile_key, sending.now - sends_kept);
    auto const refusal = refuse_send(past, attempt);
    if (refusal) co_return rate_limited(std::string(refusal->code), message_of(*refusal), refusal->wait);
    co_return Result<void>();
}

asio::awaitable<Result<std::int64_t>> CodeService::guess(Guess guess)
{
    auto const mobile_key = parts_.code_keys.mobile_key(guess.mobile);
    std::optional<std::string> challenge;
    if (guess.challenge) challenge = challenge_hash(*guess.challenge);
    auto const purpose = guess.purpose;
    auto const now = parts_.clock.now();
    auto const counted = co_await parts_.database.transact([mobile_key, purpose, challenge, now](db::Transaction& transaction) {
        return guess_unit(transaction, mobile_key, purpose, challenge, now);
    });
    // Without a code something is compared all the same, so that the time tells nothing.
    auto const kept = counted.value_or(CountedGuess{});
    CodeContext const context{.purpose = purpose, .mobile = guess.mobile, .session = guess.session, .challenge_hash = kept.challenge_hash};
    bool const is_right = equal_in_constant_time(parts_.code_keys.code_mac(context, guess.code), kept.code_mac);
    bool const is_kept_from_page =
        parts_.options.debug == DebugMode::on && guess.origin == PageOrigin::foreign && is_fixed_code(guess.mobile, guess.code);
    if (!is_right || is_kept_from_page) co_return invalid_code();
    co_return kept.code_id;
}

// In debug everybody knows the fixed codes, and any page that a developer has open could log in with them.
std::optional<std::string> CodeService::fixed_code(std::string const& mobile, PageOrigin origin, Time now) const
{
    if (parts_.options.debug == DebugMode::on && origin == PageOrigin::foreign) return std::nullopt;
    for (auto const& number : parts_.options.test_numbers) {
        if (number.mobile == mobile && (!number.expires_at || now < *number.expires_at)) return number.code;
    }
    return std::nullopt;
}

bool CodeService::is_fixed_code(std::string const& mobile, std::string const& code) const
{
    return std::ranges::any_of(parts_.options.test_numbers, [&](auto const& test) { return test.mobile == mobile && test.code == code; });
}

void CodeService::show_on_console(Sending const& sending, std::string const& code) const
{
    if (!parts_.options.console) return;
    parts_.options.console("One-time code for " + sending.request.mobile + " (" + std::string(word_of(sending.request.purpose)) +
                           "): " + code);
}

} // namespace pollux::accounts
