// The server over real sockets: how bodies come, and which are taken.
#include "http/echo_server.hpp"

namespace pollux {
namespace {

using namespace test;

TEST_F(ServerTest, reads_chunked_bodies)
{
    auto answer = ask("POST /echo/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
                      "6\r\n{\"text\r\n7\r\n\":\"hi\"}\r\n0\r\n\r\n");
    EXPECT_EQ(answer.body, R"({"text":"hi","user":0})");
}

TEST_F(ServerTest, stops_reading_an_endless_chunked_body)
{
    RawClient client(server_->port());
    client.send("POST /echo/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n");
    std::string chunk = "4000\r\n" + std::string(0x4000, ' ') + "\r\n";
    for (int count = 0; count < 200; ++count) {
        if (!client.send(chunk)) break;
    }
    EXPECT_EQ(client.read().status, 413);
}

TEST_F(ServerTest, refuses_a_chunk_line_without_end)
{
    RawClient client(server_->port());
    client.send("POST /echo/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n2;");
    client.send(std::string(20'000, 'x'));
    EXPECT_EQ(client.read().status, 400);
}

TEST_F(ServerTest, takes_json_in_utf8_only)
{
    auto status_of = [&](std::string const& type) { return post("/echo/", R"({"text":"hi"})", "Content-Type: " + type + "\r\n").status; };
    for (auto type : {"application/json", "Application/JSON; charset=utf-8", "application/json;charset=\"UTF-8\"", "application/json; a=b",
                      "application/json; charset=utf8", "application/json; charset=UTF_8", "application/json; charset = 'utf8'"}) {
        EXPECT_EQ(status_of(type), 200) << type;
    }
    for (auto type : {"text/plain", "application/jsonx", "application/json; charset=utf-16", "application/json; charset=notutf-8",
                      "application/json; charset=utf-80", "application/json; charset=", "application/json; charset=utf-8; charset=utf-16",
                      "application/json, text/plain"}) {
        EXPECT_EQ(status_of(type), 415) << type;
    }
}

TEST_F(ServerTest, takes_a_body_that_says_it_is_encoded_as_itself)
{
    for (auto coding : {"identity", "Identity"}) {
        auto const answer =
            post("/echo/", R"({"text":"hi"})", "Content-Type: application/json\r\nContent-Encoding: " + std::string(coding) + "\r\n");
        EXPECT_EQ(answer.status, 200) << coding;
    }
}

TEST_F(ServerTest, sends_continue_to_who_waits_for_it)
{
    RawClient client(server_->port());
    client.send("POST /echo/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nExpect: 100-continue\r\n"
                "Content-Length: 13\r\n\r\n");
    EXPECT_EQ(client.read().status, 100);
    EXPECT_EQ(client.ask(R"({"text":"hi"})").status, 200);
}

} // namespace
} // namespace pollux
