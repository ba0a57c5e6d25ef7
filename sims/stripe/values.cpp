#include "stripe/values.hpp"

#include "stripe/errors.hpp"

namespace pollux::sims::stripe {

namespace {

constexpr std::size_t metadata_keys_max = 50;
constexpr std::size_t metadata_key_characters_max = 40;
constexpr std::size_t metadata_value_characters_max = 500;

std::size_t characters(std::string_view text)
{
    std::size_t count = 0;
    for (unsigned char const byte : text) count += (byte & 0xc0) != 0x80;
    return count;
}

} // namespace

json::object difference(json::object const& before, json::object const& after)
{
    json::object changed;
    for (auto const& field : before) {
        auto const* now = after.if_contains(field.key());
        if (now && *now == field.value()) continue;
        auto const* inner_before = field.value().if_object();
        auto const* inner_now = now ? now->if_object() : nullptr;
        if (inner_before && inner_now)
            changed[field.key()] = difference(*inner_before, *inner_now);
        else
            changed[field.key()] = field.value();
    }
    for (auto const& field : after) {
        if (!before.contains(field.key())) changed[field.key()] = nullptr;
    }
    return changed;
}

void merge_metadata(json::object& object, json::object const& params)
{
    auto const* given = params.if_contains("metadata");
    if (!given) return;
    auto& kept = object["metadata"];
    if (!kept.is_object() || given->is_null()) kept = json::object();
    auto& metadata = kept.get_object();
    if (auto const* pairs = given->if_object()) {
        for (auto const& pair : *pairs) {
            std::string const name = "metadata[" + std::string(pair.key()) + "]";
            if (characters(pair.key()) > metadata_key_characters_max)
                throw invalid("Metadata keys can have up to 40 characters, but you passed in a key that is " +
                                  std::to_string(characters(pair.key())) + " characters. Invalid key: " + std::string(pair.key()),
                              name);
            if (pair.value().is_null()) {
                metadata.erase(pair.key());
                continue;
            }
            auto const text = pair.value().is_string() ? std::string(pair.value().get_string()) : std::string();
            if (characters(text) > metadata_value_characters_max)
                throw invalid("Metadata values can have up to 500 characters, but you passed in a value that is " +
                                  std::to_string(characters(text)) + " characters. Invalid value: " + text,
                              name);
            metadata[pair.key()] = text;
        }
    }
    if (metadata.size() > metadata_keys_max) throw invalid("Metadata can have up to 50 keys.", "metadata");
}

void copy_given(json::object& object, json::object const& params, std::string_view names)
{
    for (auto const& field : params) {
        if (has_word(names, field.key())) object[field.key()] = field.value();
    }
}

} // namespace pollux::sims::stripe
