#include "sms/twilio.hpp"

#include "sms/segments.hpp"
#include "sms/twilio_errors.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <sodium.h>

#include <algorithm>
#include <charconv>
#include <ctime>

namespace pollux::sims::sms {

namespace {

constexpr std::string_view root = "/2010-04-01/Accounts/";
constexpr std::size_t body_characters_max = 1600;
constexpr std::int64_t validity_s_max = 36'000; // Also what counts when none is given.
constexpr std::int64_t page_size_usual = 50, page_size_max = 1000;

constexpr std::string_view simulated = "To From MessagingServiceSid Body StatusCallback ValidityPeriod RiskCheck";
// What Twilio knows and this simulator does not.
constexpr std::string_view known = "ApplicationSid MaxPrice ProvideFeedback Attempt ForceDelivery ContentRetention AddressRetention "
                                   "SmartEncoded PersistentAction TrafficType ShortenUrls ScheduleType SendAt SendAsMms ContentVariables "
                                   "MessageIntent FallbackFrom MediaUrl ContentSid";

// A call by its parts, once it is known whose it is.
struct Asked {
    std::string method;
    std::string account;
    std::string sid; // Of a message; empty: all of them.
    json::object params;
};

TwilioError not_simulated(std::string const& what)
{
    return {501, 0, "not simulated: " + what};
}

TwilioError not_found(std::string const& path)
{
    auto error = twilio_error(20404);
    error.message = "The requested resource " + path + " was not found";
    return error;
}

// "user:password", or nothing.
std::string basic_pair(std::string_view header)
{
    if (!header.starts_with("Basic ")) return {};
    header.remove_prefix(6);
    std::string decoded(header.size(), '\0');
    std::size_t size = 0;
    if (sodium_base642bin(reinterpret_cast<unsigned char*>(decoded.data()), decoded.size(), header.data(), header.size(), nullptr, &size,
                          nullptr, sodium_base64_VARIANT_ORIGINAL) != 0)
        return {};
    decoded.resize(size);
    return decoded;
}

bool is_e164(std::string_view number)
{
    return number.size() >= 8 && number.size() <= 16 && number[0] == '+' && number[1] != '0' &&
           std::ranges::all_of(number.substr(1), [](unsigned char letter) { return std::isdigit(letter); });
}

// A name that texts may come from instead of a number: at most 11 letters, digits and blanks, not digits alone.
bool is_sender_name(std::string_view name)
{
    return !name.empty() && name.size() <= 11 && std::ranges::any_of(name, [](unsigned char letter) { return std::isalpha(letter); }) &&
           std::ranges::all_of(name, [](unsigned char letter) { return std::isalnum(letter) || letter == ' '; });
}

std::string sid_of_message()
{
    constexpr std::string_view digits = "0123456789abcdef";
    std::string sid = "SM";
    for (int i = 0; i < 32; ++i) sid += digits[randombytes_uniform(16)];
    return sid;
}

// RFC 2822, in GMT.
json::value date_of(double seconds)
{
    if (seconds == 0) return nullptr;
    auto const time = static_cast<std::time_t>(seconds);
    std::tm parts{};
    gmtime_r(&time, &parts);
    char text[40];
    auto const size = std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S +0000", &parts);
    return json::value(std::string_view(text, size));
}

json::object describe_message(Text const& text)
{
    auto const uri = std::string(root) + text.account + "/Messages/" + text.id;
    bool const is_waiting = text.status == "accepted"; // For its service to choose a sender.
    auto const segments = is_waiting ? 0 : segments_of(text.body).count;
    json::object error{{"code", nullptr}, {"message", nullptr}};
    if (text.error_code != 0) error = json::object{{"code", text.error_code}, {"message", "Error " + std::to_string(text.error_code)}};
    return {{"account_sid", text.account},
            {"api_version", "2010-04-01"},
            {"body", text.body},
            {"date_created", date_of(text.created_at)},
            {"date_sent", date_of(text.sent_at)},
            {"date_updated", date_of(text.updated_at)},
            {"direction", "outbound-api"},
            {"error_code", error["code"]},
            {"error_message", error["message"]},
            {"from", text_or_null(text.from)},
            {"messaging_service_sid", text_or_null(text.service)},
            {"num_media", "0"},
            {"num_segments", std::to_string(segments)},
            {"price", nullptr},
            {"price_unit", "USD"},
            {"sid", text.id},
            {"status", text.status},
            {"subresource_uris", json::object{{"media", uri + "/Media.json"}}},
            {"to", text.to},
            {"uri", uri + ".json"}};
}

std::int64_t number_in(std::string const& text, std::int64_t otherwise, std::int64_t most)
{
    std::int64_t number = otherwise;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return std::clamp<std::int64_t>(number, 0, most);
}

std::int64_t validity_of(json::object const& params)
{
    if (!params.contains("ValidityPeriod")) return validity_s_max;
    auto const text = text_of(params, "ValidityPeriod");
    std::int64_t seconds = 0;
    auto const [end, failed] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (failed != std::errc() || end != text.data() + text.size() || seconds < 1 || seconds > validity_s_max) throw twilio_error(90007);
    return seconds;
}

std::string status_url_of(json::object const& params)
{
    auto url = text_of(params, "StatusCallback");
    if (url.empty()) return url;
    auto const parsed = boost::urls::parse_uri(url);
    bool const is_right = parsed && (parsed->scheme() == "http" || parsed->scheme() == "https") && !parsed->host().empty() &&
                          parsed->host().find('_') == std::string::npos;
    if (!is_right) throw TwilioError{400, 21609, "The 'StatusCallback' URL " + url + " is not a valid URL."};
    return url;
}

void check_parameters(json::object const& params)
{
    std::string unknown;
    for (auto const& param : params) {
        if (!has_word(simulated, param.key()) && !has_word(known, param.key()))
            unknown += (unknown.empty() ? "" : ", ") + std::string(param.key());
    }
    if (!unknown.empty()) throw TwilioError{400, 20001, "Unknown parameters: " + unknown};
    for (auto const& param : params) {
        if (!has_word(simulated, param.key())) throw not_simulated("the parameter " + std::string(param.key()));
    }
    auto const risk = text_of(params, "RiskCheck");
    if (params.contains("RiskCheck") && risk != "enable" && risk != "disable")
        throw TwilioError{400, 20001, "RiskCheck is enable or disable"};
}

// What is wrong with a message is found in this order.
Text checked_message(Simulator const& simulator, Asked const& asked)
{
    auto const& params = asked.params;
    check_parameters(params);
    Text text;
    text.vendor = "twilio";
    text.account = asked.account;
    text.to = text_of(params, "To");
    text.from = text_of(params, "From");
    text.service = text_of(params, "MessagingServiceSid");
    text.body = text_of(params, "Body");
    if (text.to.empty()) throw twilio_error(21604);
    if (!is_e164(text.to)) throw twilio_error(21211, text.to);
    auto const& numbers = simulator.account.numbers;
    bool const is_ours = std::ranges::find(numbers, text.from) != numbers.end();
    if (text.from.empty() && text.service.empty()) throw twilio_error(21603);
    if (!text.service.empty() && text.service != simulator.account.service_sid)
        throw TwilioError{404, 21701, "The Messaging Service '" + text.service + "' was not found"};
    if (!text.from.empty() && !is_ours && !is_sender_name(text.from)) {
        if (is_e164(text.from)) throw twilio_error(21606, text.to, text.from);
        throw twilio_error(21212, text.to, text.from);
    }
    if (text.body.empty()) throw twilio_error(21602);
    auto const segments = segments_of(text.body);
    if (segments.characters > body_characters_max) throw twilio_error(21617);
    text.valid_s = validity_of(params);
    text.status_url = status_url_of(params);
    return text;
}

Answer create(Simulator& simulator, Text text, Call& call)
{
    auto const& rule = simulator.numbers.of(text.to);
    if (rule.refuse != 0) return twilio_error(rule.refuse, text.to, text.from).answer();
    text.id = sid_of_message();
    auto const made = simulator.texts.add(std::move(text));
    call.has_acted = true;
    call.text_id = made->id;
    if (rule.at_once) {
        set_status(*made, "failed", rule.error_code);
    } else {
        set_status(*made, made->service.empty() || !made->from.empty() ? "queued" : "accepted");
    }
    Answer answer{.status = 201, .body = describe_message(*made)};
    if (!rule.at_once) simulator.set_going(made);
    return answer;
}

Answer fetch(Simulator const& simulator, std::string const& sid, std::string const& path)
{
    auto const text = simulator.texts.find("twilio", sid);
    if (!text) return not_found(path).answer();
    return {.status = 200, .body = describe_message(*text)};
}

// The newest first.
Answer list(Simulator const& simulator, json::object const& params, std::string const& path)
{
    for (auto const& param : params) {
        if (!has_word("To From PageSize Page PageToken", param.key()))
            return not_simulated("the parameter " + std::string(param.key())).answer();
    }
    auto const size = std::max<std::int64_t>(1, number_in(text_of(params, "PageSize"), page_size_usual, page_size_max));
    auto const page = number_in(text_of(params, "Page"), 0, 1'000'000);
    auto const uri_of = [&](std::int64_t number) {
        FormFields query{{"PageSize", std::to_string(size)}, {"Page", std::to_string(number)}};
        for (std::string const name : {"To", "From"}) {
            if (params.contains(name)) query.emplace_back(name, text_of(params, name));
        }
        return path + "?" + write_form_fields(query);
    };
    json::array messages;
    std::int64_t found = 0;
    for (auto text = simulator.texts.all().rbegin(); text != simulator.texts.all().rend(); ++text) {
        bool const is_wanted = (*text)->vendor == "twilio" && (!params.contains("To") || text_of(params, "To") == (*text)->to) &&
                               (!params.contains("From") || text_of(params, "From") == (*text)->from);
        if (is_wanted && found++ / size == page) messages.push_back(describe_message(**text));
    }
    auto const count = static_cast<std::int64_t>(messages.size());
    bool const has_next = found > (page + 1) * size;
    return {.status = 200,
            .body = {{"end", std::max<std::int64_t>(0, page * size + count - 1)},
                     {"first_page_uri", uri_of(0)},
                     {"messages", std::move(messages)},
                     {"next_page_uri", has_next ? json::value(uri_of(page + 1)) : json::value()},
                     {"page", page},
                     {"page_size", size},
                     {"previous_page_uri", page > 0 ? json::value(uri_of(page - 1)) : json::value()},
                     {"start", page * size},
                     {"uri", uri_of(page)}}};
}

json::object read_params(Request const& request)
{
    if (request.method == "POST" && !request.header("content-type").starts_with("application/x-www-form-urlencoded"))
        throw TwilioError{400, 20001, "Content-Type is application/x-www-form-urlencoded"};
    json::object params;
    for (auto& [name, value] : read_form_fields(request.method == "POST" ? request.body : request.query)) params[name] = value;
    return params;
}

// Throws TwilioError for who may not and for what is not there.
Asked judge(Simulator const& simulator, Request const& request, std::string const& pair)
{
    auto const& account = simulator.account;
    bool const is_known = pair == account.sid + ":" + account.token || pair == account.key_sid + ":" + account.key_secret;
    auto rest = request.path.substr(std::min(root.size(), request.path.size()));
    auto const slash = std::min(rest.find('/'), rest.size());
    Asked asked{.method = request.method, .account = rest.substr(0, slash), .sid = {}, .params = {}};
    if (!is_known || asked.account != account.sid) throw twilio_error(20003);
    rest = rest.substr(slash);
    constexpr std::string_view messages = "/Messages/", end = ".json";
    bool const is_one = rest.starts_with(messages) && rest.ends_with(end);
    if (rest != "/Messages.json" && !is_one) throw not_found(request.path);
    if (is_one) asked.sid = rest.substr(messages.size(), rest.size() - messages.size() - end.size());
    bool const is_served = request.method == "GET" || (request.method == "POST" && asked.sid.empty());
    if (!is_served) throw not_simulated(request.method + " of " + request.path);
    asked.params = read_params(request);
    return asked;
}

} // namespace

bool is_twilio(std::string_view path)
{
    return path.starts_with("/2010-04-01/");
}

asio::awaitable<After> answer_twilio(Simulator& simulator, Request request, std::shared_ptr<Connection> connection)
{
    auto const pair = basic_pair(request.header("authorization"));
    Call call;
    call.vendor = "twilio";
    call.method = request.method;
    call.path = request.path;
    call.user = pair.substr(0, pair.find(':'));
    std::optional<Answer> refused;
    Asked asked;
    auto const text = std::make_shared<Text>();
    try {
        asked = judge(simulator, request, pair);
        call.params = asked.params;
        call.to = text_of(asked.params, "To");
        call.text_id = asked.sid;
        if (asked.method == "POST") *text = checked_message(simulator, asked);
    } catch (TwilioError const& error) {
        refused = error.answer();
    }
    Way way;
    way.act = [&simulator, asked, text, path = request.path](Call& running) {
        if (asked.method == "POST") return create(simulator, std::move(*text), running);
        return asked.sid.empty() ? list(simulator, asked.params, path) : fetch(simulator, asked.sid, path);
    };
    way.planned = [to = call.to](CallPlan const& plan) {
        auto error = twilio_error(plan.code > 0 ? plan.code : plan.status == 429 ? 20429 : plan.status == 503 ? 20503 : 20500, to);
        error.status = plan.status;
        if (!plan.message.empty()) error.message = plan.message;
        return error.answer();
    };
    return answer_call(simulator, std::move(call), std::move(refused), std::move(way), std::move(connection));
}

} // namespace pollux::sims::sms
