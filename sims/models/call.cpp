#include "models/call.hpp"

namespace pollux::sims {

json::object describe_call(ModelCall const& call)
{
    return {{"id", call.id},
            {"started_at", call.started_at},
            {"ended_at", call.ended_at},
            {"method", call.method},
            {"model", call.model},
            {"key", call.key},
            {"plan", call.plan},
            {"status", call.status},
            {"state", word_of(call.state)},
            {"chunks_sent", call.chunks_sent},
            {"bytes_sent", call.bytes_sent}};
}

} // namespace pollux::sims
