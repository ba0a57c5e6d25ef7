// The conversation of `pollux chat`: takes lines, sends them, shows replies while they are written. A reply outlives the server: after
// a cut the client comes back with Last-Event-ID until the reply is whole.
#pragma once

#include "cli/chat/api_client.hpp"
#include "cli/chat/reply_view.hpp"
#include "cli/chat/waiting_line.hpp"
#include "cli/terminal.hpp"

#include <functional>
#include <optional>

namespace pollux::cli {

// streamed: text as it comes, for people. whole: each reply once it is complete, so that a pipe never holds a half one.
enum class ReplyOutput { streamed, whole };

struct ChatOutput {
    std::function<void(std::string_view)> reply; // Text of replies: standard output.
    std::function<void(std::string_view)> side;  // Everything else, one line: standard error.
    ReplyOutput replies = ReplyOutput::streamed;
};

struct ChatOptions {
    std::string room; // The id of a room; empty: the latest one, or a new one.
    enum class Room { latest, fresh } choice = Room::latest;
    std::string model; // For new rooms; empty: the default.
};

class ChatSession {
public:
    ChatSession(ApiClient& api, LineReader& lines, ChatOutput output, ChatOptions options);

    asio::awaitable<void> open_room();

    // Sends one message and shows its reply. False when the reply failed or the message was refused.
    asio::awaitable<bool> say(std::string content);

    // Until the input ends or /quit. `prompt` is shown before each line.
    asio::awaitable<void> talk(std::string prompt);

    bool is_replying() const { return is_replying_; }

private:
    asio::awaitable<void> command(std::string line);
    asio::awaitable<void> new_room(std::string name);
    asio::awaitable<void> list_rooms();
    asio::awaitable<std::string> enter_room(std::string id); // Why not; empty: it is entered.
    asio::awaitable<bool> retry();
    asio::awaitable<bool> follow(std::string reply_id, std::string stream_url);
    asio::awaitable<void> follow_to_the_end(std::string stream_url, ReplyView& view);
    asio::awaitable<int> read_stream(std::string const& stream_url, ReplyView& view); // The status of the answer.
    asio::awaitable<void> watch_for_stop(std::string reply_id);
    void show(ReplyView::Shown const& shown);

    ApiClient& api_;
    LineReader& lines_;
    ChatOutput output_;
    ChatOptions options_;
    std::string room_;
    std::string last_reply_;
    bool is_replying_ = false;
    bool wants_quit_ = false;
    std::optional<WaitingLine> silence_; // From the question until something of the reply is shown.
};

} // namespace pollux::cli
