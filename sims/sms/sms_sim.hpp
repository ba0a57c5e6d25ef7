// Twilio and a vendor behind a signed webhook on loopback, with faults on demand, delivery reports and a list of what was sent. See
// sims/README.md.
#pragma once

#include "server.hpp"
#include "sms/simulator.hpp"

namespace pollux::sims {

struct SmsSimOptions {
    std::string listen;
    sms::Account account;
    std::vector<std::string> plan_files; // Loaded at the start.
    std::string deliver_to;              // Where reports go instead of the origin of StatusCallback.
    std::size_t calls_max = 100'000;     // Kept in the log.
    std::size_t texts_max = 100'000;     // Kept in the list.
};

class SmsSim {
public:
    explicit SmsSim(SmsSimOptions const& options);

    asio::awaitable<After> handle(Request request, std::shared_ptr<Connection> connection);

    sms::Simulator& simulator() { return simulator_; }

private:
    sms::Simulator simulator_;
    bool has_begun_ = false;
};

// What the page of sent texts shows, newest first; also for pages of others.
std::string list_of_texts(sms::Texts const& texts);

int run_sms_sim(SmsSimOptions const& options);

} // namespace pollux::sims
