// The words of the settings' enums.
#pragma once

#include "config/types.hpp"

#include <array>
#include <string_view>
#include <utility>

namespace pollux::config {

template <class E>
using Words = std::pair<std::string_view, E>;
constexpr std::array<Words<Workers>, 2> words_of(Workers)
{
    return {{{"internal", Workers::internal}, {"external", Workers::external}}};
}
constexpr std::array<Words<Switch>, 2> words_of(Switch)
{
    return {{{"off", Switch::off}, {"on", Switch::on}}};
}
constexpr std::array<Words<LogFormat>, 3> words_of(LogFormat)
{
    return {{{"auto", LogFormat::automatic}, {"json", LogFormat::json}, {"text", LogFormat::text}}};
}
constexpr std::array<Words<LogLevel>, 4> words_of(LogLevel)
{
    return {{{"debug", LogLevel::debug}, {"info", LogLevel::info}, {"warning", LogLevel::warning}, {"error", LogLevel::error}}};
}
constexpr std::array<Words<OtpDelivery>, 5> words_of(OtpDelivery)
{
    return {{{"response", OtpDelivery::response},
             {"console", OtpDelivery::console},
             {"twilio", OtpDelivery::twilio},
             {"webhook", OtpDelivery::webhook},
             {"none", OtpDelivery::none}}};
}

} // namespace pollux::config
