// A private redis-server on a free loopback port, with its own folder; it dies with this object. It can be killed, halted and started
// again on the same port.
#pragma once

#include "redis/protocol.hpp"
#include "redis/url.hpp"
#include "support/temp_folder.hpp"

#include <arpa/inet.h>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <netinet/in.h>
#include <spawn.h>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace pollux::test {

inline std::uint16_t free_port()
{
    int const listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    bool const is_bound = ::bind(listener, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                          ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) == 0;
    ::close(listener);
    if (!is_bound) throw std::runtime_error("no free port");
    return ntohs(address.sin_port);
}

class RedisServer {
public:
    // `more`: further options of redis-server, "--requirepass", "secret".
    explicit RedisServer(std::vector<std::string> more = {}, std::string password = {})
        : more_(std::move(more)), password_(std::move(password)), port_(free_port())
    {
        start();
    }
    ~RedisServer() { kill(); }
    RedisServer(RedisServer const&) = delete;
    RedisServer& operator=(RedisServer const&) = delete;

    void start()
    {
        std::vector<std::string> words{"redis-server", "--port", std::to_string(port_),   "--bind",    "127.0.0.1",
                                       "--save",       "",       "--appendonly",          "no",        "--daemonize",
                                       "no",           "--dir",  folder_.path().string(), "--logfile", (folder_ / "log").string()};
        words.insert(words.end(), more_.begin(), more_.end());
        std::vector<char*> arguments;
        for (auto& word : words) arguments.push_back(word.data());
        arguments.push_back(nullptr);
        // Without the signals that a test program may have blocked.
        posix_spawnattr_t attributes;
        ::posix_spawnattr_init(&attributes);
        sigset_t none;
        sigemptyset(&none);
        ::posix_spawnattr_setsigmask(&attributes, &none);
        ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
        int const failed = ::posix_spawnp(&pid_, program, nullptr, &attributes, arguments.data(), environ);
        ::posix_spawnattr_destroy(&attributes);
        if (failed != 0) throw std::runtime_error("redis-tools is not installed");
        for (int tries = 0; tries < 2'000; ++tries) {
            auto const reply = ask({"PING"});
            if (reply && reply->text == "PONG") return;
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
        throw std::runtime_error("redis-server does not answer");
    }

    void kill()
    {
        if (pid_ == 0) return;
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
        pid_ = 0;
    }
    void halt() { ::kill(pid_, SIGSTOP); }
    void resume() { ::kill(pid_, SIGCONT); }

    std::uint16_t port() const { return port_; }
    std::filesystem::path const& folder() const { return folder_.path(); }
    redis::Url url() const { return {.port = port_, .user = {}, .password = password_}; }
    std::string url_text() const { return "redis://127.0.0.1:" + std::to_string(port_); }

    // One command on a connection of its own. Nothing when there was no answer.
    std::optional<redis::Reply> ask(std::initializer_list<redis::Word> words) const
    {
        int const socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port_);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        std::optional<redis::Reply> reply;
        if (::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0) {
            redis::ReplyReader reader;
            if (!password_.empty()) talk(socket, reader, redis::command({"AUTH", password_}));
            reply = talk(socket, reader, redis::command(words));
        }
        ::close(socket);
        return reply;
    }

private:
    static std::optional<redis::Reply> talk(int socket, redis::ReplyReader& reader, std::string const& bytes)
    {
        if (::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL) < 0) return std::nullopt;
        char piece[4096];
        for (;;) {
            if (auto reply = reader.next()) return reply;
            auto const size = ::recv(socket, piece, sizeof(piece), 0);
            if (size <= 0) return std::nullopt;
            reader.feed({piece, static_cast<std::size_t>(size)});
        }
    }

    // The same file as redis-server, told what it is by its first argument. It comes with redis-tools, which starts no service.
    static constexpr char const* program = "redis-check-rdb";

    TempFolder folder_;
    std::vector<std::string> more_;
    std::string password_;
    std::uint16_t port_;
    pid_t pid_ = 0;
};

} // namespace pollux::test
