// What a simulator was asked and how each call ended, for tests to read. A Call has id, started_at, ended_at (seconds since 1970) and
// state; describing it is its simulator's part.
#pragma once

#include "json_values.hpp"

#include <algorithm>
#include <chrono>
#include <deque>

namespace pollux::sims {

enum class CallState { running, finished, aborted, broken }; // aborted: the client went first; broken: we did, as planned.

inline std::string_view word_of(CallState state)
{
    switch (state) {
    case CallState::running: return "running";
    case CallState::finished: return "finished";
    case CallState::aborted: return "aborted";
    case CallState::broken: return "broken";
    }
    return "";
}

inline double seconds_since_1970()
{
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

template <class Call>
class CallLog {
public:
    explicit CallLog(std::size_t calls_max) : calls_max_(calls_max) {}

    // The reference holds until the call is dropped, which a running one never is.
    Call& begin(Call call)
    {
        call.id = ++last_id_;
        call.started_at = seconds_since_1970();
        ++total_;
        running_max_ = std::max(running_max_, ++running_);
        calls_.push_back(std::move(call));
        return calls_.back();
    }

    void end(Call& call, CallState state)
    {
        call.state = state;
        call.ended_at = seconds_since_1970();
        --running_;
        if (state == CallState::aborted) ++aborted_;
        // Only from the front: a deque keeps the places of all others.
        while (calls_.size() > calls_max_ && calls_.front().state != CallState::running) calls_.pop_front();
    }

    // Forgets all that have ended.
    void clear()
    {
        while (!calls_.empty() && calls_.front().state != CallState::running) calls_.pop_front();
        total_ = running_;
        aborted_ = 0;
        running_max_ = running_;
        cleared_to_ = last_id_;
    }

    // {"total", "running", "running_max", "aborted", "calls": [...]}; calls whose id is greater than `after`.
    template <class Describe>
    json::object describe(std::int64_t after, Describe describe_call) const
    {
        json::array calls;
        for (auto const& call : calls_) {
            bool const forgotten = call.id <= cleared_to_ && call.state != CallState::running;
            if (call.id > after && !forgotten) calls.push_back(describe_call(call));
        }
        return {
            {"total", total_}, {"running", running_}, {"running_max", running_max_}, {"aborted", aborted_}, {"calls", std::move(calls)}};
    }

private:
    std::size_t calls_max_;
    std::deque<Call> calls_;
    std::int64_t last_id_ = 0;
    std::int64_t cleared_to_ = 0; // Calls up to this id are shown only while they run.
    std::int64_t total_ = 0;
    std::int64_t aborted_ = 0;
    int running_ = 0;
    int running_max_ = 0;
};

} // namespace pollux::sims
