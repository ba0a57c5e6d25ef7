#include "stripe/form.hpp"

#include "stripe/errors.hpp"

#include <vector>

namespace pollux::sims::stripe {

namespace json = boost::json;

namespace {

StripeError bad_key(std::string const& key)
{
    auto error = invalid("Invalid request: the parameter name '" + key + "' is malformed.");
    error.before_execution = true;
    return error;
}

// "a[b][]" -> a, b, "".
std::vector<std::string> parts_of(std::string const& key)
{
    std::vector<std::string> parts;
    auto at = std::min(key.find('['), key.size());
    parts.push_back(key.substr(0, at));
    if (parts.front().empty()) throw bad_key(key);
    while (at < key.size()) {
        auto const end = key.find(']', at);
        if (key[at] != '[' || end == std::string::npos) throw bad_key(key);
        parts.push_back(key.substr(at + 1, end - at - 1));
        at = end + 1;
    }
    return parts;
}

void put(json::object& tree, std::string const& key, std::string value)
{
    auto const parts = parts_of(key);
    auto* here = &tree;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        bool const last = i + 1 == parts.size();
        auto name = parts[i];
        if (name.empty()) { // "[]": the next of a list; for a[][b] the last one, until it has a b.
            auto const count = here->size();
            bool const goes_on = !last && count > 0 && !parts[i + 1].empty() && (*here)[std::to_string(count - 1)].is_object() &&
                                 !(*here)[std::to_string(count - 1)].get_object().contains(parts[i + 1]);
            name = std::to_string(goes_on ? count - 1 : count);
        }
        if (last) {
            (*here)[name] = std::move(value);
            return;
        }
        auto& next = (*here)[name];
        if (next.is_null()) next = json::object();
        if (!next.is_object()) throw bad_key(key);
        here = &next.get_object();
    }
}

} // namespace

json::object read_form(std::string_view encoded)
{
    json::object tree;
    while (!encoded.empty()) {
        auto const end = std::min(encoded.find('&'), encoded.size());
        auto const pair = encoded.substr(0, end);
        encoded.remove_prefix(std::min(end + 1, encoded.size()));
        if (pair.empty()) continue;
        auto const equals = std::min(pair.find('='), pair.size());
        put(tree, decode_component(pair.substr(0, equals)), decode_component(pair.substr(std::min(equals + 1, pair.size()))));
    }
    return tree;
}

} // namespace pollux::sims::stripe
