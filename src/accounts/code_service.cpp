#include "accounts/code_service.hpp"

#include "accounts/address_shares.hpp"
#include "accounts/code_budgets.hpp"
#include "accounts/known_number.hpp"
#include "base/secrets.hpp"
#include "ops/metrics.hpp"

namespace pollux::accounts {
namespace {

constexpr std::chrono::seconds sends_kept = std::chrono::hours(24); // As far back as refuse_send() looks.

asio::awaitable<bool> give_back_unit(db::Transaction& transaction, std::vector<BudgetShare> shares)
{
    co_await GuessBudgets::give_back(transaction, shares);
    co_return true;
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

struct CodeService::Guessing {
    std::string mobile_key;
    CodePurpose purpose = CodePurpose::login;
    std::optional<std::string> challenge_hash;
    std::vector<BudgetShare> shares; // Empty for devices of the account.
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
    if (sender_.is_on()) sender_.wake();

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
    auto const trust = co_await trust_in(transaction, sending, user);
    // While somebody tries things out on their own machine, a code that is sent to nobody may be asked for often.
    if (may_be_fixed && parts_.options.debug == DebugMode::on) {
        sent.pause = std::chrono::seconds(0);
    } else {
        auto allowed = co_await check_limits(transaction, sending, trust);
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
    auto const code_id = co_await CodeStore::add(transaction, std::move(code));
    if (sender_.is_on()) {
        CodeOrder order{.code_id = code_id,
                        .mobile = request.mobile,
                        .code = sent.code,
                        .purpose = request.purpose,
                        .trust = trust,
                        .peer = request.peer,
                        .asked_at = sending.now};
        co_await sender_.ask(transaction, std::move(order));
    }
    co_return sent;
}

asio::awaitable<SenderTrust> CodeService::trust_in(db::Transaction& transaction, Sending const& sending, std::optional<User> const& user)
{
    auto const& device = sending.request.device;
    if (!device || !user || device->user != user->id) co_return SenderTrust::stranger;
    bool const had_session = co_await SessionStore::exists(transaction, device->user, device->session);
    co_return had_session ? SenderTrust::device_of_account : SenderTrust::stranger;
}

asio::awaitable<Result<void>> CodeService::check_limits(db::Transaction& transaction, Sending const& sending, SenderTrust trust)
{
    SendAttempt const attempt{.now = sending.now, .purpose = sending.request.purpose, .prefix_key = sending.prefix_key, .trust = trust};
    auto const past = co_await CodeStore::sends_since(transaction, sending.mobile_key, sending.now - sends_kept);
    auto const refusal = refuse_send(past, attempt);
    if (refusal) co_return rate_limited(std::string(refusal->code), message_of(*refusal), refusal->wait);
    co_return Result<void>();
}

// Taken from the budget before it is counted, and counted before it is compared.
asio::awaitable<Result<std::optional<CountedGuess>>> CodeService::guess_unit(db::Transaction& transaction, Guessing guessing)
{
    auto const wait = co_await GuessBudgets::take(transaction, guessing.shares, guessing.now);
    if (wait) {
        co_return rate_limited("too_many_guesses", "Too many wrong codes from this address or network; try again later.", *wait);
    }
    co_await CodeStore::lock_number(transaction, guessing.mobile_key, guessing.now);
    co_return co_await CodeStore::count_guess(transaction, guessing.mobile_key, guessing.purpose, guessing.challenge_hash, guessing.now);
}

asio::awaitable<Result<std::int64_t>> CodeService::guess(Guess guess)
{
    auto const count_max = parts_.options.sms.per_address_hour;
    auto const per_network = guesses_per_network_hour(count_max);
    bool const is_device = guess.device && co_await is_of_account(guess.mobile, *guess.device);
    Guessing guessing{.mobile_key = parts_.code_keys.mobile_key(guess.mobile),
                      .purpose = guess.purpose,
                      .challenge_hash = {},
                      .shares = {},
                      .now = parts_.clock.now()};
    if (guess.challenge) guessing.challenge_hash = challenge_hash(*guess.challenge);
    if (!is_device) guessing.shares = address_shares(parts_, guess.peer, guesses_per_address_hour(count_max), per_network, per_network);
    auto const counted =
        co_await parts_.database.transact([this, guessing](db::Transaction& transaction) { return guess_unit(transaction, guessing); });
    if (!counted) co_return counted.error();
    // Without a code something is compared all the same, so that the time tells nothing.
    auto const kept = counted->value_or(CountedGuess{});
    CodeContext const context{
        .purpose = guess.purpose, .mobile = guess.mobile, .session = guess.session, .challenge_hash = kept.challenge_hash};
    bool const is_right = equal_in_constant_time(parts_.code_keys.code_mac(context, guess.code), kept.code_mac);
    bool const is_kept_from_page =
        parts_.options.debug == DebugMode::on && guess.origin == PageOrigin::foreign && is_fixed_code(guess.mobile, guess.code);
    bool const is_taken = is_right && !is_kept_from_page;
    (is_taken ? guesses_right_ : guesses_wrong_).add();
    if (!is_taken) co_return invalid_code();
    auto const& shares = guessing.shares;
    if (!shares.empty())
        co_await parts_.database.transact([shares](db::Transaction& transaction) { return give_back_unit(transaction, shares); });
    co_return kept.code_id;
}

asio::awaitable<bool> CodeService::is_of_account(std::string mobile, http::Identity device)
{
    auto const account = co_await parts_.users.by_mobile(std::move(mobile));
    if (!account || account->user.id != device.user) co_return false;
    auto const seed = co_await parts_.sessions.seed(device.user, device.session);
    co_return seed.has_value();
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
