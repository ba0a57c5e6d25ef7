#include "accounts/one_time_code.hpp"

#include "base/secrets.hpp"

#include <algorithm>

namespace pollux::accounts {
namespace {

constexpr std::size_t code_digits = 6;

// How long until fewer than `count_max` of `times` (oldest first) lie in the last `window`; 0 when that is so now.
std::chrono::seconds wait_for_room(std::vector<Time> const& times, std::size_t count_max, std::chrono::seconds window, Time now)
{
    auto const recent = std::ranges::count_if(times, [&](Time at) { return at > now - window; });
    if (static_cast<std::size_t>(recent) < count_max) return std::chrono::seconds(0);
    auto const leaves = times[times.size() - count_max]; // When this one has left the window there is room.
    return std::chrono::ceil<std::chrono::seconds>(leaves + window - now);
}

template <class Counts>
std::vector<Time> times_of(std::span<PastSend const> past, Counts counts)
{
    std::vector<Time> times;
    for (auto const& send : past) {
        if (counts(send)) times.push_back(send.at);
    }
    return times;
}

} // namespace

std::string_view word_of(CodePurpose purpose)
{
    switch (purpose) {
    case CodePurpose::signup: return "signup";
    case CodePurpose::login: return "login";
    case CodePurpose::reset_password: return "reset_password";
    case CodePurpose::confirm: return "confirm";
    }
    return "";
}

std::string random_code()
{
    auto const digits = std::to_string(random_below(1'000'000));
    return std::string(code_digits - digits.size(), '0') + digits;
}

bool is_code(std::string_view text)
{
    return text.size() == code_digits && text.find_first_not_of("0123456789") == std::string_view::npos;
}

CodeKeys::CodeKeys(std::string_view secret_key)
    : numbers_key_(derive_key(secret_key, "numbers and networks")), codes_key_(derive_key(secret_key, "one-time codes"))
{}

std::string CodeKeys::mobile_key(std::string_view mobile) const
{
    return to_base64url(hmac_sha256(numbers_key_, "mobile|" + std::string(mobile)));
}

std::string CodeKeys::prefix_key(std::string_view network_prefix) const
{
    return to_base64url(hmac_sha256(numbers_key_, "prefix|" + std::string(network_prefix)));
}

std::string CodeKeys::block_key(std::string_view block) const
{
    return to_base64url(hmac_sha256(numbers_key_, "block|" + std::string(block)));
}

std::string CodeKeys::code_mac(CodeContext const& context, std::string_view code) const
{
    std::string text(word_of(context.purpose));
    text += "|" + context.mobile;
    text += "|" + std::to_string(context.session.value_or(SessionId{}).value);
    text += "|" + context.challenge_hash;
    text += "|" + std::string(code);
    return to_base64url(hmac_sha256(codes_key_, text));
}

std::string challenge_hash(std::string_view challenge)
{
    return to_base64url(sha256(challenge));
}

std::optional<SendRefusal> refuse_send(std::span<PastSend const> past, SendAttempt const& attempt)
{
    using namespace std::chrono_literals;
    auto const now = attempt.now;
    auto const all = times_of(past, [](PastSend const&) { return true; });
    auto const of_prefix = times_of(past, [&](PastSend const& send) { return send.prefix_key == attempt.prefix_key; });
    auto const resets = times_of(past, [](PastSend const& send) { return send.purpose == word_of(CodePurpose::reset_password); });
    bool const is_stranger = attempt.trust == SenderTrust::stranger;
    auto const day_max = is_stranger ? stranger_sends_per_day_max : sends_per_day_max;
    auto const reset_max = is_stranger ? stranger_resets_per_day_max : resets_per_day_max;

    auto const day_wait = wait_for_room(all, day_max, 24h, now);
    auto const reset_wait = attempt.purpose == CodePurpose::reset_password ? wait_for_room(resets, reset_max, 24h, now) : 0s;
    auto const hour_wait = wait_for_room(of_prefix, sends_per_prefix_hour_max, 1h, now);
    // A send that lies in the future (the clock was set back) counts, but nobody waits for it.
    auto const spacing_wait = !all.empty() && all.back() > now ? 0s : wait_for_room(all, 1, send_spacing, now);

    auto const wait = std::max({day_wait, reset_wait, hour_wait, spacing_wait});
    if (wait == 0s) return std::nullopt;
    if (wait == spacing_wait) return SendRefusal{"otp_cooldown", wait};
    if (wait == hour_wait) return SendRefusal{"otp_hourly_limit", wait};
    return SendRefusal{"otp_daily_limit", wait};
}

} // namespace pollux::accounts
