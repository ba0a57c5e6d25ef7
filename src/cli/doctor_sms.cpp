#include "cli/doctor_sms.hpp"

#include "app/sms.hpp"
#include "base/reason.hpp"
#include "base/secrets.hpp"
#include "base/uuid.hpp"
#include "net/http_client.hpp"
#include "numbers/number_reader.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

namespace pollux::cli {
namespace {

namespace asio = boost::asio;
namespace sms = accounts::sms;

constexpr std::chrono::seconds check_time_max{5};
constexpr std::chrono::seconds send_time_max{10};
constexpr std::chrono::seconds test_text_life{300};

template <class T>
T run_alone(asio::awaitable<T> work)
{
    net::prepare_http_client();
    asio::io_context io(1);
    T result{};
    std::exception_ptr thrown;
    asio::co_spawn(io, std::move(work), [&](std::exception_ptr failure, T value) {
        thrown = failure;
        if (!failure) result = std::move(value);
        io.stop();
    });
    io.run();
    if (thrown) std::rethrow_exception(thrown);
    return result;
}

Finding describe(sms::Vendor const& vendor, sms::Check const& check)
{
    auto const what = "SMS: " + std::string(vendor.name()) + " " + check.what + ".";
    switch (check.health) {
    case sms::Check::Health::well: return {Health::well, what, ""};
    case sms::Check::Health::not_asked: return {Health::note, what, "`pollux doctor --sms NUMBER` sends a test text."};
    case sms::Check::Health::ill: break;
    }
    return {Health::ill, what, "See to the TWILIO_ settings, or to the network."};
}

// What a refusal means for whoever set this up. Source: twilio.com/docs/api/errors.
std::string mend(sms::Vendor const& vendor, std::string const& code)
{
    if (vendor.name() != "twilio") return "See to SMS_WEBHOOK_URL, and to what stands there.";
    if (code == "wrong_url") return "See to TWILIO_BASE_URL.";
    if (code == "21211" || code == "21614") return "This number gets no texts; try a mobile's.";
    if (code == "21212" || code == "21606" || code == "21603") return "Twilio sends from no such number: see to TWILIO_FROM.";
    if (code == "21408") return "Twilio's Console, Messaging, Geo permissions: the number's country is closed.";
    if (code == "21608") return "A trial account sends to numbers only that were verified in Twilio's Console.";
    if (code == "21610") return "The phone has answered STOP to your texts; START lets them in again.";
    if (code == "21609") return "Twilio cannot reach PUBLIC_URL, where it is to report: set it to what the internet calls this server.";
    if (code == "20003" || code == "http_401") return "The key is refused.";
    return code.starts_with("http_") ? "See to what stands at the URL." : "twilio.com/docs/api/errors has the number.";
}

Finding send_test(sms::Vendor const& vendor, config::Config const& config, std::string const& typed)
{
    auto const number = numbers::read_number(typed, config.numbers());
    if (!number) return {Health::ill, "SMS: no test text was sent: " + number.error().message(), ""};
    sms::Message message{.id = random_uuid(),
                         .to = *number,
                         .body = "This is a test of Pollux. No code, nothing to do.",
                         .purpose = "test",
                         .valid_for = test_text_life};
    auto const answer = run_alone(vendor.send(std::move(message), Steady::now() + send_time_max));
    switch (answer.sent) {
    case sms::Sent::accepted:
        return {Health::well, "SMS: " + std::string(vendor.name()) + " has taken a test text; it should be there within seconds.", ""};
    case sms::Sent::refused: return {Health::ill, "SMS: the test text was refused (" + answer.code + ").", mend(vendor, answer.code)};
    case sms::Sent::not_taken:
        return {Health::ill, "SMS: the test text was not taken (" + answer.code + ").", "Try again; see to the network."};
    case sms::Sent::unknown: break;
    }
    return {Health::ill, "SMS: whether the test text was taken is not known (" + answer.code + ").",
            "See whether it comes; see to the network."};
}

} // namespace

std::vector<Finding> examine_sms(config::Config const& config, std::optional<std::string> const& test_number)
{
    Clock const clock;
    std::vector<Finding> findings;
    try {
        prepare_secrets();
        auto const vendor = app::make_sms_vendor(config, clock);
        if (!vendor) {
            if (test_number) findings.push_back({Health::ill, "SMS: no test text was sent: no vendor is set up (OTP_DELIVERY).", ""});
            if (!config.debug)
                findings.push_back({Health::ill, "SMS: codes reach nobody (OTP_DELIVERY=none), so nobody can log in by one.",
                                    "Set TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN and TWILIO_FROM, or SMS_WEBHOOK_URL and SMS_WEBHOOK_SECRET.",
                                    "Codes are not sent to anybody"});
            return findings;
        }
        findings.push_back(describe(*vendor, run_alone(vendor->check(Steady::now() + check_time_max))));
        if (test_number) findings.push_back(send_test(*vendor, config, *test_number));
    } catch (std::exception const& failure) {
        findings.push_back({Health::ill, std::string("SMS: cannot be looked at: ") + reason_of(failure), ""});
    }
    return findings;
}

} // namespace pollux::cli
