#include "sms/reports.hpp"

#include "call_log.hpp"
#include "digests.hpp"
#include "http_client.hpp"
#include "random.hpp"
#include "server.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <ctime>
#include <map>
#include <stdexcept>

namespace pollux::sims::sms {

using std::chrono::milliseconds;

namespace {

constexpr std::size_t reports_kept = 100'000;
constexpr char shared_key_id[] = "webhooks_sharedkey_00000000000000000000000001";

std::vector<std::pair<std::string, std::string>> headers_of(std::string const& signature, bool is_shared_key)
{
    std::vector<std::pair<std::string, std::string>> headers{{"Content-Type", "application/x-www-form-urlencoded; charset=UTF-8"},
                                                             {"User-Agent", "TwilioProxy/1.1"},
                                                             {"I-Twilio-Idempotency-Token", random_letters(36)}};
    if (is_shared_key)
        headers.emplace_back("X-Twilio-Webhooks-Signature-Settings", std::string("key=") + shared_key_id + ",algorithm=HMAC_SHA256");
    if (!signature.empty()) headers.emplace_back("X-Twilio-Signature", signature);
    return headers;
}

// yyMMddHHmm, as carriers write it.
std::string done_date(double seconds)
{
    auto const time = static_cast<std::time_t>(seconds);
    std::tm parts{};
    gmtime_r(&time, &parts);
    char text[16];
    auto const size = std::strftime(text, sizeof text, "%y%m%d%H%M", &parts);
    return std::string(text, size);
}

FormFields fields_of(Text const& text)
{
    FormFields fields{{"AccountSid", text.account},   {"ApiVersion", "2010-04-01"}, {"From", text.from},        {"MessageSid", text.id},
                      {"MessageStatus", text.status}, {"SmsSid", text.id},          {"SmsStatus", text.status}, {"To", text.to}};
    if (!text.service.empty()) fields.emplace_back("MessagingServiceSid", text.service);
    if (text.error_code != 0) fields.emplace_back("ErrorCode", std::to_string(text.error_code));
    if (text.status == "delivered" || text.status == "undelivered") fields.emplace_back("RawDlrDoneDate", done_date(text.updated_at));
    return fields;
}

} // namespace

std::string twilio_signature(std::string_view key, bool is_shared_key, std::string_view url, FormFields const& fields)
{
    std::string signed_text(url.substr(0, url.find('#')));
    std::map<std::string, std::set<std::string>> sorted; // What stands there twice counts once.
    for (auto const& [name, value] : fields) sorted[name].insert(value);
    for (auto const& [name, values] : sorted) {
        for (auto const& value : values) signed_text.append(name).append(value);
    }
    return hmac_base64(is_shared_key ? Hash::sha256 : Hash::sha1, key, signed_text);
}

std::string_view Reports::word(State state)
{
    constexpr std::string_view words[] = {"held", "waiting", "running", "succeeded", "failed", "dropped"};
    return words[static_cast<std::size_t>(state)];
}

void Reports::set_plan(json::object const& how)
{
    plan_ = plan_.changed(how);
    pump();
}

void Reports::send(Text const& text, std::string const& auth_token)
{
    if (text.status_url.empty()) return;
    auto const report = std::make_shared<Report>();
    report->id = ++last_id_;
    report->text_id = text.id;
    report->to = text.to;
    report->status = text.status;
    report->url = text.status_url;
    report->token = auth_token;
    report->fields = fields_of(text);
    while (all_.size() >= reports_kept) all_.pop_front();
    all_.push_back(report);
    if (plan_.mode == ReportPlan::Mode::drop || plan_.lost.contains(text.status)) {
        report->state = State::dropped;
    } else if (plan_.mode == ReportPlan::Mode::send) {
        parallel_ = 0;
        start(report, plan_.copies.pick(), 0, plan_.delay_ms);
    }
}

void Reports::start(Shared const& report, std::size_t copies, std::size_t parallel, Range delay_ms)
{
    report->state = copies == 0 ? State::dropped : State::waiting;
    parallel_ = parallel;
    for (std::size_t copy = 0; copy < copies; ++copy) {
        ++waiting_;
        auto const delay = delay_ms.pick();
        if (delay == 0) {
            ready_.push_back(report);
        } else {
            asio::co_spawn(*executor_, wait(report, delay), must_not_fail);
        }
    }
    pump();
}

asio::awaitable<void> Reports::wait(Shared report, std::size_t delay_ms)
{
    asio::steady_timer timer(*executor_, milliseconds(delay_ms));
    co_await timer.async_wait(asio::use_awaitable);
    ready_.push_back(std::move(report));
    pump();
}

void Reports::pump()
{
    auto const most = parallel_ > 0 ? parallel_ : plan_.parallel;
    while (running_ < most && !ready_.empty()) {
        auto report = std::move(ready_.front());
        ready_.pop_front();
        --waiting_;
        ++running_;
        report->state = State::running;
        asio::co_spawn(*executor_, attempt(std::move(report)), must_not_fail);
    }
}

// The origin is the plan's, where it names one; path and query stay.
std::string Reports::address_of(std::string const& url) const
{
    if (plan_.deliver_to.empty()) return url;
    auto const scheme = url.find("://");
    auto const path = scheme == std::string::npos ? std::string::npos : url.find_first_of("/?#", scheme + 3);
    return plan_.deliver_to + (path == std::string::npos ? std::string() : url.substr(path));
}

asio::awaitable<void> Reports::attempt(Shared report)
{
    bool const is_shared_key = !plan_.shared_key.empty();
    auto const& key = is_shared_key ? plan_.shared_key : report->token;
    auto const signature = twilio_signature(key, is_shared_key, report->url, report->fields);
    auto const headers = headers_of(signature, is_shared_key); // The token in them stays when it is tried again.
    for (std::size_t tried = 0;; ++tried) {
        auto const posted =
            co_await post(address_of(report->url), headers, write_form_fields(report->fields), milliseconds(plan_.timeout_ms));
        json::object attempt{{"at", seconds_since_1970()}, {"status", posted.status}};
        if (!posted.error.empty()) attempt["error"] = posted.error;
        report->attempts.push_back(std::move(attempt));
        bool const is_taken = posted.status >= 200 && posted.status < 300;
        report->state = is_taken ? State::succeeded : State::failed;
        if (is_taken || tried >= plan_.retries) break;
        asio::steady_timer timer(*executor_, milliseconds(plan_.retry_ms.pick()));
        co_await timer.async_wait(asio::use_awaitable);
    }
    --running_;
    pump();
}

std::size_t Reports::release(json::object const& how)
{
    std::vector<Shared> held;
    for (auto const& report : all_) {
        if (report->state == State::held) held.push_back(report);
    }
    auto const* order = how.if_contains("order");
    if (order && order->is_array()) {
        std::vector<Shared> wanted;
        for (auto const& id : order->get_array()) {
            auto const found =
                std::ranges::find_if(held, [&](auto const& report) { return id.is_int64() && report->id == id.get_int64(); });
            if (found == held.end()) throw std::invalid_argument("no report that is held has the id " + json::serialize(id));
            wanted.push_back(*found);
        }
        held = std::move(wanted);
    } else if (order) {
        auto const word = text_of(how, "order");
        if (word == "reverse") {
            std::ranges::reverse(held);
        } else if (word == "shuffle") {
            for (auto i = held.size(); i > 1; --i) std::swap(held[i - 1], held[random_number(0, i - 1)]);
        } else if (word != "as_is") {
            throw std::invalid_argument("order is as_is, reverse, shuffle or a list of report ids");
        }
    }
    auto const copies = read_range(how, "copies", plan_.copies);
    auto const delay_ms = read_range(how, "delay_ms", {0, 0});
    auto const parallel = read_count(how, "parallel", 0);
    for (auto const& report : held) start(report, copies.pick(), parallel, delay_ms);
    return held.size();
}

std::size_t Reports::drop_held()
{
    std::size_t count = 0;
    for (auto const& report : all_) {
        if (report->state != State::held) continue;
        report->state = State::dropped;
        ++count;
    }
    return count;
}

asio::awaitable<json::object> Reports::forge(json::object how)
{
    FormFields fields;
    if (auto const* given = object_in(how, "fields")) {
        for (auto const& field : *given) fields.emplace_back(field.key(), field.value().as_string());
    }
    auto const url = text_of(how, "url");
    auto const signed_url = how.contains("signed_url") ? text_of(how, "signed_url") : url;
    auto signature = twilio_signature(text_of(how, "token"), false, signed_url, fields);
    if (how.contains("signature")) signature = text_of(how, "signature");
    auto const posted =
        co_await post(address_of(url), headers_of(signature, false), write_form_fields(fields), milliseconds(plan_.timeout_ms));
    co_return json::object{{"status", posted.status}, {"body", posted.body}, {"error", posted.error}, {"signature", signature}};
}

asio::awaitable<bool> Reports::drain(std::size_t limit_ms)
{
    asio::steady_timer timer(co_await asio::this_coro::executor);
    auto const end = std::chrono::steady_clock::now() + milliseconds(limit_ms);
    while (running_ + waiting_ > 0 && std::chrono::steady_clock::now() < end) {
        timer.expires_after(milliseconds(2));
        co_await timer.async_wait(asio::use_awaitable);
    }
    co_return running_ + waiting_ == 0;
}

json::object Reports::describe(std::string_view state, std::string_view text_id) const
{
    json::array list;
    std::map<std::string_view, std::int64_t> counts{{"held", 0},      {"waiting", 0}, {"running", 0},
                                                    {"succeeded", 0}, {"failed", 0},  {"dropped", 0}};
    if (!state.empty() && !counts.contains(state)) throw std::invalid_argument("no report is ever '" + std::string(state) + "'");
    for (auto const& report : all_) {
        ++counts[word(report->state)];
        if ((!state.empty() && state != word(report->state)) || (!text_id.empty() && text_id != report->text_id)) continue;
        list.push_back({{"id", report->id},
                        {"text_id", report->text_id},
                        {"to", report->to},
                        {"status", report->status},
                        {"url", report->url},
                        {"state", word(report->state)},
                        {"attempts", report->attempts}});
    }
    json::object described;
    for (auto const& [name, count] : counts) described[name] = count;
    described["reports"] = std::move(list);
    return described;
}

void Reports::forget()
{
    std::erase_if(all_, [](auto const& report) { return report->state != State::waiting && report->state != State::running; });
}

} // namespace pollux::sims::sms
