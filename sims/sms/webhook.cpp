#include "sms/webhook.hpp"

#include "digests.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace pollux::sims::sms {

namespace {

constexpr std::int64_t signature_age_s_max = 300;
constexpr std::int64_t ttl_s_max = 86'400;
constexpr std::string_view fields_known = "id to body purpose ttl_s";

Answer refusal(int status, std::string const& why)
{
    return {.status = status, .body = {{"error", why}}};
}

// The value of one part of "t=1,v1=ab".
std::string_view part_of(std::string_view header, std::string_view name)
{
    while (!header.empty()) {
        auto const end = std::min(header.find(','), header.size());
        auto const part = header.substr(0, end);
        if (part.starts_with(name) && part.size() > name.size() && part[name.size()] == '=') return part.substr(name.size() + 1);
        header.remove_prefix(std::min(end + 1, header.size()));
    }
    return {};
}

// What is wrong with the signature; empty: nothing.
std::string complaint_about(std::string_view header, std::string_view secret, std::string const& body)
{
    auto const stamp = part_of(header, "t");
    std::int64_t time = 0;
    auto const [end, failed] = std::from_chars(stamp.data(), stamp.data() + stamp.size(), time);
    if (stamp.empty() || failed != std::errc() || end != stamp.data() + stamp.size()) return "X-Signature has no time: t=<unix>,v1=<hex>";
    auto const age = static_cast<std::int64_t>(seconds_since_1970()) - time;
    if (age > signature_age_s_max || age < -signature_age_s_max) return "X-Signature is of another time";
    if (part_of(header, "v1") != hmac_sha256_hex(secret, std::string(stamp) + "." + body)) return "X-Signature is wrong";
    return {};
}

bool is_uuid(std::string_view id)
{
    if (id.size() != 36) return false;
    for (std::size_t i = 0; i < id.size(); ++i) {
        bool const is_dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (is_dash ? id[i] != '-' : !std::isxdigit(static_cast<unsigned char>(id[i]))) return false;
    }
    return true;
}

// Throws std::invalid_argument that says what is wrong.
Text read_text(json::object const& given)
{
    for (auto const& field : given) {
        if (!has_word(fields_known, field.key())) throw std::invalid_argument("unknown field " + std::string(field.key()));
    }
    Text text;
    text.vendor = "webhook";
    text.id = text_of(given, "id");
    text.to = text_of(given, "to");
    text.body = text_of(given, "body");
    text.purpose = text_of(given, "purpose");
    text.valid_s = number_of(given, "ttl_s");
    bool const is_number = text.to.size() >= 8 && text.to.size() <= 16 && text.to[0] == '+' &&
                           std::ranges::all_of(text.to.substr(1), [](unsigned char letter) { return std::isdigit(letter); });
    if (!is_uuid(text.id)) throw std::invalid_argument("id is no UUID");
    if (!is_number) throw std::invalid_argument("to is no number like +22961000000");
    if (text.body.empty()) throw std::invalid_argument("body is empty");
    if (text.purpose.empty()) throw std::invalid_argument("purpose is empty");
    auto const* ttl = given.if_contains("ttl_s");
    if (!ttl || !ttl->is_int64() || text.valid_s < 1 || text.valid_s > ttl_s_max)
        throw std::invalid_argument("ttl_s is no time in seconds");
    return text;
}

// Refused, or nothing.
std::optional<Answer> judge(Simulator const& simulator, Request const& request, json::value& body, Text& text)
{
    if (request.path != webhook_path) return refusal(404, std::string("texts are taken at ") + webhook_path);
    if (request.method != "POST") return refusal(405, "write POST");
    auto const complaint = complaint_about(request.header("x-signature"), simulator.account.webhook_secret, request.body);
    if (!complaint.empty()) return refusal(401, complaint);
    if (!request.header("content-type").starts_with("application/json")) return refusal(415, "Content-Type is application/json");
    boost::system::error_code failed;
    body = json::parse(request.body, failed);
    if (failed || !body.is_object()) return refusal(400, "the body is no JSON object");
    try {
        text = read_text(body.get_object());
    } catch (std::invalid_argument const& wrong) {
        return refusal(400, wrong.what());
    }
    if (request.header("idempotency-key") != text.id) return refusal(400, "Idempotency-Key is not the id");
    return std::nullopt;
}

bool is_same(Text const& one, Text const& other)
{
    return one.to == other.to && one.body == other.body && one.purpose == other.purpose && one.valid_s == other.valid_s;
}

// The same id again is the same text, to the last field: nothing is sent.
Answer take(Simulator& simulator, Text text, Call& call)
{
    call.text_id = text.id;
    if (auto const there = simulator.texts.find("webhook", text.id)) {
        if (!is_same(*there, text)) return refusal(422, "the id is that of another text");
        ++there->requests;
        call.is_repeated = true;
        return {.status = 200, .body = {{"id", text.id}, {"status", "accepted"}, {"repeated", true}}};
    }
    auto const& rule = simulator.numbers.of(text.to);
    if (rule.refuse != 0) {
        auto refused = refusal(422, "the number cannot be reached");
        refused.body["code"] = refused.code = rule.refuse;
        return refused;
    }
    auto const made = simulator.texts.add(std::move(text));
    call.has_acted = true;
    set_status(*made, "queued");
    simulator.set_going(made);
    return {.status = 202, .body = {{"id", made->id}, {"status", "accepted"}, {"repeated", false}}};
}

} // namespace

asio::awaitable<After> answer_webhook(Simulator& simulator, Request request, std::shared_ptr<Connection> connection)
{
    Call call;
    call.vendor = "webhook";
    call.method = request.method;
    call.path = request.path;
    auto const text = std::make_shared<Text>();
    auto refused = judge(simulator, request, call.params, *text);
    call.to = text->to;
    Way way;
    way.act = [&simulator, text](Call& running) { return take(simulator, std::move(*text), running); };
    way.planned = [](CallPlan const& plan) { return refusal(plan.status, plan.message.empty() ? "simulated" : plan.message); };
    return answer_call(simulator, std::move(call), std::move(refused), std::move(way), std::move(connection));
}

} // namespace pollux::sims::sms
