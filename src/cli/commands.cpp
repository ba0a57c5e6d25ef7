#include "cli/commands.hpp"

#include "app/application.hpp"
#include "app/plan_commands.hpp"
#include "app/reconcile_command.hpp"
#include "base/reason.hpp"
#include "billing/plan_fields.hpp"
#include "billing/stripe/key_rights.hpp"
#include "cli/actions.hpp"
#include "cli/chat/chat_command.hpp"
#include "cli/doctor.hpp"
#include "cli/man_page.hpp"
#include "cli/move.hpp"
#include "cli/running_server.hpp"
#include "cli/stripe_setup.hpp"
#include "cli/version.hpp"
#include "config/process_config.hpp"
#include "config/settings_document.hpp"
#include "ops/log.hpp"

#include <CLI/CLI.hpp>

#include <optional>
#include <string>
#include <vector>

namespace pollux::cli {
namespace {

constexpr char const* as_serve = "With the settings of `serve --dev`";

// What a command of the plans has to say.
template <class Work>
int say(config::Flags flags, Work work)
{
    return with_config(std::move(flags), [&](config::Loaded const& loaded) {
        Result<std::string> const said = work(loaded.config);
        return said ? print(*said) : complain(said.error());
    });
}

struct PlanArguments {
    std::string mobile;
    std::string plan;
    std::string until;
    std::string reason;
    std::vector<std::string> fields; // "rooms_max=50"
    std::string price;
    bool is_retired = false;

    billing::PriceState price_state() const { return is_retired ? billing::PriceState::retired : billing::PriceState::sold; }
};

std::string plan_fields_help()
{
    std::string names;
    for (auto const name : billing::plan_field_names()) names.append(names.empty() ? "" : ", ").append(name);
    return "Fields: " + names +
           ".\n`pollux plans list` shows what they are, as they are typed: yes or no; lines of the description with | between\n"
           "them; models as * or with commas between them.";
}

// Holds what the options of all sub-commands are read into.
struct CommandLine {
    CLI::App app{"Pollux: the backend of an AI chat product."};
    config::Flags flags;
    ChatArguments chat;
    MoveArguments move_arguments;
    PlanArguments plans;
    SetupArguments setup;
    bool is_all = false;
    Looked looked_at = Looked::whoever_runs;
    std::string mobile;
    std::string password_file;
    std::string sms_number; // For doctor.
    int exit_code = 0;

    CommandLine()
    {
        app.name("pollux");
        app.require_subcommand(1);
        app.set_version_flag("--version", [] { return version_document(); });
        add_servers();
        add_plans();
        add_payments();
        add_chat();
        auto* command = add("doctor", "Looks at settings, data, database, models, codes by SMS and payments; says what to mend.", [this] {
            auto const test_number = sms_number.empty() ? std::nullopt : std::optional(sms_number);
            return doctor(config::load_process_config(flags), test_number);
        });
        command->add_flag("--dev", flags.dev, as_serve);
        command->add_option("--sms", sms_number, "Sends a test text to this mobile number");
        command = add("healthcheck", "Asks the server or worker that runs here whether it can do its work; for supervisors.", [this] {
            return with_config(only_data(flags), [at = looked_at](config::Loaded const& loaded) { return healthcheck(loaded.config, at); });
        });
        auto* worker_only = command->add_flag_callback(
            "--worker", [this] { looked_at = Looked::worker; }, "The worker, where a server runs on this machine as well");
        command->add_flag_callback(
                   "--server", [this] { looked_at = Looked::server; }, "The server, where a worker does")
            ->excludes(worker_only);
        command->add_flag("--dev", flags.dev, as_serve);
        add("openapi", "Prints the OpenAPI document.", [] { return print(app::openapi_document() + "\n"); });
        add("version", "Prints the version and the libraries.", [] { return print(version_document()); });
        add("man", "Prints the manual page.", [this] { return print(man_page(app)); })->group("");
        add("settings", "Prints docs/settings.md.", [] { return print(config::settings_document()); })->group("");
    }

    template <class Work>
    CLI::App* add(std::string const& name, std::string const& meaning, Work work)
    {
        CLI::App* command = app.add_subcommand(name, meaning);
        command->callback([this, work] { exit_code = work(); });
        return command;
    }

