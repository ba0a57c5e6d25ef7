#include "cli/chat/chat_session.hpp"
#include "cli/chat/login.hpp"

#include "support/temp_folder.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

namespace pollux::cli {
namespace {

using asio::ip::tcp;

// Plays the server: each request must be the next one of the script, and gets its answer; then the connection is closed, which cuts
// an answer without a length.
struct Exchange {
    std::string request;          // "POST /chatroom/1/message/"
    std::vector<std::string> has; // What must stand in head or body.
    std::string answer;
};

std::string json_answer(std::string status, std::string body, std::string more = "")
{
    return "HTTP/1.1 " + status + "\r\nContent-Type: application/json\r\n" + more + "Content-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body;
}

std::string stream_answer(std::string events)
{
    return "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n" + events;
}

class ScriptedServer {
public:
    ScriptedServer(asio::io_context& io, std::vector<Exchange> script, std::function<void()> on_held)
        : acceptor_(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0)), script_(std::move(script)), on_held_(std::move(on_held))
    {
        asio::co_spawn(io, accept(), asio::detached);
    }

    std::string url() const { return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()); }
    std::vector<std::string> const& faults() const { return faults_; }
    std::size_t served() const { return served_; }
    std::string keys() const { return keys_; } // The Idempotency-Keys that came, one after the other.

private:
    asio::awaitable<void> accept()
    {
        for (;;) {
            auto socket = co_await acceptor_.async_accept(asio::use_awaitable);
            asio::co_spawn(acceptor_.get_executor(), serve(std::move(socket)), asio::detached);
        }
    }

    asio::awaitable<void> serve(tcp::socket socket)
    {
        std::string text;
        std::size_t head = co_await asio::async_read_until(socket, asio::dynamic_buffer(text), "\r\n\r\n", asio::use_awaitable);
        std::size_t length_at = text.find("Content-Length: ");
        std::size_t length = length_at == std::string::npos ? 0 : std::stoul(text.substr(length_at + 16));
        if (text.size() < head + length) {
            co_await asio::async_read(socket, asio::dynamic_buffer(text), asio::transfer_exactly(head + length - text.size()),
                                      asio::use_awaitable);
        }
        std::string answer = answer_to(text);
        boost::system::error_code ignored;
        co_await asio::async_write(socket, asio::buffer(answer), asio::redirect_error(asio::use_awaitable, ignored));
        if (answer.find("held open") == std::string::npos) co_return;
        held_.push_back(std::move(socket)); // Until the script releases it.
        on_held_();
    }

    std::string answer_to(std::string const& text)
    {
        std::string const nothing = json_answer("404 No", "{}"); // Ends a test that went wrong.
        if (served_ >= script_.size()) faults_.push_back("more requests than expected: " + text);
        if (!faults_.empty()) return nothing;
        Exchange const& expected = script_[served_++];
        if (!text.starts_with(expected.request + " HTTP/1.1\r\n")) faults_.push_back(expected.request + " was expected, not " + text);
        for (std::string const& part : expected.has) {
            if (text.find(part) == std::string::npos) faults_.push_back(part + " is missing in " + text);
        }
        std::size_t key = text.find("Idempotency-Key: ");
        if (key != std::string::npos) keys_ += text.substr(key + 17, 43) + " ";
        if (expected.answer.starts_with("release ")) {
            for (tcp::socket& socket : held_) asio::write(socket, asio::buffer(released_));
            held_.clear();
            return expected.answer.substr(8);
        }
        return expected.answer;
    }

    tcp::acceptor acceptor_;
    std::vector<Exchange> script_;
    std::function<void()> on_held_;
    std::vector<tcp::socket> held_;
    std::string released_ = "event: done\nid: 1-end\ndata: {\"message\":{\"status\":\"stopped\",\"content\":\"Hel\"}}\n\n";
    std::vector<std::string> faults_;
    std::string keys_;
    std::size_t served_ = 0;
};

class Chat : public testing::Test {
protected:
    void SetUp() override { ASSERT_EQ(::pipe(input_), 0); }
    void TearDown() override
    {
        for (int end : input_) {
            if (end >= 0) ::close(end);
        }
    }

    // Runs `work` against the script; the client starts with tokens unless told otherwise.
    template <class Work>
    void run(std::vector<Exchange> script, Work work, Tokens tokens = {"access-1", "refresh-1", "+4915112345678"})
    {
        asio::io_context io(1);
        std::size_t expected = script.size();
        ScriptedServer server(io, std::move(script), [this] { type(typed_when_held_); });
        TokenFile file(token_path());
        if (!tokens.empty()) file.save(tokens);
        LineReader lines(io.get_executor(), input_[0]);
        ApiClient api(server.url(), file, [this](std::string const& line) { side_ += line + "\n"; });
        ChatOutput output{[this](std::string_view text) { replies_ += text; },
                          [this](std::string_view line) { side_.append(line).append("\n"); }, ReplyOutput::whole};
        ChatSession session(api, lines, output, {.room = "1"});
        asio::co_spawn(io, work(api, session), [&](std::exception_ptr failure) {
            try {
                if (failure) std::rethrow_exception(failure);
            } catch (std::exception const& what) {
                failure_ = what.what();
            }
            io.stop();
        });
        io.run();
        for (std::string const& fault : server.faults()) ADD_FAILURE() << fault;
        EXPECT_EQ(server.served(), expected);
        keys_ = server.keys();
    }

