// Gemini, Stripe, SMS vendors and OpenAI-compatible servers in one process, a port each, and a page that shows what was sent and paid, so
// that the whole product can be tried with no account anywhere.
#pragma once

#include <cstdint>
#include <string>

namespace pollux::sims {

struct AllSimsOptions {
    std::string address = "127.0.0.1";
    std::uint16_t port = 9000;                    // Of the page; the simulators take the next four. 0: any free ones.
    std::string pollux = "http://127.0.0.1:8000"; // Where delivery reports go, whatever their address says.
};

int run_all_sims(AllSimsOptions const& options);

} // namespace pollux::sims
