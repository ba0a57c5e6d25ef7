#include "base/json_types.hpp"

#include "base/text.hpp"

#include <boost/json/value.hpp>

namespace pollux::json_detail {

void read_text(JsonValue const& value, std::string const& field, std::size_t min, std::size_t max, Lines lines, std::string& out,
               FieldErrors& errors)
{
    if (!read_plain_text(value, field, out, errors)) return;
    std::size_t const length = code_points(out);
    if (length < min) {
        std::string const least = min == 1 ? "May not be empty." : "Must have at least " + std::to_string(min) + " characters.";
        errors.push_back({field, "too_short", least});
    } else if (length > max) {
        errors.push_back({field, "too_long", "May have at most " + std::to_string(max) + " characters."});
    } else if (lines == Lines::one && has_control_or_bidi(out)) {
        errors.push_back({field, "control_character", "May not contain control or text-direction characters."});
    }
}

bool read_plain_text(JsonValue const& value, std::string const& field, std::string& out, FieldErrors& errors)
{
    if (!value.is_string()) {
        refuse_type(value, field, "text", errors);
        return false;
    }
    out = std::string_view(value.get_string());
    if (out.find('\0') == std::string::npos) return true;
    errors.push_back({field, "null_character", "May not contain U+0000."});
    return false;
}

void read_integer(JsonValue const& value, std::string const& field, std::int64_t min, std::int64_t max, std::int64_t& out,
                  FieldErrors& errors)
{
    if (!value.is_int64() && !value.is_uint64()) return refuse_type(value, field, "an integer", errors);
    bool const fits = value.is_int64() && value.get_int64() >= min && value.get_int64() <= max;
    if (fits) {
        out = value.get_int64();
    } else {
        errors.push_back({field, "out_of_range", "Must be from " + std::to_string(min) + " to " + std::to_string(max) + "."});
    }
}

void read_boolean(JsonValue const& value, std::string const& field, bool& out, FieldErrors& errors)
{
    if (!value.is_bool()) return refuse_type(value, field, "a boolean", errors);
    out = value.get_bool();
}

void refuse_choice(std::string const& field, std::string const& choices, FieldErrors& errors)
{
    errors.push_back({field, "unknown_choice", "Must be one of: " + choices + "."});
}

std::string text_schema(std::size_t min, std::size_t max, Lines lines)
{
    // The pattern says what has_control_or_bidi() refuses.
    constexpr std::string_view one_line = R"(,"pattern":"^[^\\u0000-\\u001F\\u007F-\\u009F\\u2028-\\u202E\\u2066-\\u2069]*$")";
    return R"({"type":"string","minLength":)" + std::to_string(min) + R"(,"maxLength":)" + std::to_string(max) +
           std::string(lines == Lines::one ? one_line : "") + "}";
}

std::string integer_schema(std::int64_t min, std::int64_t max)
{
    return R"({"type":"integer","minimum":)" + std::to_string(min) + R"(,"maximum":)" + std::to_string(max) + "}";
}

std::string nullable_schema(std::string schema)
{
    return R"({"anyOf":[)" + schema + R"(,{"type":"null"}]})";
}

} // namespace pollux::json_detail
