#include "http/router.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

namespace pollux::http {
namespace {

struct Wish {
    Text<1, 10> text;
    std::optional<Int<1, 5>> times;
};
POLLUX_DESCRIBE(Wish, (text, times))

struct Choice {
    std::optional<Int<1, 100>> limit;
    std::optional<bool> all;
    std::optional<Text<1, 5>> q;
};
POLLUX_DESCRIBE(Choice, (limit, all, q))

struct Told {
    std::string text;
    std::int64_t number = 0;
};
POLLUX_DESCRIBE(Told, (text, number))

struct Service {
    std::string name = "s";
};

asio::awaitable<Result<Told>> tell(Service& service, Request const&, Wish wish)
{
    co_return Told{service.name + wish.text.value, wish.times ? wish.times->value : 0};
}

asio::awaitable<Result<Created<Told>>> choose(Service&, Request const& request, Query<Choice> query, Choice body)
{
    auto told = created(Told{std::string(request.path), query.value.limit ? query.value.limit->value : 0}, Replay::repeated);
    told.location = body.q ? "/" + body.q->value : "";
    co_return told;
}

asio::awaitable<Result<NoContent>> nothing(Service&, Request const& request)
{
    auto const id = request.path_id<RoomId>("room");
    if (!id) co_return id.error();
    co_return NoContent{};
}

asio::awaitable<Result<Told>> take_bytes(Service&, Request const&, RawBody body)
{
    co_return Told{std::string(body.bytes), std::int64_t(body.bytes.size())};
}

class RouterTest : public testing::Test {
protected:
    RouterTest()
    {
        router.post("/tell/", tell, service, {.id = "tell"});
        router.post("/choose/", choose, service, {.id = "choose"});
        router.get("/rooms/{room}/", nothing, service, {.id = "getRoom"});
        router.del("/rooms/{room}/", nothing, service, {.id = "dropRoom"});
        router.get("/rooms/{place}/things/{thing}", nothing, service, {.id = "thing"});
        router.get("/rooms/all/", nothing, service, {.id = "allRooms"});
        router.post("/hook/", take_bytes, service, raw_route("hook", "", ""));
        router.alias("POST", "/tell/", "/say/");
    }

    std::string found(std::string_view method, std::string_view path) const
    {
        auto const place = router.find(method, path);
        return place.route ? std::string(place.route->options.id) : "none, " + std::string(place.allow);
    }

    Result<Response> call(std::string_view method, std::string_view path, std::string_view body, std::string_view query = "")
    {
        auto const place = router.find(method, path);
        Request request;
        request.path = path;
        request.query = query;
        request.parameters = *parse_query(query);
        request.body = body;
        request.path_parameters = place.parameters;
        asio::io_context context;
        auto answer = asio::co_spawn(context, place.route->handler(request), asio::use_future);
        context.run();
        return answer.get();
    }

