#include "redis/protocol.hpp"

#include <hiredis/read.h>

#include <new>

namespace pollux::redis {
namespace {

constexpr int elements_max = 100'000; // Of a list: hiredis believes whatever number comes.

void append_number(std::string& out, char mark, std::size_t number)
{
    out += mark;
    out += std::to_string(number);
    out += "\r\n";
}

// Where the object that hiredis is about to make belongs: into its list, or, at the root, a place of its own.
Reply* place(redisReadTask const* task)
{
    if (task->parent == nullptr) return new Reply();
    auto* parent = static_cast<Reply*>(task->parent->obj);
    return &parent->list[static_cast<std::size_t>(task->idx)];
}

void* make_text(redisReadTask const* task, char* bytes, std::size_t size)
{
    auto* reply = place(task);
    reply->kind = task->type == REDIS_REPLY_ERROR    ? Reply::Kind::error
                  : task->type == REDIS_REPLY_STATUS ? Reply::Kind::status
                                                     : Reply::Kind::text;
    reply->text.assign(bytes, size);
    return reply;
}

void* make_list(redisReadTask const* task, int elements)
{
    if (elements > elements_max) return nullptr; // hiredis ends the reading.
    auto* reply = place(task);
    reply->kind = Reply::Kind::list;
    reply->list.resize(static_cast<std::size_t>(elements));
    return reply;
}

void* make_integer(redisReadTask const* task, long long number)
{
    auto* reply = place(task);
    reply->kind = Reply::Kind::integer;
    reply->integer = number;
    return reply;
}

void* make_nil(redisReadTask const* task)
{
    return place(task);
}

void free_reply(void* root)
{
    delete static_cast<Reply*>(root);
}

redisReplyObjectFunctions functions{make_text, make_list, make_integer, make_nil, free_reply};

} // namespace

void append_command(std::string& out, std::initializer_list<Word> words)
{
    append_number(out, '*', words.size());
    for (auto const& word : words) {
        append_number(out, '$', word.text().size());
        out.append(word.text()).append("\r\n");
    }
}

void append_command(std::string& out, std::span<std::string_view const> words)
{
    append_number(out, '*', words.size());
    for (auto word : words) {
        append_number(out, '$', word.size());
        out.append(word).append("\r\n");
    }
}

std::string command(std::initializer_list<Word> words)
{
    std::string out;
    append_command(out, words);
    return out;
}

void ReplyReader::Free::operator()(redisReader* reader) const
{
    redisReaderFree(reader);
}

ReplyReader::ReplyReader(std::size_t reply_bytes_max)
    : reader_(redisReaderCreateWithFunctions(&functions)), reply_bytes_max_(reply_bytes_max)
{
    if (!reader_) throw std::bad_alloc();
}

ReplyReader::~ReplyReader() = default;

void ReplyReader::feed(std::string_view bytes)
{
    if (!failure_.empty()) return;
    bytes_of_reply_ += bytes.size();
    if (redisReaderFeed(reader_.get(), bytes.data(), bytes.size()) != REDIS_OK) failure_ = "the reply could not be kept";
}

std::optional<Reply> ReplyReader::next()
{
    if (!failure_.empty()) return std::nullopt;
    void* root = nullptr;
    if (redisReaderGetReply(reader_.get(), &root) != REDIS_OK) {
        failure_ = "what came is no Redis reply";
        return std::nullopt;
    }
    if (root == nullptr) {
        if (bytes_of_reply_ > reply_bytes_max_) failure_ = "a reply was too large";
        return std::nullopt;
    }
    bytes_of_reply_ = reader_->len - reader_->pos;
    std::unique_ptr<Reply> const whole(static_cast<Reply*>(root));
    return std::move(*whole);
}

} // namespace pollux::redis
