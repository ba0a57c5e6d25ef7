// JSON bodies: whatever comes, it is read by the rules or refused with fields that are named; and whatever is written can be read.
#include "accounts/accounts_inputs.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "fuzz/json_oracle.hpp"

#include <cstdint>
#include <cstdlib>

namespace {

using namespace pollux;

enum class Colour { red, green };
BOOST_DESCRIBE_ENUM(Colour, red, green)

struct Inner {
    Text<0, 20> text;
    std::optional<Int<-5, 5>> number;
};
POLLUX_DESCRIBE(Inner, (text, number))

// A member of every kind that a body may have.
struct Everything {
    Text<1, 32'000> content;
    std::optional<Line<1, 100>> name;
    std::optional<Nullable<Line<1, 200>>> model;
    std::optional<Int<0, 25>> wait;
    std::optional<bool> pinned;
    std::optional<Colour> colour;
    std::optional<Inner> inner;
};
POLLUX_DESCRIBE(Everything, (content, name, model, wait, pinned, colour, inner))

struct Written {
    std::string text;
    std::int64_t number = 0;
    std::optional<std::string> nothing;
};
POLLUX_DESCRIBE(Written, (text, number, nothing))

struct ReadBack {
    Text<0, 1'000'000> text;
    Int<std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()> number;
    std::optional<Nullable<Text<0, 1>>> nothing;
};
POLLUX_DESCRIBE(ReadBack, (text, number, nothing))

void check(bool holds)
{
    if (!holds) std::abort();
}

template <class T>
void read(std::string_view text, bool is_json)
{
    auto const value = from_json<T>(text);
    if (value) return check(is_json);
    auto const error = value.error();
    check((error.kind() == ErrorKind::malformed) == !is_json);
    check((error.kind() == ErrorKind::invalid) == is_json);
    check(!is_json || !error.fields().empty());
    for (auto const& field : error.fields()) check(is_utf8(field.field) && !field.code.empty() && !field.detail.empty());
}

void limits_hold(std::string_view text)
{
    auto const value = from_json<Everything>(text);
    if (!value) return;
    check(code_points(value->content.value) >= 1 && code_points(value->content.value) <= 32'000);
    check(value->content.value.find('\0') == std::string::npos && is_utf8(value->content.value));
    if (value->name) check(!has_control_or_bidi(value->name->value) && code_points(value->name->value) <= 100);
    if (value->wait) check(value->wait->value >= 0 && value->wait->value <= 25);
    if (value->inner && value->inner->number) check(std::abs(value->inner->number->value) <= 5);
}

void write_and_read(std::string_view text)
{
    Written written{std::string(text), static_cast<std::int64_t>(text.size()) * -77'777'777, {}};
    auto const json = to_json(written);
    check(is_utf8(json) && fuzz::JsonOracle(json).accepts());
    for (char byte : json) check(static_cast<unsigned char>(byte) >= 0x20 && byte != 0x7F);
    auto const back = from_json<ReadBack>(json);
    bool const has_null = is_utf8(text) && text.find('\0') != std::string_view::npos;
    check(back.has_value() == !has_null);
    if (!back) return;
    check(back->number.value == written.number);
    check(back->text.value == (is_utf8(text) ? text : std::string_view("\xEF\xBF\xBD")));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    std::string_view const text(reinterpret_cast<char const*>(data), size);
    write_and_read(text);
    fuzz::JsonOracle const oracle(text);
    if (oracle.has_huge_exponent()) return 0;
    bool const is_json = oracle.accepts();
    read<Everything>(text, is_json);
    read<accounts::SignUp>(text, is_json);
    read<accounts::SendOtp>(text, is_json);
    read<accounts::VerifyOtp>(text, is_json);
    read<accounts::ResetPassword>(text, is_json);
    read<accounts::LogOut>(text, is_json);
    read<accounts::ChangeProfile>(text, is_json);
    limits_hold(text);
    return 0;
}