    Service service;
    Router router;
};

TEST_F(RouterTest, finds_a_path_with_and_without_its_last_slash)
{
    EXPECT_EQ(found("POST", "/tell/"), "tell");
    EXPECT_EQ(found("POST", "/tell"), "tell");
    EXPECT_EQ(found("GET", "/rooms/7/things/8"), "thing");
    EXPECT_EQ(found("GET", "/rooms/7/things/8/"), "thing");
}

TEST_F(RouterTest, finds_nothing_else)
{
    for (auto const* path :
         {"", "tell", "/", "/tell//", "//tell", "/tell/x", "/rooms/", "/rooms/7/things", "/rooms/7/things/8/9", "/TELL/", "/tell?"}) {
        EXPECT_EQ(found("POST", path), "none, ") << path;
    }
}

TEST_F(RouterTest, tells_which_methods_a_path_has)
{
    EXPECT_EQ(found("PUT", "/rooms/7/"), "none, GET, HEAD, DELETE, OPTIONS");
    EXPECT_EQ(found("GET", "/tell/"), "none, POST, OPTIONS");
}

TEST_F(RouterTest, a_literal_goes_before_a_parameter)
{
    EXPECT_EQ(found("GET", "/rooms/all/"), "allRooms");
    EXPECT_EQ(found("GET", "/rooms/al/"), "getRoom");
}

TEST_F(RouterTest, parameters_have_the_names_of_their_own_route)
{
    auto const place = router.find("GET", "/rooms/7/things/8/");
    ASSERT_EQ(place.parameters.size(), 2u);
    EXPECT_EQ(place.parameters[0], std::pair(std::string_view("place"), std::string_view("7")));
    EXPECT_EQ(place.parameters[1], std::pair(std::string_view("thing"), std::string_view("8")));
    EXPECT_EQ(router.find("DELETE", "/rooms/7").parameters.at(0).first, "room");
}

TEST_F(RouterTest, an_alias_is_served_and_not_documented)
{
    auto const place = router.find("POST", "/say/");
    ASSERT_TRUE(place.route);
    EXPECT_EQ(place.route->options.id, "tell");
    EXPECT_FALSE(place.route->options.is_documented);
    EXPECT_THROW(router.alias("GET", "/tell/", "/other/"), std::logic_error);
}

TEST_F(RouterTest, one_route_a_place)
{
    EXPECT_THROW(router.post("/tell", tell, service, {.id = "again"}), std::logic_error);
    EXPECT_THROW(router.get("/rooms/{other}/", nothing, service, {.id = "again"}), std::logic_error);
}

TEST_F(RouterTest, a_body_becomes_a_struct_or_the_answer_names_its_faults)
{
    auto const answer = call("POST", "/tell/", R"({"text":"a","times":2})");
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 200);
    EXPECT_EQ(answer->body, R"({"text":"sa","number":2})");
    auto const wrong = call("POST", "/tell/", R"({"text":"","more":1})");
    ASSERT_FALSE(wrong);
    ASSERT_EQ(wrong.error().fields().size(), 2u);
    EXPECT_EQ(wrong.error().fields()[0].field, "text");
    EXPECT_EQ(call("POST", "/tell/", "").error().kind(), ErrorKind::malformed);
}

TEST_F(RouterTest, a_query_is_read_and_limited_like_a_body)
{
    auto const answer = call("POST", "/choose/", "", "limit=7&all=true&unknown=x");
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->body, R"({"text":"/choose/","number":7})");
    for (auto const* query :
         {"limit=0", "limit=101", "limit=x", "limit=", "limit=1.0", "all=1", "all=", "q=", "q=abcdef", "limit=99999999999999999999"}) {
        EXPECT_EQ(call("POST", "/choose/", "", query).error().kind(), ErrorKind::invalid) << query;
    }
    EXPECT_TRUE(call("POST", "/choose/", "", "q=%22a%5C&limit=05"));
}

TEST_F(RouterTest, answers_carry_what_their_type_says)
{
    auto const made = call("POST", "/choose/", R"({"q":"x"})");
    EXPECT_EQ(made->status, 201);
    std::vector<std::pair<std::string, std::string>> const headers = {{"Idempotent-Replayed", "true"}, {"Location", "/x"}};
    EXPECT_EQ(made->headers, headers);
    auto const empty = call("GET", "/rooms/7/", "");
    EXPECT_EQ(empty->status, 204);
    EXPECT_EQ(empty->bytes(), "");
    EXPECT_EQ(call("GET", "/rooms/07/", "").error().code(), "room_not_found");
}

TEST_F(RouterTest, a_raw_route_gives_the_bytes_as_they_are)
{
    std::string const bytes("\0\xFF{", 3);
    EXPECT_EQ(call("POST", "/hook/", bytes)->status, 200);
    auto const& route = *router.find("POST", "/hook/").route;
    EXPECT_TRUE(route.shape.takes_raw_body);
    EXPECT_TRUE(route.shape.body_schema.empty());
    EXPECT_EQ(route.options.access, Access::open);
    EXPECT_EQ(route.options.limits, RateClass::webhook);
    EXPECT_EQ(route.options.body_bytes_max, 1'048'576u);
}

TEST(Query, is_read_once_and_bounded)
{
    auto const pairs = parse_query("a=1&b=%20x+y&&c&d==");
    ASSERT_TRUE(pairs);
    std::vector<std::pair<std::string, std::string>> const expected = {{"a", "1"}, {"b", " x y"}, {"c", ""}, {"d", "="}};
    EXPECT_EQ(*pairs, expected);
    EXPECT_EQ(parse_query("a=1&%61=2").error().code(), "repeated_parameter");
    EXPECT_EQ(parse_query("a=%f").error().code(), "invalid_query");
    EXPECT_EQ(parse_query("a=%ff").error().code(), "invalid_query");
    std::string many;
    for (std::size_t count = 0; count < query_parameters_max; ++count) many += "p" + std::to_string(count) + "&";
    EXPECT_TRUE(parse_query(many));
    EXPECT_EQ(parse_query(many + "one").error().code(), "too_many_parameters");
    EXPECT_TRUE(parse_query(std::string(8'000, '&')));
}

} // namespace
} // namespace pollux::http
