// The process's log: one line an event, JSON or text, never a secret, a phone number, a code or a message text. Values are
// escaped, so nothing a client sends can make a second line. Safe from any thread.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

namespace pollux::ops {

enum class Level { debug, info, warning, error };
enum class LogFormat { json, text };

struct Field {
    std::string_view name; // snake_case, with its unit: "duration_us".
    std::variant<std::string_view, std::int64_t> value;
};

// Before the first line; the defaults are info and text. Lines go to standard error.
void configure_log(Level least, LogFormat format);

bool logs(Level level);
void log(Level level, std::string_view event, std::initializer_list<Field> fields = {});
void flush_log();

} // namespace pollux::ops
