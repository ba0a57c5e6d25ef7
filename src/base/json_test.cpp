#include "base/json.hpp"

#include <gtest/gtest.h>

#include <pthread.h>

namespace pollux {
namespace {

enum class Colour { red, green };
BOOST_DESCRIBE_ENUM(Colour, red, green)

struct Inner {
    Int<1, 5> number;
};
POLLUX_DESCRIBE(Inner, (number))

struct Input {
    Text<1, 10> text;
    std::optional<Line<1, 4>> name;
    std::optional<Nullable<Text<1, 4>>> note;
    std::optional<bool> flag;
    std::optional<Colour> colour;
    std::optional<Inner> inner;
};
POLLUX_DESCRIBE(Input, (text, name, note, flag, colour, inner))

struct Output {
    std::string text;
    std::optional<std::string> note;
    Omittable<std::int64_t> count;
};
POLLUX_DESCRIBE(Output, (text, note, count))

std::string nested(std::size_t depth, std::string const& open, std::string const& close)
{
    std::string text;
    for (std::size_t level = 0; level < depth; ++level) text += open;
    for (std::size_t level = 0; level < depth; ++level) text += close;
    return text;
}

// "kind" of the refusal and the fields it names: "invalid text:too_long".
std::string refusal_of(std::string const& json)
{
    auto const input = from_json<Input>(json);
    if (input) return "none";
    auto const error = input.error();
    std::string words = error.kind() == ErrorKind::malformed ? "malformed" : "invalid";
    for (auto const& field : error.fields()) words += " " + field.field + ":" + field.code;
    return words;
}

std::string object_with(std::size_t members)
{
    std::string text = R"({"text":"a")";
    for (std::size_t index = 1; index < members; ++index) text += ",\"k" + std::to_string(index) + "\":1";
    return text + "}";
}

TEST(Json, an_object_has_at_most_256_members)
{
    EXPECT_TRUE(refusal_of(object_with(256)).starts_with("invalid k1:unknown_field"));
    EXPECT_EQ(refusal_of(object_with(257)), "malformed");
    EXPECT_EQ(refusal_of(R"({"text":"a","inner":)" + object_with(257) + "}"), "malformed");
}

TEST(Json, finds_a_key_that_stands_twice_wherever_it_stands)
{
    for (auto text : {R"({"text":"a","text":"b"})", R"({"text":"a","t\u0065xt":"b"})", R"({"a":{"b":1,"c":{},"b":2}})",
                      R"({"a":[{"x":1},{"x":1,"y":[{"z":1,"z":1}]}]})", R"({"":1,"":2})", R"({"a":{"q":1},"b":{"q":1},"a":1})"}) {
        EXPECT_EQ(refusal_of(text), "malformed") << text;
    }
    EXPECT_TRUE(refusal_of(R"({"a":{"b":1},"b":{"a":{"b":1}},"c":[{"a":1},{"a":1}]})").starts_with("invalid"));
}

TEST(Json, reads_text_behind_a_byte_order_mark)
{
    EXPECT_EQ(refusal_of("\xEF\xBB\xBF{\"text\":\"a\"}"), "none");
}

TEST(Json, reads_what_is_right)
{
    auto const input =
        from_json<Input>(R"( {"note":null,"inner":{"number":5},"\u0074ext":"h\u00e9 \ud83d\ude00","flag":true,"colour":"green"} )");
    ASSERT_TRUE(input);
    EXPECT_EQ(input->text.value, "h\u00e9 \U0001F600");
    EXPECT_FALSE(input->name);
    ASSERT_TRUE(input->note); // Given, as null.
    EXPECT_FALSE(input->note->value);
    EXPECT_EQ(input->inner->number.value, 5);
    EXPECT_EQ(input->flag, true);
    EXPECT_EQ(input->colour, Colour::green);
}

TEST(Json, refuses_what_readers_disagree_about)
{
    for (auto json : {"", "{", "{} {}", R"({"text":"a","text":"b"})", R"({"text":"a","\u0074ext":"b"})", R"({"text":"\ud800"})",
                      "{\"text\":\"\xFF\"}", "\xEF\xBB\xBF", "{}\xEF\xBB\xBF", "\xEF\xBB\xBF\xEF\xBB\xBF{}", R"({"text":"a",})",
                      R"({"text":NaN})", R"({"text":01})", "{\"text\":\"\n\"}", "{} // comment"}) {
        EXPECT_EQ(refusal_of(json), "malformed") << json;
    }
}

TEST(Json, says_that_a_body_is_missing)
{
    for (auto const* json : {"", " \r\n", "\xEF\xBB\xBF"}) {
        auto const message = from_json<Input>(json).error().message();
        EXPECT_EQ(message, "The body is missing: send a JSON object, with the header Content-Type: application/json.") << json;
    }
    EXPECT_EQ(from_json<Input>("{").error().message().find("missing"), std::string::npos);
}

TEST(Json, names_the_field_and_converts_nothing)
{
    std::vector<std::pair<std::string, std::string>> const cases = {
        {R"({})", "text:required"},
        {R"({"text":""})", "text:too_short"},
        {R"({"text":"12345678901"})", "text:too_long"},
        {R"({"text":"\u0000"})", "text:null_character"},
        {R"({"text":1})", "text:wrong_type"},
        {R"({"text":null})", "text:wrong_type"},
        {R"({"text":"a","name":null})", "name:null"},
        {R"({"text":"a","name":"a\nb"})", "name:control_character"},
        {R"({"text":"a","name":"a\u202e"})", "name:control_character"},
        {R"({"text":"a","flag":"true"})", "flag:wrong_type"},
        {R"({"text":"a","flag":1})", "flag:wrong_type"},
        {R"({"text":"a","colour":"Red"})", "colour:unknown_choice"},
        {R"({"text":"a","inner":{"number":0}})", "inner.number:out_of_range"},
        {R"({"text":"a","inner":{"number":2.0}})", "inner.number:wrong_type"},
        {R"({"text":"a","inner":{"number":"2"}})", "inner.number:wrong_type"},
        {R"({"text":"a","inner":{"number":18446744073709551616}})", "inner.number:wrong_type"},
        {R"({"text":"a","inner":{"number":1e400}})", "inner.number:wrong_type"},
        {R"({"text":"a","inner":{"number":1e99999999999}})", ":out_of_range"},
        {R"({"text":"a","inner":{}})", "inner.number:required"},
        {R"({"text":"a","tier":"pro"})", "tier:unknown_field"},
        {R"({"text":"a","inner":{"number":1,"x":1}})", "inner.x:unknown_field"},
        {R"([])", ":wrong_type"},
        {R"("text")", ":wrong_type"},
    };
    for (auto const& [json, expected] : cases) EXPECT_EQ(refusal_of(json), "invalid " + expected) << json;
}

TEST(Json, takes_thirty_two_levels)
{
    EXPECT_EQ(refusal_of(nested(32, "[", "]")), "invalid :wrong_type");
    EXPECT_EQ(refusal_of(nested(33, "[", "]")), "malformed");
    EXPECT_EQ(refusal_of(nested(33, "{\"a\":", "}")), "malformed");
}

void* read_deep(void* is_refused)
{
    *static_cast<bool*>(is_refused) =
        refusal_of(std::string(1'000'000, '[')) == "malformed" && refusal_of(nested(1'000'000, "[{\"a\":", "}]")) == "malformed";
    return nullptr;
}

TEST(Json, nesting_costs_no_stack)
{
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 512 * 1024); // A byte a level would not fit.
    pthread_t thread{};
    bool is_refused = false;
    ASSERT_EQ(pthread_create(&thread, &attributes, read_deep, &is_refused), 0);
    pthread_join(thread, nullptr);
    pthread_attr_destroy(&attributes);
    EXPECT_TRUE(is_refused);
}

TEST(Json, answers_many_wrong_fields_shortly)
{
    std::string json = R"({"text":"a")";
    for (int index = 0; index < 250; ++index) json += ",\"k" + std::to_string(index) + "\":1";
    auto const error = from_json<Input>(json + "}").error();
    EXPECT_EQ(error.fields().size(), 20u);
}

TEST(Json, says_in_the_schema_what_it_does)
{
    SchemaBook book;
    EXPECT_EQ(schema_of<Input>(book, SchemaSide::input), R"({"$ref":"#/components/schemas/Input"})");
    auto const& input = book.entries.at("Input").schema;
    EXPECT_TRUE(input.ends_with(R"("required":["text"],"additionalProperties":false})")) << input;
    EXPECT_NE(input.find(R"("note":{"anyOf":[{"type":"string","minLength":1,"maxLength":4},{"type":"null"}]})"), std::string::npos)
        << input;
    EXPECT_NE(input.find(R"("flag":{"type":"boolean"})"), std::string::npos) << input; // May be missing, but not null.
    EXPECT_NE(input.find("u202E"), std::string::npos) << input;

    schema_of<Output>(book, SchemaSide::output);
    EXPECT_EQ(book.entries.at("Output").schema,
              R"({"type":"object","properties":{"text":{"type":"string"},"note":{"anyOf":[{"type":"string"},{"type":"null"}]},)"
              R"("count":{"type":"integer"}},"required":["text","note"]})");
}

namespace other {
struct Output {
    std::string text;
};
POLLUX_DESCRIBE(Output, (text))
} // namespace other

TEST(Json, lets_no_two_structs_share_a_name)
{
    SchemaBook book;
    schema_of<Output>(book, SchemaSide::output);
    schema_of<Output>(book, SchemaSide::output);
    EXPECT_THROW(schema_of<other::Output>(book, SchemaSide::output), std::logic_error);
    EXPECT_THROW(schema_of<Output>(book, SchemaSide::input), std::logic_error);
}

} // namespace
} // namespace pollux
