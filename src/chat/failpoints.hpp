// The failpoints of this room (base/failpoint.hpp): a process can be made to die at each of them, and nothing that was accepted may be
// lost or doubled by it. Tests walk through the list.
#pragma once

#include <array>
#include <string_view>

namespace pollux::chat {

inline constexpr auto failpoint_names = std::to_array<std::string_view>({
    "send_after_quota",          // Inside the send's transaction: the unit is taken.
    "send_after_question",       //
    "send_before_job",           // The reply is there, its job is not.
    "send_after_reply",          //
    "send_after_room",           //
    "send_before_commit",        //
    "send_after_commit",         // The client knows nothing yet.
    "retry_before_commit",       //
    "retry_after_commit",        //
    "claim_before_commit",       //
    "claim_after_commit",        // Claimed, and nobody works on it.
    "upstream_before_call",      //
    "upstream_first_delta",      // The first text has come and no reader has it.
    "call_after_count",          // Another call is counted, and not made.
    "attempt_before_feed",       // Another model writes, and readers do not know.
    "put_back_before_commit",    //
    "put_back_after_commit",     //
    "finish_after_message",      // Inside the finish's transaction.
    "finish_after_job",          //
    "finish_after_quota",        //
    "finish_before_commit",      //
    "finish_after_commit",       // Readers know nothing yet.
    "title_before_rename",       // A model has named a room, and its tokens are counted.
    "title_after_commit",        //
    "stop_before_commit",        // Of a queued reply.
    "stop_after_commit",         //
    "room_delete_before_commit", //
    "room_delete_after_commit",  //
});

} // namespace pollux::chat