    static asio::awaitable<void> say(ApiClient&, ChatSession& session, std::string text, bool* is_well)
    {
        co_await session.open_room();
        *is_well = co_await session.say(std::move(text));
    }

    void run_say(std::vector<Exchange> script)
    {
        auto* is_well = &is_well_;
        run(std::move(script), [is_well](ApiClient& api, ChatSession& session) { return say(api, session, "Hi", is_well); });
    }

    Tell teller()
    {
        return [this](std::string const& line) { side_ += line + "\n"; };
    }

    void type(std::string const& text) { ASSERT_EQ(::write(input_[1], text.data(), text.size()), static_cast<ssize_t>(text.size())); }

    std::filesystem::path token_path() const { return folder_.path() / "state" / "tokens.json"; }

    test::TempFolder folder_;
    int input_[2] = {-1, -1};
    std::string typed_when_held_;
    std::string replies_;
    std::string side_;
    std::string failure_;
    std::string keys_;
    bool is_well_ = false;
};

Exchange const room{"GET /chatroom/1/?limit=1", {"Authorization: Bearer access-1"}, json_answer("200 OK", R"({"id":1,"name":"Tea"})")};
Exchange const sent{"POST /chatroom/1/message/",
                    {R"({"content":"Hi"})"},
                    json_answer("201 Created", R"({"reply":{"id":3},"stream_url":"/chatroom/1/message/3/stream/"})")};
std::string const stream = "GET /chatroom/1/message/3/stream/";
std::string const first_half = "event: start\nid: 1-0\ndata: {\"message_id\":3}\n\nevent: delta\nid: 1-3\ndata: {\"text\":\"Hel\"}\n\n";
std::string const done = "event: done\nid: 1-end\ndata: {\"message\":{\"status\":\"completed\",\"content\":\"Hello\"}}\n\n";

TEST_F(Chat, shows_a_reply)
{
    run_say({room, sent, {stream, {}, stream_answer(first_half + "event: delta\nid: 1-5\ndata: {\"text\":\"lo\"}\n\n" + done)}});
    EXPECT_EQ(replies_, "Hello\n");
    EXPECT_EQ(side_, "You are in room 1, \"Tea\".\n");
    EXPECT_TRUE(is_well_);
}

TEST_F(Chat, ends_where_the_room_that_was_named_is_not_there)
{
    run_say(
        {{room.request, {}, json_answer("404 Not Found", R"({"code":"room_not_found","detail":"There is no such room among yours."})")}});
    EXPECT_EQ(failure_, "--room: There is no such room among yours.");
    EXPECT_EQ(side_, "");
    EXPECT_FALSE(is_well_);
}

TEST_F(Chat, goes_on_after_a_cut)
{
    run_say({room,
             sent,
             {stream, {}, stream_answer(first_half + "event: delta\nid: 1-")},
             {stream, {"Last-Event-ID: 1-3\r\n"}, json_answer("503 Busy", "{}")},
             {stream, {"Last-Event-ID: 1-3\r\n"}, stream_answer("event: delta\nid: 1-5\ndata: {\"text\":\"lo\"}\n\n" + done)}});
    EXPECT_EQ(replies_, "Hello\n");
    EXPECT_TRUE(is_well_);
}

TEST_F(Chat, starts_anew_when_the_server_does)
{
    run_say({room,
             sent,
             {stream, {}, stream_answer(first_half)},
             {stream,
              {"Last-Event-ID: 1-3\r\n"},
              stream_answer("event: restart\nid: 2-0\ndata: {\"attempt\":2}\n\nevent: delta\nid: 2-5\ndata: {\"text\":\"Hello\"}\n\n" +
                            done)}});
    EXPECT_EQ(replies_, "Hello\n");
    EXPECT_NE(side_.find("The reply starts anew."), std::string::npos);
}

TEST_F(Chat, repeats_a_send_with_the_same_key)
{
    Exchange busy = sent;
    busy.answer = json_answer("503 Busy", R"({"detail":"Busy."})");
    run_say({room, busy, sent, {stream, {}, stream_answer(done)}});
    EXPECT_EQ(replies_, "Hello\n");
    ASSERT_EQ(keys_.size(), 88u);
    EXPECT_EQ(keys_.substr(0, 44), keys_.substr(44));
}

TEST_F(Chat, renews_tokens_and_keeps_them)
{
    Exchange refused = room;
    refused.answer = json_answer("401 No", "{}");
    Exchange again = room;
    again.has = {"Authorization: Bearer access-2"};
    run_say({refused,
             {"POST /auth/token/refresh/",
              {R"({"refresh":"refresh-1"})"},
              json_answer("200 OK", R"({"access":"access-2","refresh":"refresh-2"})")},
             again,
             sent,
             {stream, {"Authorization: Bearer access-2"}, stream_answer(done)}});
    EXPECT_EQ(replies_, "Hello\n");
    EXPECT_EQ(TokenFile(token_path()).load().refresh, "refresh-2");
    EXPECT_EQ(TokenFile(token_path()).load().mobile, "+4915112345678");
}

