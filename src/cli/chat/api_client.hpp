// Speaks to a Pollux server for one person: adds the access token, renews it when it is refused, and tries again what may be tried
// again (reads, and writes with an Idempotency-Key) while the server restarts or is busy.
#pragma once

#include "cli/chat/json_value.hpp"
#include "cli/chat/token_file.hpp"
#include "net/http_client.hpp"

#include <chrono>
#include <functional>
#include <stdexcept>

namespace pollux::cli {

namespace asio = boost::asio;

// The conversation cannot go on; the message is for the person.
class ChatFailure : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

// No valid tokens any more: log in again.
class LoginNeeded : public ChatFailure {
    using ChatFailure::ChatFailure;
};

enum class Auth { none, token };

struct Call {
    std::string method = "GET";
    std::string path;
    std::string body;            // JSON, or empty.
    std::string idempotency_key; // With one, a write may be repeated.
    Auth auth = Auth::token;
};

struct Answer {
    int status = 0; // 0: the server was not reached.
    JsonValue body;
    std::chrono::seconds retry_after{0};

    bool is_ok() const { return status >= 200 && status < 300; }
    std::string code() const { return text_in(body, "code"); }
    std::string problem() const; // One line for the person.
};

class ApiClient {
public:
    // `notify` hears what the person should know while a call takes long.
    ApiClient(std::string base_url, TokenFile file, std::function<void(std::string const&)> notify);

    // Throws ChatFailure when the server stays away, LoginNeeded when the session is over.
    asio::awaitable<Answer> call(Call call);

    // The request for a reply's events, going on after `last_event_id`.
    net::HttpRequest stream_request(std::string const& path, std::string const& last_event_id) const;

    asio::awaitable<void> renew_tokens(); // Throws LoginNeeded.
    void keep_tokens(Tokens tokens);
    void forget_tokens();
    bool has_tokens() const { return !tokens_.empty(); }
    Tokens const& tokens() const { return tokens_; }
    std::string const& base_url() const { return base_url_; }

private:
    asio::awaitable<Answer> try_once(Call const& call);

    std::string base_url_;
    TokenFile file_;
    Tokens tokens_;
    std::function<void(std::string const&)> notify_;
};

// 0.1 s, 0.2 s, ... 3 s.
std::chrono::milliseconds backoff(int attempt);
asio::awaitable<void> pause(std::chrono::milliseconds time);

} // namespace pollux::cli
