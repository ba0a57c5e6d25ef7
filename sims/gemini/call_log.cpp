#include "gemini/call_log.hpp"

#include "gemini/parts.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <chrono>
#include <stdexcept>

namespace pollux::sims {

namespace json = boost::json;

namespace {

double now()
{
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::string_view word(Call::State state)
{
    switch (state) {
    case Call::State::running: return "running";
    case Call::State::finished: return "finished";
    case Call::State::aborted: return "aborted";
    case Call::State::broken: return "broken";
    }
    return "";
}

// The texts of one content, joined, its files, and the signatures that came back.
json::object describe_turn(json::value const& content)
{
    std::string text;
    json::array signatures;
    json::array files;
    boost::system::error_code none;
    auto const* parts = content.find_pointer("/parts", none);
    if (parts && parts->is_array()) {
        for (auto const& part : parts->get_array()) {
            if (auto const* piece = part.find_pointer("/text", none); piece && piece->is_string()) text += piece->get_string();
            json::value const one{{"parts", json::array{part}}};
            try {
                for (auto& file : describe_files(read_parts(one, "parts").files)) files.push_back(std::move(file));
            } catch (std::invalid_argument const&) {
                files.push_back("unreadable"); // The call was refused for it.
            }
            if (auto const* signature = part.find_pointer("/thoughtSignature", none)) signatures.push_back(*signature);
        }
    }
    auto const* role = content.find_pointer("/role", none);
    return {
        {"role", role ? *role : json::value("user")}, {"text", text}, {"signatures", std::move(signatures)}, {"files", std::move(files)}};
}

json::array describe_turns(json::value const& request)
{
    json::array turns;
    boost::system::error_code none;
    auto const* contents = request.find_pointer("/contents", none);
    if (!contents || !contents->is_array()) return turns;
    for (auto const& content : contents->get_array()) turns.push_back(describe_turn(content));
    return turns;
}

json::object describe_call(Call const& call)
{
    boost::system::error_code failed;
    auto const request = json::parse(call.request, failed);
    auto const at = [&](char const* pointer) {
        boost::system::error_code none;
        auto const* found = request.find_pointer(pointer, none);
        return found ? *found : json::value();
    };
    return {{"id", call.id},
            {"started_at", call.started_at},
            {"ended_at", call.ended_at},
            {"method", call.method},
            {"version", call.version},
            {"model", call.model},
            {"key", call.key},
            {"plan", call.plan},
            {"status", call.status},
            {"state", word(call.state)},
            {"chunks_sent", call.chunks_sent},
            {"bytes_sent", call.bytes_sent},
            {"system", at("/systemInstruction/parts/0/text")},
            {"continuation", at("/continuationToken")},
            {"turns", describe_turns(request)}};
}

} // namespace

Call& CallLog::begin(Call call)
{
    call.id = ++last_id_;
    call.started_at = now();
    ++total_;
    running_max_ = std::max(running_max_, ++running_);
    calls_.push_back(std::move(call));
    return calls_.back();
}

void CallLog::end(Call& call, Call::State state)
{
    call.state = state;
    call.ended_at = now();
    --running_;
    if (state == Call::State::aborted) ++aborted_;
    // Only from the front: a deque keeps the places of all others.
    while (calls_.size() > calls_max_ && calls_.front().state != Call::State::running) calls_.pop_front();
}

void CallLog::clear()
{
    while (!calls_.empty() && calls_.front().state != Call::State::running) calls_.pop_front();
    total_ = running_;
    aborted_ = 0;
    running_max_ = running_;
    cleared_to_ = last_id_;
}

json::object CallLog::describe(std::int64_t after) const
{
    json::array calls;
    for (auto const& call : calls_) {
        bool const forgotten = call.id <= cleared_to_ && call.state != Call::State::running;
        if (call.id > after && !forgotten) calls.push_back(describe_call(call));
    }
    return {{"total", total_}, {"running", running_}, {"running_max", running_max_}, {"aborted", aborted_}, {"calls", std::move(calls)}};
}

} // namespace pollux::sims
