// What can go wrong in a way that a caller can answer. Accidents (a dead database, a bug) are exceptions instead.
// A message is safe to show to a user: it never holds a secret, a key, a URL of a provider or a provider's text.
#pragma once

#include <boost/system/result.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pollux {

enum class ErrorKind {
    malformed,       // Not readable: JSON, framing, a cursor.
    invalid,         // Readable but wrong.
    unauthenticated, // No valid token.
    forbidden,
    not_found,
    conflict,
    too_large,
    unsupported, // A content type or coding that is not taken.
    rate_limited,
    unavailable,
    storage_full,
    upstream_failed,
};

// One wrong field of the input: errors[] of RFC 9457's problem document.
struct FieldError {
    std::string field; // "content", "system_prompt"; empty for the whole body.
    std::string code;  // "too_long", "unknown_field".
    std::string detail;
};

// What an error says besides, for programs: a member of the problem document.
struct ErrorMember {
    std::string name; // "upgrade".
    std::string json;
};

class Error {
public:
    Error() = default; // result<T, Error>::error() of Boost 1.81 needs it.
    Error(ErrorKind kind, std::string code, std::string message) : kind_(kind), code_(std::move(code)), message_(std::move(message)) {}

    ErrorKind kind() const { return kind_; }
    std::string const& code() const { return code_; }       // Stable word for clients: "room_not_found".
    std::string const& message() const { return message_; } // Says how to mend it.
    std::vector<FieldError> const& fields() const { return fields_; }
    std::vector<ErrorMember> const& members() const { return members_; }
    std::optional<std::chrono::seconds> retry_after() const { return retry_after_; }

    Error&& with_retry_after(std::chrono::seconds wait) &&
    {
        retry_after_ = wait;
        return std::move(*this);
    }
    Error&& with_field(FieldError field) &&
    {
        fields_.push_back(std::move(field));
        return std::move(*this);
    }
    Error&& with_member(ErrorMember member) &&
    {
        members_.push_back(std::move(member));
        return std::move(*this);
    }
    void add_field(FieldError field) { fields_.push_back(std::move(field)); }

private:
    ErrorKind kind_ = ErrorKind::invalid;
    std::string code_;
    std::string message_;
    std::vector<FieldError> fields_;
    std::vector<ErrorMember> members_;
    std::optional<std::chrono::seconds> retry_after_; // For rate_limited and unavailable.
};

template <class T>
using Result = boost::system::result<T, Error>;

// boost::system::result asks for these two: value() of an error throws; we look before we take, so it is a bug.
[[noreturn]] void throw_exception_from_error(Error const& error, boost::source_location const& where);

Error malformed(std::string code, std::string message);
Error invalid(std::string_view field, std::string_view code, std::string_view detail); // code() is "invalid_input".
Error not_found(std::string_view what);                                                // "room" -> code "room_not_found".
Error forbidden(std::string code, std::string message);
Error conflict(std::string code, std::string message);
Error unauthenticated(std::string code, std::string message);
Error rate_limited(std::string code, std::string message, std::chrono::seconds retry_after);
Error unavailable(std::string code, std::string message, std::chrono::seconds retry_after);

} // namespace pollux
