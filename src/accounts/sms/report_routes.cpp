#include "accounts/sms/report_routes.hpp"

#include "base/text.hpp"
#include "ops/log.hpp"
#include "ops/metrics.hpp"

#include <algorithm>

namespace pollux::accounts::sms {
namespace {

constexpr std::size_t message_id_bytes_max = 64;
constexpr std::string_view form_type = "application/x-www-form-urlencoded";

ops::Counter reports_that_are(std::string_view what)
{
    return {"pollux_sms_reports_total", "Delivery reports of the SMS vendor, by what they said.", {{"status", std::string(what)}}};
}

std::string message_id_in(std::string_view query)
{
    auto const fields = read_form(query);
    if (!fields) return {};
    auto const found = std::ranges::find(*fields, "id", &FormFields::value_type::first);
    return found == fields->end() || found->second.size() > message_id_bytes_max ? std::string() : found->second;
}

struct ReportTaken {
    bool received = true;
};
POLLUX_DESCRIBE(ReportTaken, (received))

asio::awaitable<Result<ReportTaken>> take_report(ReportDesk& desk, http::Request const& request, http::RawBody body)
{
    ReportDesk::Given given{.query = std::string(request.query),
                            .content_type = std::string(request.header("Content-Type").value_or("")),
                            .signature = std::string(request.header("X-Twilio-Signature").value_or("")),
                            .body = std::string(body.bytes)};
    auto const taken = co_await desk.take(std::move(given));
    if (!taken) co_return taken.error();
    co_return ReportTaken{};
}

} // namespace

ReportDesk::ReportDesk(db::Database& database, Clock const& clock, ReportOptions options)
    : store_(database), clock_(clock), options_(std::move(options)), refused_(reports_that_are("refused"))
{}

asio::awaitable<Result<void>> ReportDesk::take(Given given)
{
    bool const is_set_up = !options_.auth_token.empty();
    if (given.signature.empty()) {
        if (is_set_up) refused_.add();
        co_return malformed("signature_missing", "The header X-Twilio-Signature is missing: only Twilio posts here.");
    }
    if (!is_set_up) {
        co_return unavailable("sms_not_configured", "No texts are sent by Twilio here (OTP_DELIVERY).", std::chrono::minutes(5));
    }
    bool const is_form = lower_ascii(given.content_type).starts_with(form_type);
    auto const url = given.query.empty() ? options_.status_url : options_.status_url + "?" + given.query;
    if (!is_twilios({url, given.body, is_form}, given.signature, options_.auth_token)) {
        refused_.add();
        constexpr char const* why = "The signature is not of this report by TWILIO_AUTH_TOKEN, posted to this server's PUBLIC_URL.";
        if (refused_line_.is_due()) ops::log(ops::Level::warning, "sms_signature_refused", {{"reason", why}});
        co_return malformed("signature_invalid", why);
    }
    auto report = is_form ? read_report(read_form(given.body).value_or(FormFields())) : Report();
    reports_that_are(report.rank > 0 ? report.status : "other").add();
    if (report.rank == 0) co_return Result<void>();
    co_await store_.keep_report(message_id_in(given.query), std::move(report), clock_.now());
    co_return Result<void>();
}

void add_report_routes(http::Router& router, ReportDesk& desk)
{
    auto options = http::raw_route("takeTextReport", "Take a delivery report; Twilio posts here how a text fares, signed", "accounts");
    options.errors = {"sms_not_configured", "signature_missing", "signature_invalid"};
    router.post(twilio_status_path, take_report, desk, options);
}

} // namespace pollux::accounts::sms
