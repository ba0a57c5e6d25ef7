#include "billing/payments/provider_words.hpp"

#include "ops/log.hpp"

namespace pollux::billing {
namespace {

constexpr std::chrono::seconds come_again{5};

} // namespace

Error payment_provider_slow()
{
    return unavailable("payment_provider_slow", "The payment provider does not answer right now; ask again, and this goes on where it was.",
                       come_again);
}

Error payment_refused(std::string const& code, std::string const& detail)
{
    log_refusal(code, detail);
    return {ErrorKind::upstream_failed, "payment_refused", "The payment provider refuses this; the operator's log says why."};
}

void log_refusal(std::string const& code, std::string const& detail)
{
    ops::log(ops::Level::error, "payment_refused", {{"code", code}, {"detail", detail}});
}

} // namespace pollux::billing
