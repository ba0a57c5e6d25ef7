#include "cli/chat/chat_session.hpp"

#include "base/secrets.hpp"
#include "base/text.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>

#include <boost/json/serialize.hpp>

namespace pollux::cli {
namespace {

constexpr std::chrono::minutes reply_time_max{15};
constexpr std::string_view help = "/new [name]  a new room      /rooms  your rooms      /room ID  go to a room\n"
                                  "/retry  the last reply anew  /stop   stop the reply  /quit";

std::string room_path(std::string const& room)
{
    return "/chatroom/" + room + "/";
}

std::string id_of(JsonValue const& body, std::string_view path)
{
    std::int64_t const id = integer_in(body, path);
    return id > 0 ? std::to_string(id) : std::string();
}

} // namespace

ChatSession::ChatSession(ApiClient& api, LineReader& lines, ChatOutput output, ChatOptions options)
    : api_(api), lines_(lines), output_(std::move(output)), options_(std::move(options))
{}

asio::awaitable<void> ChatSession::open_room()
{
    if (!options_.room.empty()) {
        auto const refused = co_await enter_room(options_.room);
        if (!refused.empty()) throw ChatFailure("--room: " + refused);
        co_return;
    }
    if (options_.choice == ChatOptions::Room::fresh) co_return co_await new_room("");
    Answer const rooms = co_await api_.call({"GET", "/chatroom/?limit=1"});
    if (!rooms.is_ok()) throw ChatFailure(rooms.problem());
    auto const* results = value_in(rooms.body, "results").if_array();
    if (!results || results->empty()) co_return co_await new_room("");
    room_ = id_of(results->front(), "id");
    output_.side("You are in room " + room_ + ", \"" + text_in(results->front(), "name") + "\".");
}

asio::awaitable<std::string> ChatSession::enter_room(std::string id)
{
    auto number = parse_integer(id);
    if (!number || *number <= 0) co_return "A room is a number, like 1.";
    Answer const room = co_await api_.call({"GET", room_path(id) + "?limit=1"});
    if (!room.is_ok()) co_return room.problem();
    room_ = id;
    last_reply_.clear();
    output_.side("You are in room " + room_ + ", \"" + text_in(room.body, "name") + "\".");
    co_return std::string();
}

asio::awaitable<void> ChatSession::new_room(std::string name)
{
    boost::json::object wish;
    if (!name.empty()) wish["name"] = name;
    if (!options_.model.empty()) wish["model"] = options_.model;
    Call create{"POST", "/chatroom/", boost::json::serialize(wish), random_token()};
    Answer const made = co_await api_.call(std::move(create));
    if (!made.is_ok()) throw ChatFailure(made.problem());
    room_ = id_of(made.body, "id");
    last_reply_.clear();
    output_.side("You are in room " + room_ + ", a new one.");
}

asio::awaitable<void> ChatSession::list_rooms()
{
    Answer const rooms = co_await api_.call({"GET", "/chatroom/?limit=20"});
    if (!rooms.is_ok()) co_return output_.side(rooms.problem());
    auto const* results = value_in(rooms.body, "results").if_array();
    if (!results || results->empty()) co_return output_.side("You have no rooms yet.");
    for (JsonValue const& room : *results) {
        std::string const id = id_of(room, "id");
        output_.side((id == room_ ? "* " : "  ") + id + "  " + one_line(text_in(room, "name"), 40) + "  " +
                     one_line(text_in(room, "last_message.text"), 60));
    }
}

asio::awaitable<void> ChatSession::talk(std::string prompt)
{
    while (!wants_quit_) {
        if (!prompt.empty()) output_.reply(prompt);
        auto line = co_await lines_.next();
        if (!line) break;
        std::string const text(trim(*line));
        if (text.empty()) continue;
        if (text.starts_with('/')) {
            co_await command(text);
        } else {
            co_await say(text);
        }
    }
}

asio::awaitable<void> ChatSession::command(std::string line)
{
    std::size_t const space = line.find(' ');
    std::string const word = line.substr(0, space);
    std::string const rest = space == std::string::npos ? "" : std::string(trim(std::string_view(line).substr(space)));
    if (word == "/quit" || word == "/exit") {
        wants_quit_ = true;
    } else if (word == "/new") {
        co_await new_room(rest);
    } else if (word == "/rooms") {
        co_await list_rooms();
    } else if (word == "/room") {
        auto const refused = co_await enter_room(rest);
        if (!refused.empty()) output_.side(refused);
    } else if (word == "/retry") {
        co_await retry();
    } else if (word == "/stop") {
        output_.side("No reply is being written.");
    } else {
        output_.side(help);
    }
}

asio::awaitable<bool> ChatSession::say(std::string content)
{
    Call send{"POST", room_path(room_) + "message/", json_object({{"content", content}}), random_token()};
    Answer const sent = co_await api_.call(std::move(send));
    if (!sent.is_ok()) {
        output_.side(sent.problem());
        co_return false;
    }
    co_return co_await follow(id_of(sent.body, "reply.id"), text_in(sent.body, "stream_url"));
}

asio::awaitable<bool> ChatSession::retry()
{
    if (last_reply_.empty()) {
        output_.side("There is no reply yet.");
        co_return false;
    }
    Call again{"POST", room_path(room_) + "message/" + last_reply_ + "/retry/", "", random_token()};
    Answer const retried = co_await api_.call(std::move(again));
    if (!retried.is_ok()) {
        output_.side(retried.problem());
        co_return false;
    }
    co_return co_await follow(id_of(retried.body, "reply.id"), text_in(retried.body, "stream_url"));
}

asio::awaitable<bool> ChatSession::follow(std::string reply_id, std::string stream_url)
{
    using namespace asio::experimental::awaitable_operators;
    if (stream_url.empty()) stream_url = room_path(room_) + "message/" + reply_id + "/stream/";
    // A full URL would say where to send the token; it goes to the server of --url only.
    if (!stream_url.starts_with('/')) throw ChatFailure("The server named a stream that is not its own.");
    last_reply_ = reply_id;
    ReplyView view;
    is_replying_ = true;
    auto both = follow_to_the_end(stream_url, view) && watch_for_stop(reply_id);
    co_await std::move(both);
    co_return view.state() == ReplyView::State::done;
}

asio::awaitable<void> ChatSession::follow_to_the_end(std::string stream_url, ReplyView& view)
{
    struct AtEnd { // Also when an exception ends this.
        ChatSession& session;
        ~AtEnd()
        {
            session.is_replying_ = false;
            session.silence_.reset();
            session.lines_.poke();
        }
    } const at_end{*this};

    std::string const awaited =
        output_.replies == ReplyOutput::whole ? "Waiting for the whole reply ..." : "Waiting for the first words ...";
    silence_.emplace(co_await asio::this_coro::executor, output_.side, awaited);
    auto give_up_at = Steady::now() + reply_time_max;
    int failures = 0;
    while (view.state() == ReplyView::State::running) {
        std::string const before = view.last_event_id();
        int const status = co_await read_stream(stream_url, view);
        if (view.state() != ReplyView::State::running) break;
        if (status == 401) {
            co_await api_.renew_tokens();
        } else if (status == 404) {
            throw ChatFailure("This room or reply is no longer there.");
        } else if (status == 400 || status == 204) {
            throw ChatFailure("The server lost track of this reply; /rooms and /room show it.");
        }
        failures = view.last_event_id() == before ? failures + 1 : 1;
        if (Steady::now() > give_up_at) throw ChatFailure("The reply did not end in time.");
        if (failures == 3) output_.side("The connection is lost; the reply goes on as soon as the server is back ...");
        co_await pause(backoff(failures - 1));
    }
    if (output_.replies == ReplyOutput::whole) output_.reply(view.text());
    output_.reply("\n");
}

asio::awaitable<int> ChatSession::read_stream(std::string const& stream_url, ReplyView& view)
{
    net::HttpStream stream(co_await asio::this_coro::executor, api_.stream_request(stream_url, view.last_event_id()));
    net::HttpHead const head = co_await stream.head();
    if (head.status != 200) co_return head.status;
    net::SseParser parser;
    while (view.state() == ReplyView::State::running) {
        std::string const bytes = co_await stream.read();
        if (bytes.empty()) break;
        std::vector<net::SseEvent> events;
        if (!parser.feed(bytes, events)) throw ChatFailure("The server sent an event that is too long.");
        for (net::SseEvent const& event : events) show(view.take(event));
    }
    co_return head.status;
}

asio::awaitable<void> ChatSession::watch_for_stop(std::string reply_id)
{
    bool was_stopped = false;
    while (is_replying_) {
        if (!was_stopped && lines_.peek() == "/stop") {
            was_stopped = true;
            co_await lines_.next();
            Call stop{"POST", room_path(room_) + "message/" + reply_id + "/stop/", "", random_token()};
            Answer const stopped = co_await api_.call(std::move(stop));
            if (!stopped.is_ok()) output_.side(stopped.problem());
            continue;
        }
        co_await lines_.changed();
    }
}

void ChatSession::show(ReplyView::Shown const& shown)
{
    if (output_.replies == ReplyOutput::streamed) {
        if (shown.starts_anew) {
            output_.reply("\n");
            output_.side("The reply starts anew:");
        }
        if (!shown.text.empty()) {
            silence_.reset();
            output_.reply(shown.text);
        }
    } else if (shown.starts_anew) {
        output_.side("The reply starts anew.");
    }
    if (shown.notice.empty()) return;
    if (output_.replies == ReplyOutput::streamed && !shown.is_waiting) output_.reply("\n");
    output_.side(shown.notice);
}

} // namespace pollux::cli
