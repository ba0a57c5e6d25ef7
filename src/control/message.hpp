// What goes over the control socket, each way one message: four bytes, the length in network order, then that many bytes of JSON.
//
//     {"command": "createsuperuser", "database": "/data/pollux.sqlite3", "arguments": {...}}
//     {"result": {...}}   or   {"error": {"code": "...", "message": "...", "fields": [{"field": "...", "code": "...", "detail": "..."}]}}
#pragma once

#include "base/error.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace pollux::control {

inline constexpr std::size_t message_bytes_max = 64 * 1024;
inline constexpr std::size_t length_bytes = 4;
inline constexpr std::size_t conversations_max = 8;         // At once; one more is hung up on.
inline constexpr std::chrono::seconds conversation_max{30}; // From the connection to the answer.
inline constexpr char const* socket_name = "control.sock";

std::array<unsigned char, length_bytes> length_of(std::string_view message);
std::uint32_t read_length(std::array<unsigned char, length_bytes> const& bytes);

struct Request {
    std::string command;
    std::string database;  // The file that the caller found locked.
    std::string arguments; // JSON.
};

std::string write_request(Request const& request);
Result<Request> read_request(std::string_view json);

// `result` is JSON.
std::string write_answer(Result<std::string> const& result);
// Malformed when it is no answer at all.
Result<std::string> read_answer(std::string_view json);

} // namespace pollux::control
