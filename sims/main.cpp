#include "gemini/gemini_sim.hpp"

#include <CLI/CLI.hpp>

#include <sys/prctl.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>

int main(int count, char** words)
{
    CLI::App app("Stand-ins for the services that Pollux calls, for tests and demos. Never for production.");
    app.require_subcommand(1);

    pollux::sims::GeminiSimOptions options;
    bool die_with_parent = false;
    auto* gemini = app.add_subcommand("gemini", "Google's generateContent, streams and models, with faults on demand");
    gemini->add_option("--listen", options.listen, "ADDRESS:PORT; port 0 takes any free one")->default_val("127.0.0.1:9100");
    gemini->add_option("--key", options.key, "the only API key that is right (else: any)");
    gemini->add_option("--plan,--script", options.plan_files, "JSON file of plans; may be repeated");
    gemini->add_option("--model", options.models, "one more model that is listed, and so can be called; may be repeated");
    gemini->add_option("--calls-max", options.calls_max, "calls kept in the log")->default_val(100'000);
    gemini->add_flag("--die-with-parent", die_with_parent, "end when the process that started this one ends");
    CLI11_PARSE(app, count, words);

    if (die_with_parent) {
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (getppid() == 1) return 1; // It ended before the line above.
    }
    try {
        return pollux::sims::run_gemini_sim(options);
    } catch (std::exception const& failure) {
        std::fprintf(stderr, "pollux-sims: %s\n", failure.what());
        return 1;
    }
}
