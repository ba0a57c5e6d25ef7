// The way of a call that both vendors share: it is judged, then its plan has its say, then it has its effect, then it is answered.
#pragma once

#include "server.hpp"
#include "sms/simulator.hpp"

namespace pollux::sims::sms {

struct Answer {
    int status = 200;
    json::object body;
    std::string headers = {};
    std::int64_t code = 0; // Twilio's, of a refusal; for the log.
};

// Of a vendor: `act` has the effect of a call that was judged well, and `planned` is the error that a plan asks for.
struct Way {
    std::function<Answer(Call&)> act;
    std::function<Answer(CallPlan const&)> planned;
};

// `refused`: what a call that was judged badly gets; then neither plan nor effect.
asio::awaitable<After> answer_call(Simulator& simulator, Call asked, std::optional<Answer> refused, Way way,
                                   std::shared_ptr<Connection> connection);

} // namespace pollux::sims::sms
