#include "accounts/sms/twilio.hpp"

#include "accounts/sms/calls.hpp"
#include "base/base64.hpp"
#include "base/lenient_json.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>

namespace pollux::accounts::sms {
namespace {

namespace json = boost::json;

constexpr std::int64_t validity_max = 36'000; // Seconds; Twilio takes no more.

std::string code_text_of(std::int64_t code)
{
    return code > 0 ? std::to_string(code) : std::string();
}

std::string basic_token(TwilioOptions const& options)
{
    return "Basic " + to_base64(options.user + ":" + options.password);
}

net::HttpRequest request_to(TwilioOptions const& options, std::string const& path, Steady::time_point deadline)
{
    net::HttpRequest http;
    http.url = options.base_url + "/2010-04-01/Accounts/" + options.account_sid + path;
    http.secret_headers = {{"authorization", basic_token(options)}};
    http.headers = {{"accept", "application/json"}, {"accept-charset", "utf-8"}};
    http.deadline = std::min(deadline, Steady::now() + options.call_time_max);
    http.connect_time_max = options.connect_time_max;
    http.body_bytes_max = answer_bytes_max;
    http.connection = net::HttpConnection::own; // A text that is posted twice goes out twice.
    return http;
}

std::optional<json::object> object_in(std::string_view body)
{
    boost::system::error_code failed;
    auto parsed = json::parse(body, failed);
    if (failed || !parsed.is_object()) return std::nullopt;
    return std::move(parsed.get_object());
}

// What was taken may have failed at once, as what Twilio's protection against pumping holds back.
Answer read_taken(json::object const& body)
{
    Answer answer;
    answer.provider_id = text_at(body, "sid");
    if (answer.provider_id.empty()) return {.sent = Sent::unknown, .provider_id = {}, .code = "no_sid", .retry_after = {}};
    auto const status = text_at(body, "status");
    answer.code = code_text_of(number_at(body, "error_code", 0));
    bool const has_failed = status == "failed" || status == "undelivered" || status == "canceled" || !answer.code.empty();
    answer.sent = has_failed ? Sent::refused : Sent::accepted;
    return answer;
}

} // namespace

Twilio::Twilio(TwilioOptions options) : options_(std::move(options))
{
    while (options_.base_url.ends_with('/')) options_.base_url.pop_back();
}

FormFields twilio_form(TwilioOptions const& options, Message const& message)
{
    FormFields form{{"To", message.to}, {"Body", message.body}};
    if (options.messaging_service_sid.empty()) {
        form.emplace_back("From", options.from);
    } else {
        form.emplace_back("MessagingServiceSid", options.messaging_service_sid);
        if (!options.from.empty()) form.emplace_back("From", options.from);
    }
    // How long it may wait there: a code that comes late is of no use.
    form.emplace_back("ValidityPeriod", std::to_string(std::clamp<std::int64_t>(message.valid_for.count(), 1, validity_max)));
    // Its own id in the address: a report may be here before the answer to our POST.
    if (!options.status_url.empty()) form.emplace_back("StatusCallback", options.status_url + "?id=" + message.id);
    return form;
}

Answer read_twilio_answer(int status, std::string_view body)
{
    auto const read = object_in(body);
    auto const http_code = "http_" + std::to_string(status);
    if (status >= 200 && status < 300) {
        if (!read) return {.sent = Sent::unknown, .provider_id = {}, .code = "no_json", .retry_after = {}};
        return read_taken(*read);
    }
    Answer answer{
        .sent = Sent::unknown, .provider_id = {}, .code = read ? code_text_of(number_at(*read, "code", 0)) : "", .retry_after = {}};
    bool const is_twilios = !answer.code.empty(); // Else something between us answered.
    if (!is_twilios) answer.code = http_code;
    if (status == 429) {
        answer.sent = Sent::not_taken; // Twilio processes none of these.
    } else if (status >= 400 && status < 500 && is_twilios) {
        answer.sent = Sent::refused;
    } else if (status == 401 || status == 403 || status == 404) {
        answer.sent = Sent::refused; // Nobody who says this has sent anything.
    }
    return answer;
}

asio::awaitable<Answer> Twilio::send(Message message, Steady::time_point deadline) const
{
    auto const began = Steady::now();
    auto request = request_to(options_, "/Messages.json", deadline);
    request.method = "POST";
    request.headers.push_back({"content-type", "application/x-www-form-urlencoded"});
    request.body = write_form(twilio_form(options_, message));
    auto const http = co_await net::fetch(std::move(request));
    bool const is_whole = http.result.failure == net::HttpFailure::none;
    auto answer = is_whole ? read_twilio_answer(http.head.status, http.body) : no_answer(http.result);
    answer.retry_after = retry_after_of(http.head);
    count_call(name(), answer, Steady::now() - began);
    co_return answer;
}

// A list of messages, since a key of the API's may read it where the account itself is for its owner.
asio::awaitable<Check> Twilio::check(Steady::time_point deadline) const
{
    auto const http = co_await net::fetch(request_to(options_, "/Messages.json?PageSize=1", deadline));
    using Health = Check::Health;
    if (http.result.failure != net::HttpFailure::none) co_return Check{Health::ill, "cannot be reached: " + http.result.detail};
    auto const status = http.head.status;
    if (status == 200) co_return Check{Health::well, "takes the account's key"};
    if (status == 401 || status == 403) co_return Check{Health::ill, "refuses TWILIO_ACCOUNT_SID with its token or key"};
    if (status == 404) co_return Check{Health::ill, "has no account TWILIO_ACCOUNT_SID"};
    co_return Check{Health::ill, "answers " + std::to_string(status)};
}

} // namespace pollux::accounts::sms
