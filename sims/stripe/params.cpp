#include "stripe/params.hpp"

#include "stripe/errors.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <charconv>
#include <optional>
#include <unordered_map>
#include <vector>

namespace pollux::sims::stripe {

namespace json = boost::json;

namespace {

struct Row {
    std::string_view endpoint;
    std::string_view path;
    std::string_view kinds;
    std::string_view words; // Divided by |.

    bool is(char kind) const { return kinds.find(kind) != std::string_view::npos; }
};

constexpr Row rows[] = {
#include "stripe/params_table.inc"
};

struct Endpoint {
    std::unordered_map<std::string_view, Row const*> by_path;
    std::unordered_map<std::string, std::vector<Row const*>> required; // By the path of what they are in.
};

std::string parent_of(std::string_view path)
{
    auto const bracket = path.rfind('[');
    return bracket == std::string_view::npos ? std::string() : std::string(path.substr(0, bracket));
}

std::unordered_map<std::string_view, Endpoint> make_endpoints()
{
    std::unordered_map<std::string_view, Endpoint> made;
    for (auto const& row : rows) {
        auto& endpoint = made[row.endpoint];
        if (row.path.empty()) continue;
        endpoint.by_path[row.path] = &row;
        if (row.is('r')) endpoint.required[parent_of(row.path)].push_back(&row);
    }
    return made;
}

std::unordered_map<std::string_view, Endpoint> const& endpoints()
{
    static auto const made = make_endpoints();
    return made;
}

StripeError refused(std::string message, std::string param, std::string code = {})
{
    auto error = invalid(std::move(message), std::move(param), std::move(code));
    error.before_execution = true;
    return error;
}

bool is_number(std::string_view text)
{
    return !text.empty() && std::ranges::all_of(text, [](unsigned char letter) { return std::isdigit(letter); });
}

class Reader {
public:
    explicit Reader(Endpoint const& endpoint) : endpoint_(endpoint) {}

    json::object read(json::object const& form)
    {
        auto made = members(form, "", "");
        if (!unknown_.empty()) {
            std::string message = unknown_.size() == 1 ? "Received unknown parameter: " : "Received unknown parameters: ";
            for (auto const& name : unknown_) message += (&name == &unknown_.front() ? "" : ", ") + name;
            throw refused(message, unknown_.front(), "parameter_unknown");
        }
        if (!missing_.empty()) throw missing_param(missing_);
        if (wrong_) throw *wrong_;
        return made;
    }

private:
    // `path` is the table's, `shown` the one to show: items[][price], items[0][price].
    json::object members(json::object const& form, std::string const& path, std::string const& shown)
    {
        json::object made;
        for (auto const& field : form) {
            std::string const name(field.key());
            auto const here = path.empty() ? name : path + "[" + name + "]";
            auto const shown_here = shown.empty() ? name : shown + "[" + name + "]";
            auto const row = endpoint_.by_path.find(here);
            if (row == endpoint_.by_path.end())
                unknown_.push_back(shown_here);
            else
                made[name] = value(field.value(), *row->second, here, shown_here);
        }
        auto const required = endpoint_.required.find(path);
        if (required == endpoint_.required.end()) return made;
        for (auto const* row : required->second) {
            auto name = std::string(row->path.substr(path.size()));
            if (!path.empty()) name = name.substr(1, name.size() - 2);
            if (!made.contains(name) && missing_.empty()) missing_ = shown.empty() ? name : shown + "[" + name + "]";
        }
        return made;
    }

    json::value value(json::value const& given, Row const& row, std::string const& path, std::string const& shown)
    {
        if (given.is_string()) return leaf(std::string(given.get_string()), row, shown);
        auto const& object = given.get_object();
        bool const numbered = std::ranges::all_of(object, [](auto const& field) { return is_number(field.key()); });
        if (row.is('a') && numbered) return list(object, path, shown);
        if (row.is('o')) return members(object, path, shown);
        if (row.is('m')) return map(object, path, shown);
        wrong(row.is('a') ? "Invalid array" : "Invalid " + kind_of(row) + ": " + json::serialize(given), shown);
        return nullptr;
    }

