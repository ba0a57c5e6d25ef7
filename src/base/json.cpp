#include "base/json.hpp"

#include "base/text.hpp"

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value.hpp>
#include <boost/json/value_stack.hpp>

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace pollux {
namespace {

namespace json = boost::json;
using ErrorCode = boost::system::error_code;

constexpr std::size_t depth_max = 32;
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

// The keys of the objects that are open. They are compared when an object ends, sorted: what that costs does not depend on which keys a
// client chose, as the cost of a hash table does.
class OpenKeys {
public:
    void open() { objects_.push_back(keys_.size()); }
    void append(std::string_view part) { text_.append(part); }
    void end_key()
    {
        keys_.push_back({key_begin_, text_.size() - key_begin_});
        key_begin_ = text_.size();
    }
    // False: a key stood there twice.
    bool close()
    {
        auto const first = keys_.begin() + static_cast<std::ptrdiff_t>(objects_.back());
        auto const text_of = [this](Place place) { return std::string_view(text_).substr(place.offset, place.size); };
        std::size_t const text_begin = first == keys_.end() ? text_.size() : first->offset;
        std::sort(first, keys_.end(), [&](Place left, Place right) { return text_of(left) < text_of(right); });
        bool const is_unique =
            std::adjacent_find(first, keys_.end(), [&](Place left, Place right) { return text_of(left) == text_of(right); }) == keys_.end();
        keys_.erase(first, keys_.end());
        text_.resize(text_begin);
        key_begin_ = text_begin;
        objects_.pop_back();
        return is_unique;
    }

private:
    struct Place {
        std::size_t offset = 0;
        std::size_t size = 0;
    };
    std::string text_; // All keys, one behind the other.
    std::size_t key_begin_ = 0;
    std::vector<Place> keys_;
    std::vector<std::size_t> objects_; // Where each one's keys begin.
};

// Builds a value and refuses a key that an object already has, which Boost.JSON's own parser lets through.
class StrictHandler {
public:
    static constexpr std::size_t max_object_size = json_members_max; // Boost.JSON's objects are hash tables, too.
    static constexpr std::size_t max_array_size = json::array::max_size();
    static constexpr std::size_t max_key_size = json::string::max_size();
    static constexpr std::size_t max_string_size = json::string::max_size();

    bool on_document_begin(ErrorCode&)
    {
        stack_.reset();
        return true;
    }
    bool on_document_end(ErrorCode&) { return true; }
    bool on_object_begin(ErrorCode&)
    {
        keys_.open();
        return true;
    }
    bool on_object_end(std::size_t count, ErrorCode& error)
    {
        has_duplicate_ = !keys_.close();
        if (has_duplicate_) {
            error = json::make_error_code(json::error::syntax);
            return false;
        }
        stack_.push_object(count);
        return true;
    }
    bool on_array_begin(ErrorCode&) { return true; }
    bool on_array_end(std::size_t count, ErrorCode&)
    {
        stack_.push_array(count);
        return true;
    }
    bool on_key_part(json::string_view part, std::size_t, ErrorCode&)
    {
        keys_.append(part);
        stack_.push_chars(part);
        return true;
    }
    bool on_key(json::string_view part, std::size_t, ErrorCode&)
    {
        keys_.append(part);
        keys_.end_key();
        stack_.push_key(part);
        return true;
    }
    bool on_string_part(json::string_view part, std::size_t, ErrorCode&)
    {
        stack_.push_chars(part);
        return true;
    }
    bool on_string(json::string_view part, std::size_t, ErrorCode&)
    {
        stack_.push_string(part);
        return true;
    }
    bool on_number_part(json::string_view, ErrorCode&) { return true; }
    bool on_int64(std::int64_t number, json::string_view, ErrorCode&)
    {
        stack_.push_int64(number);
        return true;
    }
    bool on_uint64(std::uint64_t number, json::string_view, ErrorCode&)
    {
        stack_.push_uint64(number);
        return true;
    }
    bool on_double(double number, json::string_view, ErrorCode&)
    {
        stack_.push_double(number);
        return true;
    }
    bool on_bool(bool value, ErrorCode&)
    {
        stack_.push_bool(value);
        return true;
    }
    bool on_null(ErrorCode&)
    {
        stack_.push_null();
        return true;
    }
    bool on_comment_part(json::string_view, ErrorCode&) { return true; }
    bool on_comment(json::string_view, ErrorCode&) { return true; }

    bool has_duplicate() const { return has_duplicate_; }
    json::value release() { return stack_.release(); }

private:
    json::value_stack stack_;
    OpenKeys keys_;
    bool has_duplicate_ = false;
};

std::string_view kind_name(JsonValue const& value)
{
    switch (value.kind()) {
    case json::kind::null: return "null";
    case json::kind::bool_: return "a boolean";
    case json::kind::int64:
    case json::kind::uint64: return "an integer";
    case json::kind::double_: return "a number with a fraction or exponent";
    case json::kind::string: return "text";
    case json::kind::array: return "an array";
    case json::kind::object: return "an object";
    }
    return "something else";
}

// 1 or 0, without a branch, so that the compiler makes vector instructions of a loop over it.
unsigned char is_escaped(char letter)
{
    auto byte = static_cast<unsigned char>(letter);
    return static_cast<unsigned char>((byte < 0x20) | (byte == '"') | (byte == '\\') | (byte == 0x7F));
}

// How much of the front stands in JSON as it is.
std::size_t unescaped_length(std::string_view text)
{
    constexpr std::size_t block = 16;
    std::size_t length = 0;
    for (; length + block <= text.size(); length += block) {
        unsigned char has_escaped = 0;
        for (std::size_t index = 0; index < block; ++index) has_escaped |= is_escaped(text[length + index]);
        if (has_escaped) break;
    }
    while (length < text.size() && !is_escaped(text[length])) ++length;
    return length;
}

} // namespace

void append_json_integer(std::string& out, std::int64_t number)
{
    char digits[24];
    auto [end, error] = std::to_chars(digits, digits + sizeof digits, number);
    out.append(digits, end);
}

void append_json_text(std::string& out, std::string_view text)
{
    constexpr char const* hex = "0123456789abcdef";
    if (!is_utf8(text)) text = "\xEF\xBF\xBD";
    out.push_back('"');
    while (true) {
        // Whole runs are copied at once: most texts are one run.
        std::size_t const plain = unescaped_length(text);
        out.append(text.substr(0, plain));
        if (plain == text.size()) break;
        auto byte = static_cast<unsigned char>(text[plain]);
        text.remove_prefix(plain + 1);
        switch (byte) {
        case '"': out += "\\\""; break;
        case '\\': out += "\\\\"; break;
        case '\n': out += "\\n"; break;
        case '\r': out += "\\r"; break;
        case '\t': out += "\\t"; break;
        default:
            out += "\\u00";
            out.push_back(hex[byte >> 4]);
            out.push_back(hex[byte & 0xF]);
        }
    }
    out.push_back('"');
}

namespace json_detail {

Result<Document> Document::parse(std::string_view text)
{
    // RFC 8259, 8.1 lets a reader ignore it, and editors and some client libraries write it.
    if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
    if (trim(text).empty()) {
        return malformed("invalid_json", "The body is missing: send a JSON object, with the header Content-Type: application/json.");
    }
    json::parse_options options;
    options.max_depth = depth_max;
    json::basic_parser<StrictHandler> parser(options);
    ErrorCode error;
    std::size_t const read = parser.write_some(false, text.data(), text.size(), error);
    if (parser.handler().has_duplicate()) {
        return malformed("invalid_json", "An object in the body has the same key twice; send each key once.");
    }
    if (error == json::error::object_too_large) {
        return malformed("invalid_json", "An object in the body has more than " + std::to_string(json_members_max) + " keys; send fewer.");
    }
    if (error == json::error::exponent_overflow) return invalid("", "out_of_range", "A number in the body is too large.");
    if (error || read < text.size()) {
        return malformed("invalid_json", "The body is not valid JSON (RFC 8259) near byte " + std::to_string(read) + "; at most " +
                                             std::to_string(depth_max) + " levels deep, in UTF-8.");
    }
    Document document;
    document.root_ = std::make_shared<JsonValue const>(parser.handler().release());
    return document;
}

namespace {

// False: it stands there already.
bool claim_name(SchemaBook& book, std::string const& name, void const* type)
{
    auto [entry, is_new] = book.entries.try_emplace(name, SchemaBook::Entry{type, book.side, {}});
    auto const& known = entry->second;
    if (known.type != type) throw std::logic_error("two structs are called " + name + " in the API's document: rename one");
    if (known.side != book.side) throw std::logic_error("the struct " + name + " is used for input and for output: make it two");
    return is_new;
}

} // namespace

void refuse_type(JsonValue const& value, std::string const& field, std::string_view wanted, FieldErrors& errors)
{
    errors.push_back({field, "wrong_type", "Must be " + std::string(wanted) + ", not " + std::string(kind_name(value)) + "."});
}

bool require_object(JsonValue const& value, std::string const& field, FieldErrors& errors)
{
    if (!value.is_object()) refuse_type(value, field, "an object", errors);
    return value.is_object();
}

JsonValue const* member(JsonValue const& object, std::string_view name)
{
    return object.get_object().if_contains(name);
}

bool is_null(JsonValue const& value)
{
    return value.is_null();
}

void refuse_unknown(JsonValue const& object, std::string const& field, std::span<std::string_view const> known, FieldErrors& errors)
{
    constexpr std::size_t errors_max = 20; // An answer names the first few; thousands of unknown keys need no thousand lines.
    for (auto const& entry : object.get_object()) {
        bool const is_known = std::find(known.begin(), known.end(), std::string_view(entry.key())) != known.end();
        if (is_known || errors.size() >= errors_max) continue;
        std::string const name(cut_code_points(entry.key(), 100));
        errors.push_back({join(field, name), "unknown_field", "There is no such field here; leave it out."});
    }
}

void refuse_missing(std::string const& field, FieldErrors& errors)
{
    errors.push_back({field, "required", "This field is required."});
}

void refuse_null(std::string const& field, FieldErrors& errors)
{
    errors.push_back({field, "null", "May not be null; leave the field out instead."});
}

Error invalid_input(FieldErrors errors)
{
    Error error(ErrorKind::invalid, "invalid_input", "The request is readable, but something in it is wrong; see errors.");
    for (auto& field : errors) error.add_field(std::move(field));
    return error;
}

std::string join(std::string const& field, std::string_view name)
{
    return field.empty() ? std::string(name) : field + "." + std::string(name);
}

std::string struct_schema(SchemaBook& book, std::string const& name, void const* type, std::span<MemberSchema const> members)
{
    std::string reference = R"({"$ref":"#/components/schemas/)" + name + "\"}";
    if (!claim_name(book, name, type)) return reference;
    bool const is_input = book.side == SchemaSide::input;
    std::string properties;
    std::string required;
    for (auto const& member : members) {
        std::string const quoted = "\"" + std::string(member.name) + "\"";
        properties += (properties.empty() ? "" : ",") + quoted + ":" + member.schema(book);
        if (is_input ? member.is_optional : member.is_omittable) continue;
        required += (required.empty() ? "" : ",") + quoted;
    }
    book.entries[name].schema = R"({"type":"object","properties":{)" + properties + "}" +
                                (required.empty() ? "" : ",\"required\":[" + required + "]") +
                                (is_input ? R"(,"additionalProperties":false})" : "}");
    return reference;
}

std::string enum_schema(std::span<std::string_view const> words)
{
    std::string names;
    for (auto const word : words) names += (names.empty() ? "\"" : ",\"") + std::string(word) + "\"";
    return R"({"type":"string","enum":[)" + names + "]}";
}

} // namespace json_detail
} // namespace pollux
