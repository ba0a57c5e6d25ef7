#include "sms/calls.hpp"

namespace pollux::sims::sms {

json::object describe_call(Call const& call)
{
    return {{"id", call.id},
            {"started_at", call.started_at},
            {"ended_at", call.ended_at},
            {"vendor", call.vendor},
            {"method", call.method},
            {"path", call.path},
            {"user", call.user},
            {"params", call.params},
            {"to", call.to},
            {"text_id", call.text_id},
            {"plan", call.plan},
            {"status", call.status},
            {"code", call.code},
            {"acted", call.has_acted},
            {"repeated", call.is_repeated},
            {"state", word_of(call.state)}};
}

} // namespace pollux::sims::sms
