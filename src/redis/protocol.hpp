// RESP2 without I/O: commands out as bytes, bytes in, replies out. The parser is hiredis'.
#pragma once

#include "base/literals.hpp"

#include <charconv>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

struct redisReader; // NOLINT(readability-identifier-naming): hiredis' name.

namespace pollux::redis {

struct Reply {
    enum class Kind { nil, integer, text, status, error, list };

    Kind kind = Kind::nil;
    std::int64_t integer = 0;
    std::string text; // Of text, status and error.
    std::vector<Reply> list;

    bool is_error() const { return kind == Kind::error; }
    bool is_text() const { return kind == Kind::text; }
    bool is_integer() const { return kind == Kind::integer; }
    bool operator==(Reply const&) const = default;
};

// One word of a command; any bytes.
class Word {
public:
    Word(std::string_view text) : text_(text) {}
    Word(std::string const& text) : text_(text) {}
    Word(char const* text) : text_(text) {}
    Word(std::integral auto number) : text_(digits_, std::to_chars(digits_, digits_ + sizeof(digits_), number).ptr) {}
    Word(Word const&) = delete; // The text may stand inside.
    Word& operator=(Word const&) = delete;

    std::string_view text() const { return text_; }

private:
    char digits_[20] = {};
    std::string_view text_;
};

void append_command(std::string& out, std::initializer_list<Word> words);
void append_command(std::string& out, std::span<std::string_view const> words);
std::string command(std::initializer_list<Word> words);

// Bytes of a connection, from its beginning, become replies.
class ReplyReader {
public:
    // A reply larger than this, with the bytes around its texts, ends the reading.
    explicit ReplyReader(std::size_t reply_bytes_max = 8_MiB);
    ~ReplyReader();

    void feed(std::string_view bytes);

    // The next whole reply. Nothing: more bytes are needed, or failure() says why no more will come.
    std::optional<Reply> next();

    std::string const& failure() const { return failure_; } // Empty: none.

private:
    struct Free {
        void operator()(redisReader* reader) const;
    };

    std::unique_ptr<redisReader, Free> reader_;
    std::size_t const reply_bytes_max_;
    std::size_t bytes_of_reply_ = 0; // Fed since the last whole reply.
    std::string failure_;
};

} // namespace pollux::redis
