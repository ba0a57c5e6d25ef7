// Delivery reports on their way to StatusCallback: signed as Twilio signs, at once or held back until they are released in some order,
// several times, late, lost.
#pragma once

#include "form_encoding.hpp"
#include "sms/report_plan.hpp"
#include "sms/texts.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <deque>
#include <optional>

namespace pollux::sims::sms {

namespace asio = boost::asio;

// X-Twilio-Signature: of the URL as the sender gave it, and all fields by name.
std::string twilio_signature(std::string_view key, bool is_shared_key, std::string_view url, FormFields const& fields);

class Reports {
public:
    void run_on(asio::any_io_executor executor) { executor_ = std::move(executor); }

    void set_plan(json::object const& how); // Throws std::invalid_argument for what is wrong in it, and then nothing has changed.
    ReportPlan const& plan() const { return plan_; }

    void send(Text const& text, std::string const& auth_token); // Of the status that it has now.

    // {"order": "as_is" | "reverse" | "shuffle" | [report ids], "copies", "parallel", "delay_ms"}: held ones go. How many went.
    std::size_t release(json::object const& how);
    std::size_t drop_held();

    // {"url", "token", "fields", "signature"?, "signed_url"?}: anything at all. What was answered.
    asio::awaitable<json::object> forge(json::object how);

    // Waits until nothing is on its way (held ones are not). False after the time.
    asio::awaitable<bool> drain(std::size_t limit_ms);

    json::object describe(std::string_view state, std::string_view text_id) const;
    void forget(); // All that are not on their way.

private:
    enum class State { held, waiting, running, succeeded, failed, dropped };

    struct Report {
        std::int64_t id = 0;
        std::string text_id;
        std::string to;
        std::string status;
        std::string url;
        std::string token;
        FormFields fields;
        State state = State::held;
        json::array attempts;
    };
    using Shared = std::shared_ptr<Report>;

    void start(Shared const& report, std::size_t copies, std::size_t parallel, Range delay_ms);
    void pump();
    asio::awaitable<void> wait(Shared report, std::size_t delay_ms);
    asio::awaitable<void> attempt(Shared report);
    std::string address_of(std::string const& url) const;
    static std::string_view word(State state);

    std::optional<asio::any_io_executor> executor_;
    ReportPlan plan_;
    std::deque<Shared> all_;
    std::deque<Shared> ready_;
    std::size_t parallel_ = 0; // Of a release; 0: the plan's.
    std::size_t running_ = 0;
    std::size_t waiting_ = 0; // Not yet ready, or ready.
    std::int64_t last_id_ = 0;
};

} // namespace pollux::sims::sms
