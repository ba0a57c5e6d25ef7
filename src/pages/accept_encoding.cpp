#include "pages/accept_encoding.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace pollux::pages {
namespace {

// In thousandths. "1", "0.25"; nullopt for what is no weight (RFC 9110, 12.4.2).
std::optional<int> read_weight(std::string_view text)
{
    bool const has_form = !text.empty() && text.size() <= 5 && (text[0] == '0' || text[0] == '1') && (text.size() == 1 || text[1] == '.');
    if (!has_form) return std::nullopt;
    int weight = (text[0] - '0') * 1000;
    int place = 100;
    for (char const letter : text.substr(std::min<std::size_t>(2, text.size()))) {
        if (letter < '0' || letter > '9') return std::nullopt;
        weight += (letter - '0') * place;
        place /= 10;
    }
    return weight <= 1000 ? std::optional(weight) : std::nullopt;
}

struct Weighted {
    std::string_view name;
    int weight = 1000;
};

// "gzip;q=0.5"; what cannot be read is not wanted.
Weighted read_item(std::string_view item)
{
    auto const semicolon = std::min(item.find(';'), item.size());
    Weighted weighted{trim(item.substr(0, semicolon))};
    auto const parameter = trim(item.substr(std::min(semicolon + 1, item.size())));
    if (parameter.empty()) return weighted;
    auto const equals = std::min(parameter.find('='), parameter.size());
    bool const is_weight = equals_ignoring_case(trim(parameter.substr(0, equals)), "q");
    auto const weight = is_weight ? read_weight(trim(parameter.substr(std::min(equals + 1, parameter.size())))) : std::nullopt;
    weighted.weight = weight.value_or(0);
    return weighted;
}

struct Weights {
    std::optional<int> identity;
    std::optional<int> gzip;
    std::optional<int> brotli;
    std::optional<int> others; // "*"
};

Weights read_weights(std::string_view list)
{
    Weights weights;
    while (!list.empty()) {
        auto const comma = std::min(list.find(','), list.size());
        auto const [name, weight] = read_item(list.substr(0, comma));
        list.remove_prefix(std::min(comma + 1, list.size()));
        if (equals_ignoring_case(name, "identity")) weights.identity = weight;
        if (equals_ignoring_case(name, "gzip") || equals_ignoring_case(name, "x-gzip")) weights.gzip = weight;
        if (equals_ignoring_case(name, "br")) weights.brotli = weight;
        if (name == "*") weights.others = weight;
    }
    return weights;
}

} // namespace

std::optional<Coding> choose_coding(std::optional<std::string_view> accept_encoding, Forms forms)
{
    if (!accept_encoding) return Coding::identity;
    auto const weights = read_weights(*accept_encoding);
    int const brotli = forms.brotli ? weights.brotli.value_or(weights.others.value_or(0)) : 0;
    int const gzip = forms.gzip ? weights.gzip.value_or(weights.others.value_or(0)) : 0;
    // Unnamed, it may always be sent unless "*" refuses it, and is wanted least.
    int const unnamed = weights.others == 0 ? 0 : 1;
    int const identity = weights.identity.value_or(unnamed);
    if (brotli > 0 && brotli >= gzip && brotli >= identity) return Coding::brotli;
    if (gzip > 0 && gzip >= identity) return Coding::gzip;
    if (identity > 0) return Coding::identity;
    return std::nullopt;
}

} // namespace pollux::pages
