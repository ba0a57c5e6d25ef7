#include "accounts/sms/calls.hpp"

#include "base/text.hpp"
#include "ops/metrics.hpp"

#include <algorithm>

namespace pollux::accounts::sms {
namespace {

constexpr std::int64_t retry_after_max = 300; // Seconds: no code lives longer.

std::string_view word_of(Sent sent)
{
    switch (sent) {
    case Sent::accepted: return "accepted";
    case Sent::refused: return "refused";
    case Sent::not_taken: return "not_taken";
    case Sent::unknown: return "unknown";
    }
    return "";
}

std::string_view word_of(net::HttpFailure failure)
{
    switch (failure) {
    case net::HttpFailure::none: return "";
    case net::HttpFailure::refused: return "wrong_url";
    case net::HttpFailure::unreachable: return "unreachable";
    case net::HttpFailure::no_descriptors: return "no_descriptors";
    case net::HttpFailure::tls: return "tls";
    case net::HttpFailure::timed_out: return "timed_out";
    case net::HttpFailure::cut: return "cut";
    case net::HttpFailure::too_large: return "too_large";
    }
    return "";
}

} // namespace

Answer no_answer(net::HttpResult const& result)
{
    using net::HttpFailure;
    bool const never_sent =
        result.failure == HttpFailure::unreachable || result.failure == HttpFailure::no_descriptors || result.failure == HttpFailure::tls;
    Answer answer;
    answer.sent = result.failure == HttpFailure::refused ? Sent::refused : never_sent ? Sent::not_taken : Sent::unknown;
    answer.code = word_of(result.failure);
    return answer;
}

std::optional<std::chrono::seconds> retry_after_of(net::HttpHead const& head)
{
    auto const seconds = parse_integer(trim(head.header("retry-after")));
    if (!seconds || *seconds < 0) return std::nullopt;
    return std::chrono::seconds(std::min(*seconds, retry_after_max));
}

void count_call(std::string_view vendor, Answer const& answer, std::chrono::nanoseconds took)
{
    ops::Labels const of_vendor{{"vendor", std::string(vendor)}};
    ops::Timing("pollux_sms_call_seconds", "How long the SMS vendor took to answer.", of_vendor).observe(took);
    ops::Counter("pollux_sms_calls_total", "Calls of the SMS vendor, by what became of the text.",
                 {{"vendor", std::string(vendor)}, {"sent", std::string(word_of(answer.sent))}})
        .add();
}

} // namespace pollux::accounts::sms
