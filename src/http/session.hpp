// One connection: request after request, answers in their order, until one side ends it. Beast and sockets are seen by http/*.cpp
// only.
#pragma once

#include "http/dispatch.hpp"
#include "http/request_reader.hpp"
#include "http/server_shared.hpp"

#include <boost/asio/awaitable.hpp>

namespace pollux::http {

struct Target;

class Session final : public Connection {
public:
    Session(Server::Shared& shared, ServerThread& thread, asio::ip::tcp::socket socket, ConnectionCounts::Place place);
    ~Session();

    asio::awaitable<void> run();

    void close_if_idle();
    void cut(); // At the end of a stop: whatever it does, it ends now.

    void give_up() override;
    std::size_t body_bytes_held() const override { return body_share_.bytes(); }

private:
    enum class Next { go_on, close };

    asio::awaitable<Next> serve_one();
    asio::awaitable<Next> serve_read(Target& target, std::string_view method, Steady::time_point started);
    asio::awaitable<RequestReader::Outcome> read_body(Target const& target);
    asio::awaitable<Next> refuse_head();
    asio::awaitable<Next> refuse(Response response, Target const& target, std::string_view method, Steady::time_point started);
    void note_request(Target const& target, std::string_view method, int status, RequestMeter::Kind kind, Steady::time_point started);
    asio::awaitable<Next> write(Response response, std::string_view request_id);
    asio::awaitable<bool> write_events(Response& response, std::string_view request_id);
    static asio::awaitable<std::optional<std::string>> next_events(EventStream& events, std::string_view request_id, bool& is_cut);
    asio::awaitable<bool> write_piece(std::string_view bytes); // One chunk, or plain bytes for HTTP/1.0.
    enum class Holds { memory, nothing };                      // While an answer waits for its reader.
    template <class Buffers>
    asio::awaitable<bool> send(Buffers buffers, Holds holds = Holds::memory);
    std::string head_of(Response const& response, std::string_view request_id);

    Server::Shared& shared_;
    ServerThread& thread_;
    ConnectionCounts::Place place_;
    asio::ip::tcp::socket socket_;
    SocketPeer peer_;
    RequestReader reader_;
    net::DeadlineList::Entry write_deadline_;

    // Of the request being served.
    bool is_head_request_ = false;
    bool keeps_alive_ = false;
    bool is_http_1_1_ = true;
    std::size_t bytes_written_ = 0;
    BodyShare body_share_;
    std::string asker_; // See asker_of().
};

} // namespace pollux::http
