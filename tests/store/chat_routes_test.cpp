// The routes of the chat room, called as the HTTP session calls them, without a socket: a table of requests and what is expected.
#include "chat/chat_routes.hpp"

#include "chat_worker_fixture.hpp"
#include "http/error_response.hpp"
#include "http/header_fields.hpp"
#include "http/router.hpp"

#include <set>

namespace pollux::test {
namespace {

struct Scenario {
    std::string_view request; // Method and path; R, Q and A stand for the room, its question and the reply.
    std::string_view body;
    int status = 200;
    std::string_view answer; // Part of the body; of an error, its code and then field and code of each wrong field.
    std::string_view header = {};
};

constexpr Scenario scenarios[] = {
    {"POST /chatroom/", R"({"name":"a"})", 201, R"("name":"a")"},
    {"POST /chatroom/", R"({"system_prompt":"Be brief."})", 201, R"("system_prompt":"Be brief.")"},
    {"POST /chatroom/create/", "", 201, R"("name":"New chat")"},
    {"POST /chatroom/", R"({"name":""})", 422, "invalid_input name:too_short"},
    {"POST /chatroom/", R"({"model":"none"})", 422, "invalid_input model:unknown_model"},
    {"POST /chatroom/", R"({"owner":1})", 422, "invalid_input owner:unknown_field"},
    {"GET /chatroom/", "", 200, R"("results":[{"id":)"},
    {"GET /chatroom/?limit=1", "", 200, R"("next":)"},
    {"GET /chatroom/?limit=0", "", 422, "invalid_input limit:"},
    {"GET /chatroom/?cursor=x", "", 400, "cursor_invalid"},
    {"GET /chatroom/?q=ecole", "", 200, "École"},
    {"GET /chatroom/R/", "", 200, R"("messages":[{"id":Q)"},
    {"GET /chatroom/R/?cursor=x", "", 400, "cursor_invalid"},
    {"GET /chatroom/999999/", "", 404, "room_not_found"},
    {"GET /chatroom/x/", "", 404, "not_found"},
    {"PATCH /chatroom/R/", R"({"pinned":true})", 200, R"("pinned":true)"},
    {"PATCH /chatroom/R/", R"({"pinned":1})", 422, "invalid_input pinned:"},
    {"PATCH /chatroom/999999/", R"({"name":"b"})", 404, "room_not_found"},
    {"POST /chatroom/R/message/", R"({"content":"hello"})", 201, R"("status":"queued")"},
    {"POST /chatroom/R/message/", R"({"content":""})", 422, "invalid_input content:too_short"},
    {"POST /chatroom/R/message/", R"({"content":"\u0000"})", 422, "invalid_input content:"},
    {"POST /chatroom/R/message/?wait=26", R"({"content":"hello"})", 422, "invalid_input wait:"},
    {"POST /chatroom/999999/message/", R"({"content":"hello"})", 404, "room_not_found"},
    {"POST /chatroom/R/message/", R"({"content":"hello"})", 400, "bad_event_id", "Last-Event-ID: junk"},
    {"POST /chatroom/R/message/", R"({"content":"never said"})", 400, "bad_event_id", "Last-Event-ID: 1-4"},
    {"GET /chatroom/R/message/A/", "", 200, R"("reply_to":Q)"},
    {"GET /chatroom/R/message/999999/", "", 404, "message_not_found"},
    {"GET /chatroom/R/message/A/stream/?lastEventId=junk", "", 400, "bad_event_id"},
    {"GET /chatroom/R/message/A/stream/", "", 400, "bad_event_id", "Last-Event-ID: 1-2-3-4"},
    {"GET /chatroom/R/message/Q/stream/", "", 404, "message_not_found"},
    {"GET /chatroom/R/message/A/variants/", "", 200, R"("results":[{"id":A)"},
    {"GET /chatroom/R/message/A/variants/?cursor=x", "", 400, "cursor_invalid"},
    {"GET /chatroom/R/message/Q/variants/", "", 404, "message_not_found"},
    {"POST /chatroom/R/message/A/retry/", "", 409, "reply_running"},
    {"POST /chatroom/R/message/A/stop/", "", 200, R"("status":"stopped")"},
    {"POST /chatroom/R/message/A/stop/", "", 200, R"("status":"stopped")"},
    {"POST /chatroom/R/message/A/retry/", "", 201, R"("variant":2)"},
    {"POST /chatroom/R/message/Q/stop/", "", 404, "message_not_found"},
    {"GET /models/", "", 200, R"("is_default":true)"},
    {"DELETE /chatroom/R", "", 204, ""},
    {"DELETE /chatroom/R", "", 404, "room_not_found"},
};

class ChatRoutes : public ChatWorker {
protected:
    ChatRoutes()
    {
        service.emplace(parts());
        chat::add_chat_routes(router, *(api = std::make_unique<chat::ChatApi>(*service, feed, notices)));
        user = add_user();
        add_room(user, "École");
        room = add_room(user);
        auto const sent = say(user, room);
        question = sent.message.id;
        reply = sent.reply.id;
    }

