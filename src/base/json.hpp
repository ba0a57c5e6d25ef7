// JSON for structs that are described once (POLLUX_DESCRIBE): reading with limits, writing, and the JSON Schema of both.
//
// Reading is strict (RFC 8259, and beyond): no duplicate keys, at most 256 of them in an object, depth <= 32, no invalid UTF-8 (all
// ErrorKind::malformed); no unknown fields, no coercion (2.0 and "2" are no integers), no null for a value, no U+0000 in text (all
// ErrorKind::invalid, each naming its field). An std::optional member may be missing; every other member is required. Writing: an empty
// std::optional is null, an empty Omittable is left out. How a type is read, written and described is its Json<T>; see base/json_types.hpp
// for the limits.
#pragma once

#include "base/error.hpp"

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <boost/describe/enum_to_string.hpp>
#include <boost/describe/enumerators.hpp>
#include <boost/describe/members.hpp>
#include <boost/json/fwd.hpp>
#include <boost/mp11/algorithm.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// POLLUX_DESCRIBE(Room, (id, name)), beside the struct and in its namespace: its members for Boost.Describe, and its name, which
// Boost.Describe does not know. It is the name of the struct in the API's document.
#define POLLUX_DESCRIBE(Type, members)                                                                                                     \
    BOOST_DESCRIBE_STRUCT(Type, (), members)                                                                                               \
    [[maybe_unused]] constexpr std::string_view described_name(Type const*)                                                                \
    {                                                                                                                                      \
        return #Type;                                                                                                                      \
    }

