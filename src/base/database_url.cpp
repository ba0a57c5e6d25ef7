#include "base/database_url.hpp"

#include "base/text.hpp"

#include <boost/url/grammar.hpp>
#include <boost/url/grammar/all_chars.hpp>

namespace pollux {
namespace {

namespace grammar = boost::urls::grammar;

constexpr auto anything = grammar::optional_rule(grammar::token_rule(grammar::all_chars));
constexpr auto scheme_rule =
    grammar::token_rule(grammar::lut_chars([](char c) { return grammar::alnum_chars(c) || c == '+' || c == '-'; }));
constexpr auto slashes_rule = grammar::literal_rule("://");
constexpr auto user_rule =
    grammar::tuple_rule(grammar::optional_rule(grammar::token_rule(~grammar::lut_chars("@/"))), grammar::delim_rule('@'));
constexpr auto hosts_rule = grammar::token_rule(~grammar::lut_chars("@/?"));
constexpr auto path_rule =
    grammar::tuple_rule(grammar::delim_rule('/'), grammar::optional_rule(grammar::token_rule(~grammar::lut_chars('?'))));
constexpr auto parameters_rule = grammar::tuple_rule(grammar::delim_rule('?'), anything);
constexpr auto file_rule = grammar::token_rule(~grammar::lut_chars("?#"));

class Pieces {
public:
    explicit Pieces(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

    // What the rule fits on. Where it does not fit, that is nothing, and nothing is taken.
    template <class Rule>
    std::string_view take(Rule const& rule)
    {
        auto const* const begin = at_;
        if (!grammar::parse(at_, end_, rule)) at_ = begin;
        return {begin, static_cast<std::size_t>(at_ - begin)};
    }

    bool are_all_taken() const { return at_ == end_; }

private:
    char const* at_;
    char const* end_;
};

} // namespace

std::string database_scheme(std::string_view url)
{
    Pieces pieces(url);
    auto const scheme = pieces.take(scheme_rule);
    return pieces.take(slashes_rule).empty() ? std::string() : lower_ascii(scheme);
}

std::optional<std::string_view> postgres_parameters(std::string_view url)
{
    Pieces pieces(url);
    pieces.take(scheme_rule);
    if (pieces.take(slashes_rule).empty()) return std::nullopt;
    bool const has_user = !pieces.take(user_rule).empty();
    pieces.take(hosts_rule);
    auto const path = pieces.take(path_rule);
    auto const parameters = pieces.take(parameters_rule);
    bool const is_cut_password = !has_user && path.find('@') != std::string_view::npos;
    if (is_cut_password || !pieces.are_all_taken()) return std::nullopt;
    return parameters;
}

std::optional<SqliteUrl> parse_sqlite_url(std::string_view url)
{
    Pieces pieces(url);
    auto const scheme = pieces.take(scheme_rule);
    bool const has_no_host = !pieces.take(slashes_rule).empty() && !pieces.take(grammar::delim_rule('/')).empty();
    if (!equals_ignoring_case(scheme, "sqlite") || !has_no_host) return std::nullopt;
    auto const file = pieces.take(file_rule);
    return SqliteUrl{file, pieces.take(anything)};
}

} // namespace pollux