    static asio::awaitable<Result<http::Response>> handle(http::Route const& route, http::Request const& request)
    {
        co_return co_await route.handler(request);
    }

    std::string with_ids(std::string_view text) const
    {
        std::string out;
        for (std::size_t at = 0; at < text.size(); ++at) {
            bool const is_alone = at > 0 && (text[at - 1] == '/' || text[at - 1] == ':');
            if (is_alone && text[at] == 'R') {
                out += std::to_string(room.value);
            } else if (is_alone && text[at] == 'Q') {
                out += std::to_string(question.value);
            } else if (is_alone && text[at] == 'A') {
                out += std::to_string(reply.value);
            } else {
                out += text[at];
            }
        }
        return out;
    }

    std::pair<int, std::string> call(std::string_view method, std::string_view path_and_query, std::string_view body,
                                     std::string_view header)
    {
        boost::beast::http::fields beast_fields;
        if (!header.empty()) {
            auto const colon = header.find(": ");
            beast_fields.set(header.substr(0, colon), header.substr(colon + 2));
            beast_fields.set("Accept", "text/event-stream");
        }
        http::HeaderFields const fields(beast_fields);
        auto const mark = std::min(path_and_query.find('?'), path_and_query.size());
        http::Request request;
        request.method = method;
        request.path = path_and_query.substr(0, mark);
        request.query = path_and_query.substr(std::min(mark + 1, path_and_query.size()));
        request.parameters = *http::parse_query(request.query);
        request.body = body;
        request.deadline = Steady::now() + patience;
        request.fields = &fields;
        request.identity = http::Identity{.user = user, .session = SessionId{1}};
        auto const found = router.find(method, request.path);
        if (!found.route) return {404, "not_found"};
        request.path_parameters = found.parameters;
        auto response = on_runtime(handle(*found.route, request));
        if (response) return {response->status, std::string(response->bytes())};
        auto const& error = response.error();
        auto text = error.code();
        for (auto const& field : error.fields()) text += " " + field.field + ":" + field.code;
        return {http::status_of(error), text};
    }

    http::Router router;
    std::unique_ptr<chat::ChatApi> api;
    UserId user;
    RoomId room;
    MessageId question;
    MessageId reply;
};

TEST_F(ChatRoutes, answer_as_the_table_says)
{
    for (auto const& scenario : scenarios) {
        auto const request = with_ids(scenario.request);
        auto const space = request.find(' ');
        auto const [status, answer] = call(request.substr(0, space), request.substr(space + 1), scenario.body, scenario.header);
        EXPECT_EQ(status, scenario.status) << request << " " << scenario.body << " -> " << answer;
        EXPECT_NE(answer.find(with_ids(scenario.answer)), std::string::npos) << request << " " << scenario.body << " -> " << answer;
    }
}

TEST_F(ChatRoutes, list_rooms_without_their_system_prompts)
{
    call("PATCH", with_ids("/chatroom/R/"), R"({"system_prompt":"Speak Latin."})", "");
    EXPECT_NE(call("GET", with_ids("/chatroom/R/"), "", "").second.find("Speak Latin."), std::string::npos);
    for (auto const* path : {"/chatroom/", "/chatroom/?limit=100", "/chatroom/?q=e"}) {
        EXPECT_EQ(call("GET", path, "", "").second.find("system_prompt"), std::string::npos) << path;
    }
}

TEST_F(ChatRoutes, need_a_user_and_say_what_they_are)
{
    std::set<std::string_view> ids;
    for (auto const& route : router.routes()) {
        EXPECT_EQ(route.options.access, http::Access::user) << route.path;
        EXPECT_FALSE(route.options.summary.empty()) << route.path;
        EXPECT_FALSE(route.options.tag.empty()) << route.path;
        if (route.options.is_documented) EXPECT_TRUE(ids.insert(route.options.id).second) << route.options.id;
        bool const is_send = route.options.id == "sendMessage" || route.options.id == "retryReply";
        EXPECT_EQ(route.options.limits == http::RateClass::send, is_send) << route.options.id;
    }
}

} // namespace
} // namespace pollux::test