namespace pollux {

inline constexpr std::size_t json_members_max = 256; // Of one object that is read.

using JsonValue = boost::json::value;
using FieldErrors = std::vector<FieldError>;

// Whether a schema says what clients may send (nothing unknown, an optional may be missing) or what they get (an optional may be null).
enum class SchemaSide { input, output };

// JSON Schemas (2020-12) of named structs, as text.
struct SchemaBook {
    struct Entry {
        void const* type = nullptr; // Tells types of the same short name apart.
        SchemaSide side = SchemaSide::output;
        std::string schema;
    };
    SchemaSide side = SchemaSide::output; // Of what is being added.
    std::map<std::string, Entry> entries;
};

// How T is read, written and described. Specialisations have:
//   static void read(JsonValue const&, std::string const& field, T& out, FieldErrors&)   (input types)
//   static void write(std::string& out, T const&)                                        (output types)
//   static std::string schema(SchemaBook&)
template <class T>
struct Json;

// T that may be left out of the output altogether.
template <class T>
struct Omittable {
    std::optional<T> value;
};

// An output member that is JSON text already.
struct RawJson {
    std::string text;
};

void append_json_text(std::string& out, std::string_view utf8); // With quotes and escapes; invalid UTF-8 becomes U+FFFD.
void append_json_integer(std::string& out, std::int64_t number);

template <class T>
std::string to_json(T const& value)
{
    std::string out;
    Json<T>::write(out, value);
    return out;
}

// Throws std::logic_error when two structs would stand under one name, or one struct on both sides.
template <class T>
std::string schema_of(SchemaBook& book, SchemaSide side)
{
    book.side = side;
    return Json<T>::schema(book);
}

namespace json_detail {

// Everything that does not depend on the type read stands in json.cpp.
void refuse_type(JsonValue const& value, std::string const& field, std::string_view wanted, FieldErrors& errors);
bool require_object(JsonValue const& value, std::string const& field, FieldErrors& errors);
JsonValue const* member(JsonValue const& object, std::string_view name); // nullptr when absent.
bool is_null(JsonValue const& value);
void refuse_unknown(JsonValue const& object, std::string const& field, std::span<std::string_view const> known, FieldErrors& errors);
void refuse_missing(std::string const& field, FieldErrors& errors);
void refuse_null(std::string const& field, FieldErrors& errors);
Error invalid_input(FieldErrors errors);
std::string join(std::string const& field, std::string_view name);

// What the schema of a struct says of a member.
struct MemberSchema {
    std::string_view name;
    std::string (*schema)(SchemaBook&);
    bool is_optional;  // Input may leave it out.
    bool is_omittable; // Output may.
};
// A reference to the struct's entry in the book, which is made unless it stands there already.
std::string struct_schema(SchemaBook& book, std::string const& name, void const* type, std::span<MemberSchema const> members);
std::string enum_schema(std::span<std::string_view const> words);

// Its address is the type's identity, also of types in unnamed namespaces.
template <class T>
inline constexpr char type_tag{};

// Holds the parsed document, so that boost/json.hpp is seen by json.cpp alone.
class Document {
public:
    static Result<Document> parse(std::string_view text);
    JsonValue const& root() const { return *root_; }

private:
    std::shared_ptr<JsonValue const> root_;
};

template <class T>
struct OptionalTraits : std::false_type {};
template <class T>
struct OptionalTraits<std::optional<T>> : std::true_type {};
template <class T>
struct OmittableTraits : std::false_type {};
template <class T>
struct OmittableTraits<Omittable<T>> : std::true_type {};

// `,"name":` of a described member, put together by the compiler.
template <class Described>
class Key {
public:
    static constexpr std::string_view view() { return {text.data(), text.size()}; }

private:
    static constexpr std::string_view name = Described::name;
    static constexpr std::array<char, name.size() + 4> text = [] {
        std::array<char, name.size() + 4> made{',', '"'};
        std::copy(name.begin(), name.end(), made.begin() + 2);
        made[name.size() + 2] = '"';
        made[name.size() + 3] = ':';
        return made;
    }();
};

template <class T>
using Members = boost::describe::describe_members<T, boost::describe::mod_public>;

// Of a list of described members or enumerators. Tables, so that what reads them is compiled once and not for each type.
template <class List>
struct Names;
template <template <class...> class List, class... Described>
struct Names<List<Described...>> {
    static constexpr std::array<std::string_view, sizeof...(Described)> all{Described::name...};
};

template <class T, class List = Members<T>>
struct MemberSchemas;
template <class T, template <class...> class List, class... Described>
struct MemberSchemas<T, List<Described...>> {
    template <class D>
    using Member = std::remove_cvref_t<decltype(std::declval<T&>().*D::pointer)>;
    static constexpr std::array<MemberSchema, sizeof...(Described)> all{MemberSchema{Described::name, &Json<Member<Described>>::schema,
                                                                                     OptionalTraits<Member<Described>>::value,
                                                                                     OmittableTraits<Member<Described>>::value}...};
};

} // namespace json_detail

template <class T>
concept DescribedStruct = boost::describe::has_describe_members<T>::value && !std::is_union_v<T>;
template <class T>
concept DescribedEnum = boost::describe::has_describe_enumerators<T>::value;

template <DescribedStruct T>
std::string type_name()
{
    return std::string(described_name(static_cast<T const*>(nullptr))); // Found beside T.
}

// Whether a T can be read from {}: an absent body then counts as {}.
template <DescribedStruct T>
constexpr bool all_members_optional()
{
    bool all = true;
    boost::mp11::mp_for_each<json_detail::Members<T>>([&](auto described) {
        all = all && json_detail::OptionalTraits<std::remove_cvref_t<decltype(std::declval<T&>().*described.pointer)>>::value;
    });
    return all;
}

// The whole text as a T.
template <class T>
Result<T> from_json(std::string_view text)
{
    auto document = json_detail::Document::parse(text);
    if (!document) return document.error();
    T value{};
    FieldErrors errors;
    Json<T>::read(document->root(), "", value, errors);
    if (errors.empty()) return value;
    return json_detail::invalid_input(std::move(errors));
}

template <DescribedStruct T>
struct Json<T> {
    static void read(JsonValue const& value, std::string const& field, T& out, FieldErrors& errors)
    {
        if (!json_detail::require_object(value, field, errors)) return;
        boost::mp11::mp_for_each<json_detail::Members<T>>([&](auto described) {
            using Member = std::remove_cvref_t<decltype(out.*described.pointer)>;
            auto const* found = json_detail::member(value, described.name);
            std::string const name = json_detail::join(field, described.name);
            if (found) return Json<Member>::read(*found, name, out.*described.pointer, errors);
            if constexpr (!json_detail::OptionalTraits<Member>::value) json_detail::refuse_missing(name, errors);
        });
        json_detail::refuse_unknown(value, field, json_detail::Names<json_detail::Members<T>>::all, errors);
    }

    static void write(std::string& out, T const& value)
    {
        std::size_t const begin = out.size();
        boost::mp11::mp_for_each<json_detail::Members<T>>([&](auto described) {
            using Member = std::remove_cvref_t<decltype(value.*described.pointer)>;
            if constexpr (json_detail::OmittableTraits<Member>::value) {
                if (!(value.*described.pointer).value) return;
            }
            out.append(json_detail::Key<decltype(described)>::view());
            Json<Member>::write(out, value.*described.pointer);
        });
        if (out.size() == begin) out.push_back('{');
        out[begin] = '{'; // In place of the first comma.
        out.push_back('}');
    }

    static std::string schema(SchemaBook& book)
    {
        return json_detail::struct_schema(book, type_name<T>(), &json_detail::type_tag<T>, json_detail::MemberSchemas<T>::all);
    }
};

template <DescribedEnum T>
struct Json<T> {
    static void read(JsonValue const& value, std::string const& field, T& out, FieldErrors& errors);
    static void write(std::string& out, T value)
    {
        out.append("\"").append(boost::describe::enum_to_string(value, "unknown")).append("\"");
    }
    static std::string schema(SchemaBook&)
    {
        return json_detail::enum_schema(json_detail::Names<boost::describe::describe_enumerators<T>>::all);
    }
};

} // namespace pollux

#include "base/json_types.hpp"
