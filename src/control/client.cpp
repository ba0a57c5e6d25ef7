#include "control/client.hpp"

#include "control/socket_place.hpp"

#include <cerrno>
#include <cstring>

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

namespace pollux::control {
namespace {

// A little more than the server takes.
constexpr timeval patience{.tv_sec = conversation_max.count() + 5, .tv_usec = 0};

class Descriptor {
public:
    explicit Descriptor(int number) : number_(number) {}
    ~Descriptor()
    {
        if (number_ >= 0) ::close(number_);
    }
    Descriptor(Descriptor const&) = delete;
    Descriptor& operator=(Descriptor const&) = delete;
    int number() const { return number_; }

private:
    int const number_;
};

[[noreturn]] void fail()
{
    throw NoAnswer("the server ended before it answered; it may or may not have done this, so look, and try again");
}

void send_all(int socket, void const* bytes, std::size_t count)
{
    auto const* next = static_cast<char const*>(bytes);
    while (count > 0) {
        auto const sent = ::send(socket, next, count, MSG_NOSIGNAL);
        if (sent <= 0) fail();
        next += sent;
        count -= static_cast<std::size_t>(sent);
    }
}

void read_all(int socket, void* bytes, std::size_t count)
{
    auto* next = static_cast<char*>(bytes);
    while (count > 0) {
        auto const got = ::recv(socket, next, count, 0);
        if (got <= 0) fail();
        next += got;
        count -= static_cast<std::size_t>(got);
    }
}

} // namespace

Result<std::string> call(std::filesystem::path const& folder, Request const& request)
{
    SocketPlace const place(folder);
    Descriptor const socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    place.address().copy(address.sun_path, sizeof address.sun_path - 1);
    bool const is_there = place.exists() && ::connect(socket.number(), reinterpret_cast<sockaddr const*>(&address), sizeof address) ==
                                                0; // connect(2) has it so.
    if (!is_there) throw NobodyThere(std::string("nobody answers at ") + socket_name + " in " + folder.string());
    ::setsockopt(socket.number(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);

    auto const text = write_request(request);
    auto const length = length_of(text);
    send_all(socket.number(), length.data(), length.size());
    send_all(socket.number(), text.data(), text.size());
    std::array<unsigned char, length_bytes> head{};
    read_all(socket.number(), head.data(), head.size());
    if (read_length(head) > message_bytes_max) return malformed("unreadable", "The server's answer is too long.");
    std::string answer(read_length(head), '\0');
    read_all(socket.number(), answer.data(), answer.size());
    return read_answer(answer);
}

} // namespace pollux::control
