#include "gemini/parts.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <stdexcept>

namespace pollux::sims {

namespace json = boost::json;

namespace {

// What Google reads as a picture, a document, sound or film; other types of text as text.
constexpr auto known_types = std::to_array<std::string_view>(
    {"image/png", "image/jpeg", "image/webp", "image/heic", "image/heif", "application/pdf", "audio/wav", "audio/mp3", "audio/mpeg",
     "audio/aiff", "audio/aac", "audio/ogg", "audio/flac", "video/mp4", "video/mpeg", "video/mov", "video/webm"});

// A field by its name in JSON, or by its name in the protocol: Google takes both.
json::value const* field(json::object const& object, std::string_view name, std::string_view other)
{
    auto const* found = object.if_contains(name);
    return found ? found : object.if_contains(other);
}

std::string text_field(json::object const& object, std::string_view name, std::string_view other)
{
    auto const* found = field(object, name, other);
    return found && found->is_string() ? std::string(found->get_string()) : std::string();
}

// How many bytes this is in base64, in either alphabet; nothing when it is none.
std::optional<std::int64_t> decoded_bytes(std::string_view text)
{
    auto const padding = text.size() - std::min(text.size(), text.find_last_not_of('=') + 1);
    auto const body = text.substr(0, text.size() - padding);
    bool const is_plain = std::ranges::all_of(body, [](char byte) {
        return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '+' || byte == '/' ||
               byte == '-' || byte == '_';
    });
    bool const fits = padding == 0 || (padding <= 2 && text.size() % 4 == 0);
    if (!is_plain || !fits || body.size() % 4 == 1) return std::nullopt;
    return static_cast<std::int64_t>(body.size() * 3 / 4);
}

std::string checked_type(json::object const& data)
{
    auto type = text_field(data, "mimeType", "mime_type");
    if (type.empty()) throw std::invalid_argument("Unable to submit request because it must have a mimeType parameter.");
    if (!type.starts_with("text/") && std::ranges::find(known_types, type) == known_types.end())
        throw std::invalid_argument("Unsupported MIME type: " + type);
    return type;
}

File read_inline(json::value const& value, std::string const& where)
{
    if (!value.is_object()) throw std::invalid_argument("Invalid value at '" + where + ".inline_data'");
    auto const& data = value.get_object();
    auto const text = text_field(data, "data", "data");
    auto const bytes = decoded_bytes(text);
    if (!bytes) throw std::invalid_argument("Invalid value at '" + where + ".inline_data.data' (TYPE_BYTES), Base64 decoding failed");
    if (*bytes == 0) throw std::invalid_argument("Unable to process input image. Please retry or report in the documentation.");
    return {checked_type(data), {}, *bytes};
}

File read_file(json::value const& value, std::string const& where)
{
    if (!value.is_object()) throw std::invalid_argument("Invalid value at '" + where + ".file_data'");
    auto const& data = value.get_object();
    auto uri = text_field(data, "fileUri", "file_uri");
    if (uri.empty()) throw std::invalid_argument("* " + where + ".file_data.file_uri: [REQUIRED_FIELD_MISSING]");
    // Google knows the type of what was uploaded to it.
    auto type = field(data, "mimeType", "mime_type") ? checked_type(data) : std::string();
    return {std::move(type), std::move(uri), 0};
}

} // namespace

Parts read_parts(json::value const& content, std::string const& what)
{
    boost::system::error_code none;
    auto const* parts = content.find_pointer("/parts", none);
    if (!parts || !parts->is_array() || parts->get_array().empty())
        throw std::invalid_argument("* " + what + ".parts: contents is not specified");
    Parts read;
    std::size_t index = 0;
    for (auto const& part : parts->get_array()) {
        auto const where = what + ".parts[" + std::to_string(index++) + "]";
        auto const* object = part.if_object();
        auto const* text = object ? object->if_contains("text") : nullptr;
        auto const* data = object ? field(*object, "inlineData", "inline_data") : nullptr;
        auto const* file = object ? field(*object, "fileData", "file_data") : nullptr;
        if ((text && text->is_string()) + (data != nullptr) + (file != nullptr) != 1)
            throw std::invalid_argument(where + ".data: required oneof field 'data' must have one initialized field");
        if (text) read.text += text->get_string();
        if (data) read.files.push_back(read_inline(*data, where));
        if (file) read.files.push_back(read_file(*file, where));
    }
    return read;
}

} // namespace pollux::sims
