#include "all/all_sims.hpp"
#include "gemini/gemini_sim.hpp"
#include "openai/openai_sim.hpp"
#include "sms/sms_sim.hpp"
#include "stripe/stripe_sim.hpp"

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

    pollux::sims::StripeSimOptions stripe_options;
    auto* stripe =
        app.add_subcommand("stripe", "Stripe's billing: checkout, portal, subscriptions, webhooks, with faults and a clock on demand");
    stripe->add_option("--listen", stripe_options.listen, "ADDRESS:PORT; port 0 takes any free one")->default_val("127.0.0.1:9200");
    stripe->add_option("--key", stripe_options.keys,
                       "an API key, or KEY=ACCOUNT; may be repeated (else: sk_test_1, sk_live_1, rk_test_1, ... sk_test_2)");
    stripe->add_option("--plan", stripe_options.plan_files, "JSON file of plans; may be repeated");
    stripe->add_option(
        "--account-version", stripe_options.account_version,
        "the accounts' own API version: what a call without Stripe-Version gets, which for any but the simulated one is 501");
    stripe->add_option("--calls-max", stripe_options.calls_max, "calls kept in the log")->default_val(100'000);
    stripe->add_flag("--die-with-parent", die_with_parent, "end when the process that started this one ends");

    pollux::sims::SmsSimOptions sms_options;
    auto* sms = app.add_subcommand("sms", "Twilio's Messages and a vendor behind a signed webhook, with reports and faults on demand");
    sms->add_option("--listen", sms_options.listen, "ADDRESS:PORT; port 0 takes any free one")->default_val("127.0.0.1:9300");
    sms->add_option("--account", sms_options.account.sid, "Twilio's account")->capture_default_str();
    sms->add_option("--token", sms_options.account.token, "its auth token, which signs reports")->capture_default_str();
    sms->add_option("--key", sms_options.account.key_sid, "an API key of it")->capture_default_str();
    sms->add_option("--key-secret", sms_options.account.key_secret, "the key's secret")->capture_default_str();
    sms->add_option("--from", sms_options.account.numbers, "a number of its own; may be repeated")->capture_default_str();
    sms->add_option("--service", sms_options.account.service_sid, "its messaging service")->capture_default_str();
    sms->add_option("--webhook-secret", sms_options.account.webhook_secret, "what signs texts to /sms")->capture_default_str();
    sms->add_option("--deliver-to", sms_options.deliver_to, "an origin that reports go to, whatever StatusCallback's is");
    sms->add_option("--plan", sms_options.plan_files, "JSON file of plans; may be repeated");
    sms->add_option("--calls-max", sms_options.calls_max, "calls kept in the log")->default_val(100'000);
    sms->add_option("--texts-max", sms_options.texts_max, "texts kept in the list")->default_val(100'000);
    sms->add_flag("--die-with-parent", die_with_parent, "end when the process that started this one ends");

    pollux::sims::OpenAiSimOptions openai_options;
    auto* openai =
        app.add_subcommand("openai", "OpenAI-compatible servers: Ollama, llama.cpp, vLLM, OpenRouter, Gemini, with faults on demand");
    openai->add_option("--listen", openai_options.listen, "ADDRESS:PORT; port 0 takes any free one")->default_val("127.0.0.1:9400");
    openai->add_option("--key", openai_options.key, "the only API key that is right (else: any)");
    openai->add_option("--server", openai_options.server, "whose ways all models have: ollama, llamacpp, vllm, openrouter or gemini");
    openai->add_option("--model", openai_options.models, "one more model, NAME or NAME=SERVER; may be repeated");
    openai->add_option("--plan", openai_options.plan_files, "JSON file of plans; may be repeated");
    openai->add_option("--calls-max", openai_options.calls_max, "calls kept in the log")->default_val(100'000);
    openai->add_flag("--die-with-parent", die_with_parent, "end when the process that started this one ends");

    pollux::sims::AllSimsOptions all_options;
    auto* all =
        app.add_subcommand("all", "all of these in one process, a page that shows sent texts and payments, and Pollux' settings for them");
    all->add_option("--address", all_options.address, "the address that all listen on")->capture_default_str();
    all->add_option("--port", all_options.port, "of the page; the simulators take the next four (0: any free ones)")->capture_default_str();
    all->add_option("--pollux", all_options.pollux, "where Pollux listens, for delivery reports")->capture_default_str();
    all->add_flag("--die-with-parent", die_with_parent, "end when the process that started this one ends");
    CLI11_PARSE(app, count, words);

    if (die_with_parent) {
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (getppid() == 1) return 1; // It ended before the line above.
    }
    try {
        if (all->parsed()) return pollux::sims::run_all_sims(all_options);
        if (openai->parsed()) return pollux::sims::run_openai_sim(openai_options);
        if (sms->parsed()) return pollux::sims::run_sms_sim(sms_options);
        return stripe->parsed() ? pollux::sims::run_stripe_sim(stripe_options) : pollux::sims::run_gemini_sim(options);
    } catch (std::exception const& failure) {
        std::fprintf(stderr, "pollux-sims: %s\n", failure.what());
        return 1;
    }
}
