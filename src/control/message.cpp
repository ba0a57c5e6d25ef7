#include "control/message.hpp"

#include "base/json.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace pollux::control {
namespace {

namespace json = boost::json;

Error unreadable()
{
    return malformed("unreadable", "What came over the control socket cannot be read; do both sides have the same version?");
}

std::string text_of(json::object const& object, char const* name)
{
    auto const* member = object.if_contains(name);
    auto const* text = member == nullptr ? nullptr : member->if_string();
    return text == nullptr ? std::string() : std::string(text->data(), text->size());
}

json::object parse_object(std::string_view text)
{
    boost::system::error_code failed;
    auto const parsed = json::parse(text, failed);
    auto const* object = failed ? nullptr : parsed.if_object();
    return object == nullptr ? json::object() : *object;
}

Error read_error(json::object const& object)
{
    Error error(ErrorKind::conflict, text_of(object, "code"), text_of(object, "message"));
    auto const* fields = object.if_contains("fields");
    if (fields == nullptr || !fields->is_array()) return error;
    for (auto const& entry : fields->get_array()) {
        auto const* field = entry.if_object();
        if (field != nullptr) error.add_field({text_of(*field, "field"), text_of(*field, "code"), text_of(*field, "detail")});
    }
    return error;
}

} // namespace

std::array<unsigned char, length_bytes> length_of(std::string_view message)
{
    auto const length = static_cast<std::uint32_t>(message.size());
    return {static_cast<unsigned char>(length >> 24), static_cast<unsigned char>(length >> 16), static_cast<unsigned char>(length >> 8),
            static_cast<unsigned char>(length)};
}

std::uint32_t read_length(std::array<unsigned char, length_bytes> const& bytes)
{
    std::uint32_t length = 0;
    for (auto const byte : bytes) length = length << 8 | byte;
    return length;
}

std::string write_request(Request const& request)
{
    return json::serialize(
        json::object{{"command", request.command}, {"database", request.database}, {"arguments", json::parse(request.arguments)}});
}

Result<Request> read_request(std::string_view text)
{
    auto const object = parse_object(text);
    auto const* arguments = object.if_contains("arguments");
    Request request{text_of(object, "command"), text_of(object, "database"), arguments == nullptr ? "{}" : json::serialize(*arguments)};
    if (request.command.empty()) return unreadable();
    return request;
}

std::string write_answer(Result<std::string> const& result)
{
    if (result) return json::serialize(json::object{{"result", json::parse(*result)}});
    Error const error = result.error(); // error() returns a copy.
    json::array fields;
    for (auto const& field : error.fields()) fields.push_back({{"field", field.field}, {"code", field.code}, {"detail", field.detail}});
    return json::serialize(json::object{{"error", {{"code", error.code()}, {"message", error.message()}, {"fields", std::move(fields)}}}});
}

Result<std::string> read_answer(std::string_view text)
{
    auto const object = parse_object(text);
    if (auto const* result = object.if_contains("result")) return json::serialize(*result);
    auto const* error = object.if_contains("error");
    if (error == nullptr || !error->is_object()) return unreadable();
    return read_error(error->get_object());
}

} // namespace pollux::control
