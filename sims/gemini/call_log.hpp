// What the Gemini simulator was asked and how each call ended, for tests to read.
#pragma once

#include <boost/json/object.hpp>

#include <cstdint>
#include <deque>
#include <string>

namespace pollux::sims {

struct Call {
    enum class State { running, finished, aborted, broken }; // aborted: the client went first; broken: we did, as planned.

    std::int64_t id = 0;
    double started_at = 0; // Seconds since 1970.
    double ended_at = 0;
    std::string method; // "streamGenerateContent".
    std::string version;
    std::string model;
    std::string key;
    std::string plan;
    std::string request; // The whole body.
    int status = 0;
    int chunks_sent = 0;
    std::int64_t bytes_sent = 0; // Of the body.
    State state = State::running;
};

class CallLog {
public:
    explicit CallLog(std::size_t calls_max) : calls_max_(calls_max) {}

    Call& begin(Call call); // The reference holds until the call is dropped, which a running one never is.
    void end(Call& call, Call::State state);

    void clear(); // Forgets all that have ended.

    // {"total", "running", "running_max", "aborted", "calls": [...]}; calls whose id is greater than `after`, texts unfolded.
    boost::json::object describe(std::int64_t after) const;

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
