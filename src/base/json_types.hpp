// The types that members of described structs may have. A constrained type validates and describes itself, so that a limit is
// written once. Included by base/json.hpp; include that.
#pragma once

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/json.hpp"
#include "base/required.hpp"

#include <limits>
#include <memory>

namespace pollux {

// min..max code points; any text but U+0000.
template <std::size_t Min, std::size_t Max>
struct Text {
    std::string value;
};

// min..max code points on one line: no control characters, no bidirectional overrides. For names.
template <std::size_t Min, std::size_t Max>
struct Line {
    std::string value;
};

template <std::int64_t Min, std::int64_t Max>
struct Int {
    std::int64_t value = Min;
};

// A member that may be null, apart from being missing: std::optional<Nullable<T>> in a PATCH.
template <class T>
struct Nullable {
    using IsNullable = void;
    std::optional<T> value;
};

// Read from a query string, where everything is text: ?limit=20&cursor=... A repeated parameter is malformed.
template <class T>
struct Query {
    T value;
};

namespace json_detail {

enum class Lines { many, one };
void read_text(JsonValue const&, std::string const& field, std::size_t min, std::size_t max, Lines, std::string& out, FieldErrors&);
void read_integer(JsonValue const&, std::string const& field, std::int64_t min, std::int64_t max, std::int64_t& out, FieldErrors&);
void read_boolean(JsonValue const&, std::string const& field, bool& out, FieldErrors&);
bool read_plain_text(JsonValue const&, std::string const& field, std::string& out, FieldErrors&);
void refuse_choice(std::string const& field, std::string const& choices, FieldErrors&);
std::string text_schema(std::size_t min, std::size_t max, Lines lines);
std::string integer_schema(std::int64_t min, std::int64_t max);
std::string nullable_schema(std::string schema);

} // namespace json_detail

template <std::size_t Min, std::size_t Max>
struct Json<Text<Min, Max>> {
    static void read(JsonValue const& value, std::string const& field, Text<Min, Max>& out, FieldErrors& errors)
    {
        json_detail::read_text(value, field, Min, Max, json_detail::Lines::many, out.value, errors);
    }
    static std::string schema(SchemaBook&) { return json_detail::text_schema(Min, Max, json_detail::Lines::many); }
};

template <std::size_t Min, std::size_t Max>
struct Json<Line<Min, Max>> {
    static void read(JsonValue const& value, std::string const& field, Line<Min, Max>& out, FieldErrors& errors)
    {
        json_detail::read_text(value, field, Min, Max, json_detail::Lines::one, out.value, errors);
    }
    static std::string schema(SchemaBook&) { return json_detail::text_schema(Min, Max, json_detail::Lines::one); }
};

template <std::int64_t Min, std::int64_t Max>
struct Json<Int<Min, Max>> {
    static void read(JsonValue const& value, std::string const& field, Int<Min, Max>& out, FieldErrors& errors)
    {
        json_detail::read_integer(value, field, Min, Max, out.value, errors);
    }
    static std::string schema(SchemaBook&) { return json_detail::integer_schema(Min, Max); }
};

template <>
struct Json<bool> {
    static void read(JsonValue const& value, std::string const& field, bool& out, FieldErrors& errors)
    {
        json_detail::read_boolean(value, field, out, errors);
    }
    static void write(std::string& out, bool value) { out += value ? "true" : "false"; }
    static std::string schema(SchemaBook&) { return R"({"type":"boolean"})"; }
};

// Output only: input says its limits with Text or Line.
template <>
struct Json<std::string> {
    static void write(std::string& out, std::string const& value) { append_json_text(out, value); }
    static std::string schema(SchemaBook&) { return R"({"type":"string"})"; }
};

template <>
struct Json<std::int64_t> {
    static void write(std::string& out, std::int64_t value) { append_json_integer(out, value); }
    static std::string schema(SchemaBook&) { return R"({"type":"integer"})"; }
};

template <>
struct Json<Time> {
    static void write(std::string& out, Time value) { out.append("\"").append(rfc3339(value)).append("\""); }
    static std::string schema(SchemaBook&) { return R"({"type":"string","format":"date-time"})"; }
};

template <class Tag>
struct Json<Id<Tag>> {
    static void write(std::string& out, Id<Tag> id) { append_json_integer(out, id.value); }
    static std::string schema(SchemaBook&) { return R"({"type":"integer"})"; }
};

template <>
struct Json<RawJson> {
    static void write(std::string& out, RawJson const& value) { out += value.text; }
    static std::string schema(SchemaBook&) { return "{}"; }
};

template <class T>
struct Json<std::optional<T>> {
    static void read(JsonValue const& value, std::string const& field, std::optional<T>& out, FieldErrors& errors)
    {
        if constexpr (requires { typename T::IsNullable; }) {
            Json<T>::read(value, field, out.emplace(), errors);
        } else {
            if (json_detail::is_null(value)) return json_detail::refuse_null(field, errors);
            Json<T>::read(value, field, out.emplace(), errors);
        }
    }
    static void write(std::string& out, std::optional<T> const& value)
    {
        if (value) return Json<T>::write(out, *value);
        out += "null";
    }
    static std::string schema(SchemaBook& book)
    {
        // What may be missing in input is null in output.
        auto schema = Json<T>::schema(book);
        return book.side == SchemaSide::output ? json_detail::nullable_schema(std::move(schema)) : schema;
    }
};

template <class T>
struct Json<Nullable<T>> {
    static void read(JsonValue const& value, std::string const& field, Nullable<T>& out, FieldErrors& errors)
    {
        if (!json_detail::is_null(value)) Json<T>::read(value, field, out.value.emplace(), errors);
    }
    static std::string schema(SchemaBook& book) { return json_detail::nullable_schema(Json<T>::schema(book)); }
};

template <class T>
struct Json<Omittable<T>> {
    static void write(std::string& out, Omittable<T> const& value) { Json<T>::write(out, required(value.value)); }
    static std::string schema(SchemaBook& book) { return Json<T>::schema(book); }
};

template <class T>
struct Json<std::vector<T>> {
    static void write(std::string& out, std::vector<T> const& values)
    {
        char separator = '[';
        for (auto const& value : values) {
            out.push_back(separator);
            separator = ',';
            Json<T>::write(out, value);
        }
        out += values.empty() ? "[]" : "]";
    }
    static std::string schema(SchemaBook& book) { return R"({"type":"array","items":)" + Json<T>::schema(book) + "}"; }
};

template <DescribedEnum T>
void Json<T>::read(JsonValue const& value, std::string const& field, T& out, FieldErrors& errors)
{
    std::string word;
    if (!json_detail::read_plain_text(value, field, word, errors)) return;
    std::string choices;
    bool found = false;
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<T>>([&](auto described) {
        choices += (choices.empty() ? "" : ", ") + std::string(described.name);
        if (word != described.name) return;
        out = described.value;
        found = true;
    });
    if (!found) json_detail::refuse_choice(field, choices, errors);
}

} // namespace pollux
