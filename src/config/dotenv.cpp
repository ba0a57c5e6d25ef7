#include "config/dotenv.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <optional>

namespace pollux::config {
namespace {

bool is_name(std::string_view name)
{
    auto letter = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; };
    auto part = [&](char c) { return letter(c) || (c >= '0' && c <= '9'); };
    return !name.empty() && letter(name.front()) && std::all_of(name.begin(), name.end(), part);
}

class Reader {
public:
    explicit Reader(std::string_view text) : text_(text)
    {
        if (text_.starts_with("\xEF\xBB\xBF")) text_.remove_prefix(3);
    }

    Dotenv read()
    {
        if (auto const encoding = other_encoding(text_)) {
            out_.problems.push_back("is saved in " + std::string(*encoding) + "; save it in UTF-8");
            return std::move(out_);
        }
        while (at_ < text_.size()) read_line();
        return std::move(out_);
    }

private:
    void read_line()
    {
        ++line_;
        std::string_view const line = rest_of_line();
        std::string_view const trimmed = trim(line);
        if (trimmed.empty() || trimmed.front() == '#') return end_line();
        std::size_t const equals = line.find('=');
        if (equals == std::string_view::npos) return complain("has no =; write NAME=value");
        std::string_view name = trim(line.substr(0, equals));
        if (name.starts_with("export ") || name.starts_with("export\t")) name = trim(name.substr(7));
        if (!is_name(name)) return complain("has a name that is not made of letters, digits and _");
        at_ += equals + 1;
        while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
        char const first = at_ < text_.size() ? text_[at_] : '\n';
        bool const is_quoted = first == '"' || first == '\'';
        std::optional<std::string> value = is_quoted ? quoted(first) : plain();
        if (value) out_.values.emplace_back(name, std::move(*value));
    }

    std::string_view rest_of_line() const { return text_.substr(at_, text_.find('\n', at_) - at_); }

    void end_line()
    {
        std::size_t const end = text_.find('\n', at_);
        at_ = end == std::string_view::npos ? text_.size() : end + 1;
    }

    void complain(std::string_view what)
    {
        out_.problems.push_back("line " + std::to_string(line_) + ": " + std::string(what));
        end_line();
    }

    std::string plain()
    {
        std::string_view value = rest_of_line();
        for (std::size_t hash = value.find('#'); hash != std::string_view::npos; hash = value.find('#', hash + 1)) {
            bool const starts_comment = hash == 0 || value[hash - 1] == ' ' || value[hash - 1] == '\t';
            if (starts_comment) value = value.substr(0, hash);
        }
        end_line();
        return std::string(trim(value));
    }

    std::optional<std::string> quoted(char quote)
    {
        std::size_t const opened_at = line_;
        std::string value;
        for (++at_; at_ < text_.size() && text_[at_] != quote; ++at_) {
            char const next = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
            bool const is_escape = quote == '"' && text_[at_] == '\\' && std::string_view("nrt\"\\$").find(next) != std::string_view::npos;
            if (is_escape) {
                ++at_;
                value.push_back(next == 'n' ? '\n' : next == 'r' ? '\r' : next == 't' ? '\t' : next);
                continue;
            }
            if (text_[at_] == '\n') ++line_;
            value.push_back(text_[at_]);
        }
        if (at_ >= text_.size()) {
            out_.problems.push_back("line " + std::to_string(opened_at) + ": has a quote that does not end");
            return std::nullopt;
        }
        ++at_;
        std::string_view const after = trim(rest_of_line());
        if (!after.empty() && after.front() != '#') {
            complain("has text after its closing quote");
            return std::nullopt;
        }
        end_line();
        return value;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::size_t line_ = 0;
    Dotenv out_;
};

} // namespace

std::optional<std::string_view> other_encoding(std::string_view text)
{
    auto is_zero = [&](std::size_t index) { return index < text.size() && text[index] == '\0'; };
    using namespace std::string_view_literals;
    // UTF-32's mark begins as UTF-16's does. Without a mark the first character, which is ASCII in a file of settings, tells.
    if (text.starts_with("\xFF\xFE\0\0"sv)) return "UTF-32 (little endian)";
    if (text.starts_with("\0\0\xFE\xFF"sv)) return "UTF-32 (big endian)";
    if (text.starts_with("\xFF\xFE"sv)) return "UTF-16 (little endian)";
    if (text.starts_with("\xFE\xFF"sv)) return "UTF-16 (big endian)";
    if (is_zero(0)) return is_zero(1) ? "UTF-32 (big endian)" : "UTF-16 (big endian)";
    if (is_zero(1)) return is_zero(2) ? "UTF-32 (little endian)" : "UTF-16 (little endian)";
    if (text.find('\0') != std::string_view::npos) return "no encoding of text: it holds zero bytes";
    return std::nullopt;
}

Dotenv parse_dotenv(std::string_view text)
{
    return Reader(text).read();
}

} // namespace pollux::config