    json::value list(json::object const& object, std::string const& path, std::string const& shown)
    {
        auto const row = endpoint_.by_path.find(path + "[]");
        if (row == endpoint_.by_path.end()) return json::array();
        std::vector<std::pair<long, json::value const*>> elements;
        for (auto const& field : object) elements.emplace_back(std::atol(std::string(field.key()).c_str()), &field.value());
        std::ranges::sort(elements, {}, &std::pair<long, json::value const*>::first);
        json::array made;
        for (auto const& [index, element] : elements)
            made.push_back(value(*element, *row->second, path + "[]", shown + "[" + std::to_string(index) + "]"));
        return made;
    }

    json::value map(json::object const& object, std::string const& path, std::string const& shown)
    {
        auto const row = endpoint_.by_path.find(path + "[*]");
        json::object made;
        if (row == endpoint_.by_path.end()) return made;
        for (auto const& field : object)
            made[field.key()] = value(field.value(), *row->second, path + "[*]", shown + "[" + std::string(field.key()) + "]");
        return made;
    }

    json::value leaf(std::string const& text, Row const& row, std::string const& shown)
    {
        if (text.empty()) {
            if (row.is('e')) return nullptr;
            if (row.is('x')) return json::value("");
            wrong("You passed an empty string for '" + shown + "'. We assume empty values are an attempt to unset a parameter; however '" +
                      shown + "' cannot be unset. You should remove '" + shown + "' from your request or supply a non-empty value.",
                  shown, "parameter_invalid_empty");
            return nullptr;
        }
        if (row.is('s') || row.is('x') || (row.is('w') && is_word(text, row))) return json::value(text);
        if (row.is('i')) {
            std::int64_t number = 0;
            auto const [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
            if (failed == std::errc() && end == text.data() + text.size()) return number;
        }
        if (row.is('d')) {
            char* end = nullptr;
            double const number = std::strtod(text.c_str(), &end);
            if (*end == '\0') return number;
        }
        if (row.is('b') && (text == "true" || text == "false")) return text == "true";
        if (row.is('w'))
            wrong("Invalid " + shown + ": must be " + words_of(row), shown);
        else if (row.is('i'))
            wrong("Invalid integer: " + text, shown, "parameter_invalid_integer");
        else
            wrong("Invalid " + kind_of(row) + ": " + text, shown);
        return nullptr;
    }

    static bool is_word(std::string_view text, Row const& row)
    {
        auto const all = "|" + std::string(row.words) + "|";
        return all.find("|" + std::string(text) + "|") != std::string::npos;
    }

    // "one of a, b, or c".
    static std::string words_of(Row const& row)
    {
        std::vector<std::string> words;
        for (auto rest = row.words; !rest.empty();) {
            auto const end = std::min(rest.find('|'), rest.size());
            words.emplace_back(rest.substr(0, end));
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
        if (words.size() == 1) return words.front();
        if (words.size() == 2) return "one of " + words.front() + " or " + words.back();
        std::string text = "one of ";
        for (std::size_t i = 0; i < words.size(); ++i)
            text += (i + 1 == words.size() ? "or " : "") + words[i] + (i + 1 == words.size() ? "" : ", ");
        return text;
    }

    static std::string kind_of(Row const& row)
    {
        if (row.is('a')) return "array";
        if (row.is('o') || row.is('m')) return "object";
        if (row.is('b')) return "boolean";
        if (row.is('i')) return "integer";
        if (row.is('d')) return "decimal";
        return "string";
    }

    // Unknown parameters are told first, so this one waits.
    void wrong(std::string message, std::string const& param, std::string code = {})
    {
        if (!wrong_) wrong_ = refused(std::move(message), param, std::move(code));
    }

    Endpoint const& endpoint_;
    std::vector<std::string> unknown_;
    std::string missing_;
    std::optional<StripeError> wrong_;
};

} // namespace

bool is_endpoint(std::string const& endpoint)
{
    return endpoints().contains(endpoint);
}

json::object read_params(std::string const& endpoint, json::object const& form)
{
    return Reader(endpoints().at(endpoint)).read(form);
}

} // namespace pollux::sims::stripe
