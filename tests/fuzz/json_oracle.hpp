// A second reader of JSON, for fuzzing: what base/json.hpp promises to take, written down as directly as it can be (RFC 8259 with
// 32 levels at most, 256 keys in an object, none twice, whole surrogate pairs, UTF-8, perhaps with a byte order mark). Slow and plain on
// purpose.
#pragma once

#include "base/json.hpp"
#include "base/text.hpp"

#include <set>
#include <string>
#include <string_view>

namespace pollux::fuzz {

class JsonOracle {
public:
    explicit JsonOracle(std::string_view text) : rest_(text)
    {
        take("\xEF\xBB\xBF");
        accepts_ = value(0) && is_at_end() && is_utf8(text);
    }

    bool accepts() const { return accepts_; }
    // Exponents of a billion and more may be refused for their size before the rest is looked at.
    bool has_huge_exponent() const { return has_huge_exponent_; }

private:
    bool is_at_end()
    {
        skip_blanks();
        return rest_.empty();
    }

    void skip_blanks()
    {
        while (!rest_.empty() && std::string_view(" \t\r\n").find(rest_.front()) != std::string_view::npos) rest_.remove_prefix(1);
    }

    bool take(std::string_view word)
    {
        if (!rest_.starts_with(word)) return false;
        rest_.remove_prefix(word.size());
        return true;
    }

    bool value(int depth)
    {
        skip_blanks();
        if (rest_.starts_with('{')) return depth < 32 && object(depth + 1);
        if (rest_.starts_with('[')) return depth < 32 && array(depth + 1);
        std::string ignored;
        if (rest_.starts_with('"')) return text(ignored);
        return take("null") || take("true") || take("false") || number();
    }

    bool array(int depth)
    {
        take("[");
        skip_blanks();
        if (take("]")) return true;
        while (value(depth)) {
            skip_blanks();
            if (take("]")) return true;
            if (!take(",")) return false;
        }
        return false;
    }

    bool object(int depth)
    {
        take("{");
        skip_blanks();
        if (take("}")) return true;
        std::set<std::string> keys;
        while (true) {
            std::string key;
            skip_blanks();
            if (!text(key) || !keys.insert(key).second || keys.size() > json_members_max) return false;
            skip_blanks();
            if (!take(":") || !value(depth)) return false;
            skip_blanks();
            if (take("}")) return true;
            if (!take(",")) return false;
        }
    }

    bool digits()
    {
        auto count = std::min(rest_.find_first_not_of("0123456789"), rest_.size());
        rest_.remove_prefix(count);
        return count > 0;
    }

    bool number()
    {
        take("-");
        if (!take("0") && !digits()) return false;
        if (take(".") && !digits()) return false;
        if (!take("e") && !take("E")) return true;
        if (!take("+")) take("-");
        auto const exponent = rest_.substr(0, rest_.find_first_not_of("0123456789"));
        auto const leading_zeros = std::min(exponent.find_first_not_of('0'), exponent.size());
        has_huge_exponent_ = has_huge_exponent_ || exponent.size() - leading_zeros > 8;
        return digits();
    }

    bool text(std::string& out)
    {
        if (!take("\"")) return false;
        while (!rest_.empty()) {
            if (take("\"")) return true;
            if (static_cast<unsigned char>(rest_.front()) < 0x20) return false;
            if (rest_.starts_with('\\') ? !escape(out) : !plain(out)) return false;
        }
        return false;
    }

    bool plain(std::string& out)
    {
        out.push_back(rest_.front());
        rest_.remove_prefix(1);
        return true;
    }

    bool escape(std::string& out)
    {
        take("\\");
        constexpr std::string_view letters = "\"\\/bfnrt";
        constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
        if (rest_.empty()) return false;
        auto index = letters.find(rest_.front());
        if (index != std::string_view::npos) {
            out.push_back(meanings[index]);
            rest_.remove_prefix(1);
            return true;
        }
        char32_t unit = 0;
        if (!hex(unit) || (unit >= 0xDC00 && unit <= 0xDFFF)) return false;
        char32_t low = 0;
        bool is_high = unit >= 0xD800 && unit <= 0xDBFF;
        if (is_high && (!take("\\") || !hex(low) || low < 0xDC00 || low > 0xDFFF)) return false;
        append(out, is_high ? 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00) : unit);
        return true;
    }

    bool hex(char32_t& unit)
    {
        if (!take("u") || rest_.size() < 4) return false;
        for (int count = 0; count < 4; ++count) {
            auto digit = std::string_view("0123456789abcdef").find(lower_ascii(rest_.substr(0, 1)));
            if (digit == std::string_view::npos) return false;
            unit = unit * 16 + static_cast<char32_t>(digit);
            rest_.remove_prefix(1);
        }
        return true;
    }

    static void append(std::string& out, char32_t point)
    {
        auto tail = [&](int shift) { out.push_back(static_cast<char>(0x80 | ((point >> shift) & 0x3F))); };
        if (point < 0x80) {
            out.push_back(static_cast<char>(point));
        } else if (point < 0x800) {
            out.push_back(static_cast<char>(0xC0 | (point >> 6)));
            tail(0);
        } else if (point < 0x10000) {
            out.push_back(static_cast<char>(0xE0 | (point >> 12)));
            tail(6);
            tail(0);
        } else {
            out.push_back(static_cast<char>(0xF0 | (point >> 18)));
            tail(12);
            tail(6);
            tail(0);
        }
    }

    std::string_view rest_;
    bool accepts_ = false;
    bool has_huge_exponent_ = false;
};

} // namespace pollux::fuzz
