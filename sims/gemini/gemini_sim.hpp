// Google's generateContent family on loopback, with faults on demand and a log of the calls. See sims/README.md.
#pragma once

#include "server.hpp"

namespace pollux::sims {

struct GeminiSimOptions {
    std::string listen;
    std::string key;                     // The only right one; empty: any but none.
    std::vector<std::string> plan_files; // JSON, read at the start.
    std::vector<std::string> models;     // Beside those that are always listed.
    std::size_t calls_max = 100'000;     // Kept in the log.
};

Handler make_gemini_sim(GeminiSimOptions const& options);
int run_gemini_sim(GeminiSimOptions const& options);

} // namespace pollux::sims
