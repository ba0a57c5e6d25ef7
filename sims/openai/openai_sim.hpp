// Servers that speak OpenAI's chat completions on loopback, each in its own way, with faults on demand and a log of the calls. See
// sims/README.md.
#pragma once

#include "models/call.hpp"
#include "openai/plan.hpp"
#include "server.hpp"

namespace pollux::sims {

struct OpenAiSimOptions {
    std::string listen;
    std::string key;                     // The only right one; empty: any, and where the server asks for none, none.
    std::string server;                  // "ollama" and so on: the ways of all models; empty: each its own.
    std::vector<std::string> plan_files; // JSON, read at the start.
    std::vector<std::string> models;     // "NAME" or "NAME=SERVER", beside those that are always listed.
    std::size_t calls_max = 100'000;     // Kept in the log.
};

class OpenAiSim {
public:
    explicit OpenAiSim(OpenAiSimOptions const& options); // Throws std::runtime_error for what is wrong in them.

    asio::awaitable<After> handle(Request request, std::shared_ptr<Connection> connection);

private:
    asio::awaitable<After> control(Request request, Connection& connection);
    asio::awaitable<After> models(std::string name, Connection& connection);
    asio::awaitable<After> complete(Request request, Connection& connection);
    asio::awaitable<CallState> play(ModelCall& call, openai::Plan plan, std::string body, Connection& connection);

    bool is_let_in(openai::Server server, std::string_view key) const;
    openai::Server server_of_model(std::string_view name) const;

    std::string key_;
    std::optional<openai::Server> server_;
    std::vector<std::pair<std::string, openai::Server>> models_;
    PlanQueue<openai::Plan> plans_;
    CallLog<ModelCall> log_;
};

int run_openai_sim(OpenAiSimOptions const& options);

} // namespace pollux::sims
