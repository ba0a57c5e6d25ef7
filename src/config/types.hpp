// The words and small values that Config is made of.
#pragma once

#include "base/clock.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace pollux::config {

// Text that must never be printed. reveal() marks every place where it is used.
class Secret {
public:
    Secret() = default;
    explicit Secret(std::string text) : text_(std::move(text)) {}
    std::string const& reveal() const { return text_; }
    bool operator==(Secret const&) const = default; // For tests of settings; not in constant time.

private:
    std::string text_;
};

struct Endpoint {
    std::string host; // An address; IPv6 without brackets.
    std::uint16_t port = 0;
    bool operator==(Endpoint const&) const = default;
};
std::string to_text(Endpoint const& endpoint); // "127.0.0.1:8000", "[::1]:8000"

enum class DatabaseKind { sqlite, postgres };
enum class Workers { internal, external };
enum class Switch { off, on };
enum class OtpDelivery { response, console, twilio, webhook, none };
enum class LogLevel { debug, info, warning, error };
enum class LogFormat { automatic, json, text }; // automatic: text on a terminal, else JSON.

// A number whose codes are always the same.
struct TestNumber {
    std::string mobile; // E.164
    std::string code;
    std::optional<Time> valid_until; // The end of its last day, UTC.
    bool operator==(TestNumber const&) const = default;
};

// "openai:llama3.2=Llama|Runs on our own machines.": what people are shown of a model.
struct ModelLabel {
    std::string model;
    std::string label;
    std::string line; // May be empty.
    bool operator==(ModelLabel const&) const = default;
};

// "send=30/60": replaces the built-in rule of one route class.
struct RateOverride {
    std::string route_class; // "auth", "send_address"; the whole list stands in limits/rate_rules.hpp.
    std::int64_t count = 0;
    std::chrono::seconds window{0};
    bool operator==(RateOverride const&) const = default;
};

enum class PictureKind { svg, png };

struct Picture {
    PictureKind kind = PictureKind::svg;
    std::string bytes;

    bool operator==(Picture const&) const = default;
};

} // namespace pollux::config