TEST_F(Chat, says_that_the_session_is_over)
{
    Exchange refused = room;
    refused.answer = json_answer("401 No", "{}");
    run_say({refused, {"POST /auth/token/refresh/", {}, json_answer("401 No", "{}")}});
    EXPECT_EQ(failure_, "The session has ended.");
}

TEST_F(Chat, shows_a_refusal)
{
    Exchange refused = sent;
    refused.answer = json_answer("429 Many", R"({"code":"daily_limit_reached","detail":"Your 5 messages of today are used."})");
    run_say({room, refused});
    EXPECT_FALSE(is_well_);
    EXPECT_NE(side_.find("Your 5 messages of today are used.\n"), std::string::npos);
}

TEST_F(Chat, sends_the_token_to_its_own_server_only)
{
    Exchange elsewhere = sent;
    elsewhere.answer = json_answer("201 Created", R"({"reply":{"id":3},"stream_url":"http://127.0.0.1:1/x"})");
    run_say({room, elsewhere});
    EXPECT_EQ(failure_, "The server named a stream that is not its own.");
}

asio::awaitable<void> talk(ChatSession& session)
{
    co_await session.open_room();
    co_await session.talk("");
}

TEST_F(Chat, takes_piped_lines_and_stops)
{
    type("Hi\n");
    typed_when_held_ = "/stop\n/rooms\n/quit\nnever sent\n";
    run({room,
         sent,
         {stream, {}, stream_answer(": held open\n\n" + first_half)},
         {"POST /chatroom/1/message/3/stop/", {}, "release " + json_answer("200 OK", "{}")},
         {"GET /chatroom/?limit=20",
          {},
          json_answer("200 OK", R"({"results":[{"id":1,"name":"Tea","last_message":{"text":"Hi"}}],"next":null})")}},
        [](ApiClient&, ChatSession& session) { return talk(session); });
    EXPECT_EQ(replies_, "Hel\n");
    EXPECT_NE(side_.find("Stopped.\n"), std::string::npos);
    EXPECT_NE(side_.find("* 1  Tea  Hi\n"), std::string::npos);
    EXPECT_EQ(failure_, "");
}

asio::awaitable<void> log_in(ApiClient& api, bool* is_in, Tell tell)
{
    *is_in = co_await log_in_for_developing(api, std::move(tell));
}

TEST_F(Chat, logs_in_as_the_number_for_developing)
{
    bool is_in = false;
    auto* out = &is_in;
    std::string const mobile = R"("mobile":"+11234567890")";
    run(
        {{"POST /auth/send-otp/", {mobile, R"("purpose":"login")"}, json_answer("404 No", R"({"code":"no_account"})")},
         {"POST /auth/signup/", {mobile, R"("password":")"}, json_answer("201 Created", "{}")},
         {"POST /auth/send-otp/", {mobile}, json_answer("200 OK", R"({"otp":"654321","challenge":"c1"})")},
         {"POST /auth/verify-otp/",
          {mobile, R"("code":"654321")", R"("challenge":"c1")"},
          json_answer("200 OK", R"({"access":"a","refresh":"r"})")}},
        [out, this](ApiClient& api, ChatSession&) { return log_in(api, out, teller()); }, Tokens{});
    EXPECT_TRUE(is_in);
    EXPECT_EQ(TokenFile(token_path()).load().access, "a");
    struct stat about{};
    ASSERT_EQ(::stat(token_path().c_str(), &about), 0);
    EXPECT_EQ(about.st_mode & 0777, 0600u);
    ASSERT_EQ(::stat(token_path().parent_path().c_str(), &about), 0);
    EXPECT_EQ(about.st_mode & 0777, 0700u);
}

TEST_F(Chat, says_what_it_waits_for_when_the_code_was_used)
{
    bool is_in = false;
    auto* out = &is_in;
    std::string const too_soon = json_answer("429 Too Many Requests", R"({"code":"otp_cooldown"})", "Retry-After: 1\r\n");
    run(
        {{"POST /auth/send-otp/", {}, too_soon},
         {"POST /auth/verify-otp/", {R"("code":"123456")"}, json_answer("400 No", R"({"code":"invalid_code"})")},
         {"POST /auth/send-otp/", {}, json_answer("200 OK", R"({"otp":"654321","challenge":"c1"})")},
         {"POST /auth/verify-otp/", {R"("code":"654321")"}, json_answer("200 OK", R"({"access":"a","refresh":"r"})")}},
        [out, this](ApiClient& api, ChatSession&) { return log_in(api, out, teller()); }, Tokens{});
    EXPECT_TRUE(is_in);
    EXPECT_NE(side_.find("was used a moment ago; the next one can be asked for in 1 s"), std::string::npos) << side_;
}

} // namespace
} // namespace pollux::cli
