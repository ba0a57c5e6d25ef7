// What the refusals of all providers have in common. No sentence of a provider's goes into a log: it may quote a key or what a user wrote.
#pragma once

#include "ai/chat_model.hpp"

#include <boost/json/object.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace pollux::ai {

constexpr std::chrono::seconds retry_after_max = std::chrono::hours(24); // What asks for more asks for nothing that can be obeyed.

// By HTTP's status. An unknown one (0) may be anything, so it is worth another call.
Failed::Kind kind_of_status(int status);

// A fixed word, such as "RESOURCE_EXHAUSTED"; a sentence in its place is dropped.
std::string fixed_word(boost::json::object const& object, std::string_view name);

// Of the header Retry-After, in seconds.
std::optional<std::chrono::milliseconds> read_retry_after(std::string_view header);

} // namespace pollux::ai