    void add_servers()
    {
        auto* command = add("serve", "Runs the server.", [this] { return serve(flags); });
        command->add_flag("--dev", flags.dev, "For trying out on this machine: DEBUG, a test number, a generous plan");
        command->add_option("--listen", flags.listen, "Address and port, like LISTEN");
        add("worker", "Writes replies for other processes (needs PostgreSQL).", [this] {
            return worker(no_server(flags));
        })->add_flag("--dev", flags.dev, as_serve);
        add("migrate", "Brings the database to the newest schema.", [this] {
            return migrate(only_data(flags));
        })->add_flag("--dev", flags.dev, as_serve);
        command = add("move", "Copies everything from SQLite to an empty PostgreSQL: from one machine to many.", [this] {
            return with_config(only_data(flags), [this](config::Loaded const& loaded) { return move(loaded.config, move_arguments); });
        });
        command->add_option("--from", move_arguments.from,
                            "sqlite:///file; by default the DATABASE_URL that is SQLite, or else the database in DATA_DIR");
        command->add_option("--to", move_arguments.to,
                            "postgres://...; by default DATABASE_URL, which keeps a password out of the list of processes");
        command->add_flag("--dev", flags.dev, as_serve);
        command->footer(
            "Stop the server first. Nothing is changed in the source; all of it arrives or nothing does. Plans in PostgreSQL give\n"
            "way to the source's. Afterwards start with DATABASE_URL=postgres://... and the same SECRET_KEY.");
        command = add("createsuperuser", "Makes a verified admin.", [this] {
            if (mobile.empty()) throw CLI::RequiredError("mobile");
            return create_superuser(no_server(flags), mobile, password_file);
        });
        command->add_option("mobile", mobile, "Mobile number, like +11234567890 (must be given)");
        command->add_option("--mobile", mobile)->group(""); // As it was called first.
        command->add_flag("--dev", flags.dev, as_serve);
        command->add_option("--password-file", password_file, "Reads the password from this file instead of asking for it");
    }

    // A command that speaks of plans: `parent` is the app, or the command that it belongs to.
    template <class Work>
    CLI::App* add_plan_command(CLI::App& parent, std::string const& name, std::string const& meaning, Work work)
    {
        CLI::App* command = parent.add_subcommand(name, meaning);
        command->callback([this, work] { exit_code = say(no_server(flags), work); });
        command->add_flag("--dev", flags.dev, as_serve);
        return command;
    }

    void add_plans()
    {
        CLI::App* all = app.add_subcommand("plans", "Shows and changes the plans, also beside running servers.");
        all->require_subcommand(1);
        add_plan_command(*all, "list", "Shows all plans, and what they allow.", [](auto const& config) { return app::list_plans(config); });
        auto* command = add_plan_command(*all, "set", "Changes a plan, for all who have it, within seconds.",
                                         [this](auto const& config) { return app::set_plan(config, plans.plan, plans.fields); });
        command->add_option("plan", plans.plan, "Its name")->required();
        command->add_option("fields", plans.fields, "FIELD=VALUE, such as messages_per_day=20 or models=demo")->required();
        command->footer(plan_fields_help());
        command = add_plan_command(*all, "add", "Makes a plan like basic, but for what is given.",
                                   [this](auto const& config) { return app::add_plan(config, plans.plan, plans.fields); });
        command->add_option("plan", plans.plan, "Its name, for ever")->required();
        command->add_option("fields", plans.fields, "FIELD=VALUE, such as title=Team rank=2");
        command->footer(plan_fields_help());
        command =
            add_plan_command(*all, "price", "Says which plan a price of Stripe's buys, besides those of STRIPE_PRICE_ID.",
                             [this](auto const& config) { return app::price_plan(config, plans.plan, plans.price, plans.price_state()); });
        command->add_option("plan", plans.plan, "The plan's name")->required();
        command->add_option("price", plans.price, "The price's id, like price_1AbC")->required();
        command->add_flag("--retire", plans.is_retired, "Sells it no more, or not at all: who pays by it has the plan");
        command = add_plan_command(*all, "archive", "Ends its sale, but for payment pages that are open already; who has it keeps it.",
                                   [this](auto const& config) { return app::set_plan(config, plans.plan, {"is_archived=yes"}); });
        command->add_option("plan", plans.plan, "Its name")->required();

        command = add_plan_command(app, "grant", "Gives an account a plan without payment.", [this](auto const& config) {
            return app::grant_plan(config, plans.mobile, plans.plan, plans.until, plans.reason);
        });
        command->add_option("mobile", plans.mobile, "The account's number")->required();
        command->add_option("plan", plans.plan, "The plan's name")->required();
        command->add_option("--until", plans.until, "A date (to its end, UTC) or a time like 2026-12-31T18:00:00Z; by default without end")
            ->check([](std::string const& text) {
                return text.empty() ? std::string("it is empty; without it there is no end") : std::string();
            });
        command->add_option("--reason", plans.reason, "Is kept with the grant");
        command = add_plan_command(app, "revoke", "Takes a grant back; what was paid for stays.",
                                   [this](auto const& config) { return app::revoke_plan(config, plans.mobile, plans.plan); });
        command->add_option("mobile", plans.mobile, "The account's number")->required();
        command->add_option("plan", plans.plan, "The plan's name")->required();
    }

