// A socket that says exactly what the test says, and reads answers as bytes: for requests no HTTP library would send.
#pragma once

#include <cctype>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

namespace pollux::test {

struct RawAnswer {
    int status = 0; // 0: the connection ended without an answer.
    std::string head;
    std::string body;

    std::string header(std::string name) const // Lower-case name; "" when absent.
    {
        std::string lowered;
        for (char letter : head) lowered.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(letter))));
        auto at = lowered.find("\r\n" + name + ": ");
        if (at == std::string::npos) return "";
        auto from = at + name.size() + 4;
        return head.substr(from, head.find("\r\n", from) - from);
    }
};

class RawClient {
public:
    explicit RawClient(std::uint16_t port)
    {
        socket_ = ::socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        timeval limit{.tv_sec = 60, .tv_usec = 0}; // A hanging server ends the test instead of the suite.
        ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) throw std::runtime_error("cannot connect");
    }
    ~RawClient() { ::close(socket_); }
    RawClient(RawClient const&) = delete;

    // False when the server has closed already.
    bool send(std::string_view bytes)
    {
        while (!bytes.empty()) {
            auto count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (count <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(count));
        }
        return true;
    }

    void finish_sending() { ::shutdown(socket_, SHUT_WR); }

    // Up to the empty line: of an answer whose body does not end.
    std::string read_head()
    {
        auto end = buffer_.find("\r\n\r\n");
        while (end == std::string::npos && more()) end = buffer_.find("\r\n\r\n");
        return buffer_.substr(0, end);
    }

    RawAnswer read(bool has_body = true)
    {
        RawAnswer answer;
        auto end = buffer_.find("\r\n\r\n");
        while (end == std::string::npos && more()) end = buffer_.find("\r\n\r\n");
        if (end == std::string::npos) return answer;
        answer.head = buffer_.substr(0, end + 2);
        buffer_.erase(0, end + 4);
        answer.status = std::atoi(answer.head.c_str() + 9);
        auto length = answer.header("content-length");
        if (answer.header("transfer-encoding") == "chunked") {
            while (read_chunk(answer.body)) {
            }
        } else if (has_body && !length.empty()) {
            std::size_t count = std::stoul(length);
            while (buffer_.size() < count && more()) {
            }
            answer.body = buffer_.substr(0, count);
            buffer_.erase(0, count);
        }
        return answer;
    }

    RawAnswer ask(std::string_view bytes)
    {
        send(bytes);
        return read();
    }

    // True once the server has ended the connection and nothing more came.
    bool is_closed()
    {
        while (more()) {
        }
        return buffer_.empty();
    }

private:
    bool more()
    {
        char bytes[16384];
        auto count = ::recv(socket_, bytes, sizeof bytes, 0);
        if (count <= 0) return false;
        buffer_.append(bytes, static_cast<std::size_t>(count));
        return true;
    }

    bool read_chunk(std::string& body)
    {
        auto end = buffer_.find("\r\n");
        while (end == std::string::npos && more()) end = buffer_.find("\r\n");
        if (end == std::string::npos) return false;
        std::size_t size = std::stoul(buffer_.substr(0, end), nullptr, 16);
        while (buffer_.size() < end + 2 + size + 2 && more()) {
        }
        body += buffer_.substr(end + 2, size);
        buffer_.erase(0, end + 2 + size + 2);
        return size > 0;
    }

    int socket_ = -1;
    std::string buffer_;
};

} // namespace pollux::test
