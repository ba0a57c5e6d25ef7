// `pollux chat`: talks to a running server from a terminal, or with --message or piped lines from a script.
#pragma once

#include <string>
#include <vector>

namespace pollux::cli {

struct ChatArguments {
    std::string url = "http://127.0.0.1:8000";
    bool dev = false;   // Log in as the number for developing, or fail.
    std::string mobile; // Log in as this one.
    std::string room;   // Empty: the latest.
    bool new_room = false;
    std::string model;
    std::vector<std::string> messages; // Sent one after the other; then it ends.
};

// The exit code: 0, 1 when a reply failed or was refused, 2 when it did not come to a conversation.
int chat(ChatArguments const& arguments);

} // namespace pollux::cli