    void add_payments()
    {
        auto* command = add("reconcile", "Repairs what lost events of Stripe left behind, also beside running servers.", [this] {
            return reconcile(no_server(flags), is_all ? app::Reconciling::everything : app::Reconciling::since_last_time);
        });
        command->add_flag("--all", is_all, "Looks at everything that is there, not only at what happened since the last time");
        command->add_flag("--dev", flags.dev, as_serve);
        command = add("stripe-setup", "Makes product, price, portal and webhook endpoint in the Stripe account, once.", [this] {
            return with_config(only_data(flags), [this](config::Loaded const& loaded) { return stripe_setup(loaded.config, setup); });
        });
        command->add_option("--amount", setup.amount, "What Pro costs, like 20.00; by default as it is");
        command->add_option("--currency", setup.currency, "Three letters")->capture_default_str();
        command->add_option("--interval", setup.interval, "day, week, month or year")->capture_default_str();
        command->add_flag("--dev", flags.dev, as_serve);
        command->footer(
            "Needs STRIPE_SECRET_KEY and PUBLIC_URL. Run again it makes nothing twice, mends what is its own, and leaves alone what is\n"
            "others'. What it prints belongs into the settings of all servers, which are then started anew.\n"
            "A restricted key (rk_...) needs rights: of the servers " +
            billing::stripe::rights_of_servers() + "; of this command " + billing::stripe::rights_of_setup() + ", besides.");
    }

    void add_chat()
    {
        auto* command = add("chat", "Talks to a running server from this terminal.", [this] { return cli::chat(chat); });
        command->add_option("--url", chat.url, "The server")->capture_default_str();
        command->add_flag("--dev", chat.dev, "Logs in as the number for developing");
        command->add_option("--mobile", chat.mobile, "Logs in as this number");
        command->add_option("--room", chat.room, "The id of a room; by default the latest one");
        command->add_flag("--new", chat.new_room, "Begins a new room");
        command->add_option("--model", chat.model, "The model of a new room (with --new)");
        command->add_option("-m,--message", chat.messages, "Sends this, prints the reply and exits; may be repeated")->take_all();
    }
};

// A command that may have been meant, in quotation marks; empty: none.
std::string meant_by(CLI::App const& app, std::string const& word)
{
    for (CLI::App const* command : app.get_subcommands([](CLI::App const* one) { return !one->get_group().empty(); })) {
        auto const& name = command->get_name();
        if (name.starts_with(word) || word.starts_with(name)) return "; `" + name + "`?";
    }
    return {};
}

// What was typed wrongly, in one line that names it.
std::string complaint_of(CLI::App const& app, CLI::ParseError const& said)
{
    CLI::App const* at = &app;
    std::string typed = app.get_name();
    for (auto parsed = at->get_subcommands(); !parsed.empty(); parsed = at->get_subcommands()) {
        at = parsed.front();
        typed += " " + at->get_name();
    }
    auto const extras = at->remaining();
    auto const help = " (`" + typed + " --help` says more)";
    bool const lacks_command = at->get_require_subcommand_min() > 0;
    if (lacks_command && extras.empty()) return "say what to do" + help;
    if (lacks_command && !extras.front().starts_with('-'))
        return "`" + typed + "` has no command `" + extras.front() + "`" + meant_by(*at, extras.front()) + help;
    if (extras.empty()) return said.what() + help;
    std::string words;
    for (auto const& word : extras) words.append(words.empty() ? "" : " ").append(word);
    return "not expected: " + words + help;
}

} // namespace

int run(int argc, char const* const* argv)
{
    CommandLine line;
    try {
        line.app.parse(argc, argv);
    } catch (CLI::ParseError const& said) {
        if (said.get_exit_code() == 0) return line.app.exit(said); // Help was asked for.
        complain("pollux: " + complaint_of(line.app, said));
        return wrong_settings;
    } catch (std::exception const& what) {
        ops::flush_log();
        complain("pollux: " + reason_of(what));
        return 1;
    }
    return line.exit_code;
}

} // namespace pollux::cli
