#include "cli/doctor.hpp"

#include "ai/gemini/gemini_model.hpp"
#include "ai/openai/openai_model.hpp"
#include "base/reason.hpp"
#include "base/required.hpp"
#include "cli/doctor_numbers.hpp"
#include "cli/doctor_payments.hpp"
#include "cli/doctor_sms.hpp"
#include "cli/running_server.hpp"
#include "db/migrator.hpp"
#include "db/postgres/postgres_migrations.hpp"
#include "db/sqlite/connection.hpp"
#include "db/sqlite/file_lock.hpp"
#include "net/http_client.hpp"
#include "redis/link.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <set>
#include <sys/statvfs.h>
#include <unistd.h>

namespace pollux::cli {
namespace {

constexpr std::uintmax_t free_bytes_min = 256u * 1024 * 1024;

bool is_in_use(std::filesystem::path const& file)
{
    try {
        db::sqlite::FileLock const lock(file);
        return false;
    } catch (db::DatabaseInUse const&) {
        return true;
    }
}

// The file exists. Throws what the database throws.
Finding examine_file(std::filesystem::path const& file)
{
    Clock const clock;
    bool const is_running = is_in_use(file);
    db::sqlite::Connection connection(file, db::sqlite::Role::reader, 1024, clock);
    std::string const damage = connection.run("pragma quick_check(1)").front().only().text();
    if (damage != "ok") {
        return {Health::ill, "Database: " + file.string() + " is damaged: " + damage,
                "Stop Pollux and put back a copy from backups/ in the data folder."};
    }
    auto known = db::read_migrations(pollux_migrations_files(), db::Dialect::sqlite);
    auto tables = connection.run("select count(*) from sqlite_master where name = 'schema_migrations'");
    std::int64_t applied = 0;
    if (tables.front().only().integer() > 0)
        applied = connection.run("select coalesce(max(version), 0) from schema_migrations").front().only().integer();
    std::string const user = is_running ? ", in use by a running server" : "";
    std::string const schema = "schema " + std::to_string(applied) + " of " + std::to_string(known.size());
    if (applied > static_cast<std::int64_t>(known.size())) {
        return {Health::note, "Database: " + schema + user + ".",
                "A newer Pollux has used this database; use that one, or see whether `pollux migrate` accepts it."};
    }
    if (applied < static_cast<std::int64_t>(known.size()))
        return {Health::note, "Database: " + schema + user + ".", "`pollux serve` or `pollux migrate` brings it up to date."};
    return {Health::well, "Database: " + schema + ", no damage" + user + ".", ""};
}

Finding examine_postgres(config::Config const& config)
{
    std::filesystem::path const embedded = config.sqlite_path;
    try {
        db::PostgresMigrations target(required(config.postgres_url).reveal());
        auto const applied = target.look();
        auto const known = db::read_migrations(pollux_migrations_files(), db::Dialect::postgres);
        db::refuse_too_new(applied, static_cast<int>(known.size()));
        auto const version = applied.empty() ? 0 : applied.back().version;
        std::string const schema = "schema " + std::to_string(version) + " of " + std::to_string(known.size());
        if (version < static_cast<int>(known.size())) {
            std::error_code failed;
            bool const has_embedded = version == 0 && std::filesystem::exists(embedded, failed);
            std::string const more = has_embedded ? " `pollux move` does that too, and brings what is in " + embedded.string() + "." : "";
            if (config.migrate_on_start)
                return {Health::note, "Database: PostgreSQL, " + schema + ".", "The next start brings it up to date." + more};
            return {Health::ill, "Database: PostgreSQL, " + schema + ".", "`pollux migrate` brings it up to date." + more};
        }
        return {Health::well, "Database: PostgreSQL, " + schema + ".", ""};
    } catch (db::SchemaTooNew const& what) {
        return {Health::ill, std::string("Database: ") + reason_of(what) + ".", ""};
    } catch (std::exception const& what) {
        return {Health::ill, std::string("Database: PostgreSQL cannot be used: ") + reason_of(what),
                "See to DATABASE_URL, to the server, and to the rights of its user."};
    }
}

// `setting` is the one that names the model.
Finding describe(ai::GeminiCheck const& check, std::string const& model, std::string const& setting)
{
    switch (check.health) {
    case ai::GeminiHealth::ok: return {Health::well, "Gemini: the key reaches " + model + ".", ""};
    case ai::GeminiHealth::wrong_key:
        return {Health::ill, "Gemini: refuses the key (" + check.detail + ").", "Take a key from Google AI Studio into GEMINI_API_KEY."};
    case ai::GeminiHealth::unknown_model:
        return {Health::ill, "Gemini: does not know " + model + ".", "Name another model in " + setting + "."};
    case ai::GeminiHealth::limited:
        return {Health::note, "Gemini: the key's quota is used up for now (" + check.detail + ").", "Wait, or raise the key's limits."};
    case ai::GeminiHealth::unreachable:
        return {Health::ill, "Gemini: cannot be reached (" + check.detail + ").", "See to the network, or to GEMINI_BASE_URL."};
    case ai::GeminiHealth::refused:
        return {Health::ill, "Gemini: refuses the call (" + check.detail + ").", "See to GEMINI_BASE_URL, GEMINI_API_VERSION and the key."};
    }
    return {};
}

Finding describe(ai::OpenAiCheck const& check, std::string const& model, std::string const& setting)
{
    switch (check.health) {
    case ai::OpenAiHealth::ok: return {Health::well, "Compatible server: it lists " + model + ".", ""};
    case ai::OpenAiHealth::wrong_key:
        return {Health::ill, "Compatible server: refuses the key (" + check.detail + ").", "Put the server's key into AI_API_KEY."};
    case ai::OpenAiHealth::unknown_model:
        return {Health::ill, "Compatible server: does not know " + model + "; " + check.detail + ".",
                "Name one of its models in " + setting + "."};
    case ai::OpenAiHealth::limited:
        return {Health::note, "Compatible server: asks for patience or for money (" + check.detail + ").",
                "Wait, or raise the key's limits."};
    case ai::OpenAiHealth::unreachable:
        return {Health::ill, "Compatible server: cannot be reached (" + check.detail + ").", "See to the server, and to AI_BASE_URL."};
    case ai::OpenAiHealth::refused:
        return {Health::ill, "Compatible server: refuses the call (" + check.detail + ").", "See to AI_BASE_URL and AI_API_KEY."};
    case ai::OpenAiHealth::lists_nothing:
        return {Health::note,
                "Compatible server: has no list of models (" + check.detail + "); whether it knows " + model + " is not known.",
                "If replies fail, see to AI_BASE_URL: it mostly ends in /v1."};
    }
    return {};
}

// In a loop of its own, to its end.
template <class Check>
Check asked(boost::asio::awaitable<Check> asking)
{
    Check check;
    net::prepare_http_client();
    boost::asio::io_context io(1);
    boost::asio::co_spawn(io, std::move(asking), [&](std::exception_ptr failure, Check found) {
        if (!failure) check = std::move(found);
        io.stop();
    });
    io.run();
    return check;
}

ai::GeminiCheck ask_gemini(config::Config const& config, std::string const& model)
{
    ai::GeminiOptions options;
    options.api_key = required(config.gemini_api_key).reveal();
    options.base_url = config.gemini_base_url;
    options.api_version = config.gemini_api_version;
    return asked(ai::check_gemini(std::move(options), model));
}

ai::OpenAiCheck ask_compatible(config::Config const& config, std::string const& model)
{
    ai::OpenAiOptions options;
    options.base_url = required(config.ai_base_url);
    if (config.ai_api_key) options.api_key = config.ai_api_key->reveal();
    return asked(ai::check_openai(std::move(options), model));
}

// Nothing, where there is nobody to ask.
std::optional<Finding> ask_about(config::Config const& config, std::string const& model, std::string const& setting)
{
    auto const name = model.substr(model.find(':') + 1);
    if (model.starts_with("gemini:") && config.gemini_api_key) return describe(ask_gemini(config, name), name, setting);
    if (model.starts_with("openai:") && config.ai_base_url) return describe(ask_compatible(config, name), name, setting);
    return std::nullopt;
}

struct RedisAnswer {
    bool is_open = false;
    std::string version;
    std::string failure;
};

boost::asio::awaitable<RedisAnswer> greet_redis(redis::Url url)
{
    constexpr std::chrono::seconds greeting_max{2};
    redis::Server server(std::move(url));
    auto const link = std::make_shared<redis::Link>(co_await boost::asio::this_coro::executor, server);
    RedisAnswer answer;
    answer.is_open = co_await link->open(greeting_max);
    answer.version = link->version();
    answer.failure = link->failure();
    link->close("asked");
    co_return answer;
}

} // namespace

std::vector<Finding> examine_settings(config::Loaded const& loaded)
{
    std::vector<Finding> findings;
    for (std::string const& problem : loaded.problems) findings.push_back({Health::ill, "Settings: " + problem, ""});
    for (std::string const& notice : loaded.notices) findings.push_back({Health::note, "Settings: " + notice, ""});
    if (loaded.problems.empty()) {
        findings.push_back({Health::well, std::string("Settings: right for ") + (loaded.config.debug ? "debug." : "production."), ""});
    }
    return findings;
}

Finding examine_data_dir(config::Config const& config)
{
    std::filesystem::path const folder = std::filesystem::absolute(config.data_dir).lexically_normal();
    std::error_code failed;
    std::filesystem::path existing = folder;
    while (!std::filesystem::exists(existing, failed) && existing.has_parent_path() && existing != existing.parent_path())
        existing = existing.parent_path();
    if (existing == folder && !std::filesystem::is_directory(folder, failed)) {
        return {Health::ill, "Data: " + folder.string() + " is not a folder.", "Set DATA_DIR to another."};
    }
    if (::access(existing.c_str(), W_OK | X_OK) != 0) {
        return {Health::ill, "Data: cannot write to " + existing.string() + ": " + std::strerror(errno) + ".",
                "Give it to the user that runs Pollux, or set DATA_DIR."};
    }
    struct statvfs space{};
    bool const is_known = ::statvfs(existing.c_str(), &space) == 0;
    std::uintmax_t const free_bytes = static_cast<std::uintmax_t>(space.f_bavail) * space.f_frsize;
    std::string const free_text = std::to_string(free_bytes / 1024 / 1024) + " MiB free";
    if (is_known && free_bytes < free_bytes_min)
        return {Health::ill, "Data: only " + free_text + " in " + folder.string() + ".", "Make room."};
    std::string const state = existing == folder ? "" : "; it will be made at the first start";
    return {Health::well, "Data: " + folder.string() + " is writable, " + free_text + state + ".", ""};
}

Finding examine_database(config::Config const& config)
{
    if (config.database == config::DatabaseKind::postgres) return examine_postgres(config);
    std::error_code failed;
    std::filesystem::path const file = config.sqlite_path;
    if (!std::filesystem::exists(file, failed))
        return {Health::well, "Database: " + file.string() + " does not exist yet; the first start makes it.", ""};
    try {
        return examine_file(file);
    } catch (std::exception const& what) {
        return {Health::ill, "Database: " + file.string() + " cannot be opened: " + reason_of(what),
                "See to the file's owner and mode, and to the disk."};
    }
}

std::vector<Finding> examine_models(config::Config const& config)
{
    std::vector<Finding> findings;
    for (std::string const& model : config.ai_models) {
        if (model == "demo")
            findings.push_back({Health::note, "Model: demo, which only plays at answering.", "Set GEMINI_API_KEY to talk to Gemini."});
        auto const setting = model.starts_with("gemini:") ? "GEMINI_MODEL or AI_MODELS" : "AI_MODELS";
        if (auto finding = ask_about(config, model, setting)) findings.push_back(std::move(*finding));
    }
    auto const& namer = config.ai_title_model;
    if (!namer || std::ranges::find(config.ai_models, *namer) != config.ai_models.end()) return findings;
    if (*namer == "demo")
        findings.push_back(
            {Health::note, "Model: demo names rooms, and only plays at it.", "Name another one in AI_TITLE_MODEL, or `off`."});
    if (auto finding = ask_about(config, *namer, "AI_TITLE_MODEL")) findings.push_back(std::move(*finding));
    return findings;
}

std::optional<Finding> examine_redis(config::Config const& config)
{
    if (!config.redis_url) return std::nullopt;
    auto url = redis::parse_url(config.redis_url->reveal());
    if (!url) return Finding{Health::ill, "Redis: REDIS_URL: " + url.error().message(), ""};
    RedisAnswer answer;
    boost::asio::io_context io(1);
    boost::asio::co_spawn(io, greet_redis(std::move(*url)), [&](std::exception_ptr failure, RedisAnswer found) {
        if (!failure) answer = std::move(found);
    });
    io.run();
    if (answer.is_open) return Finding{Health::well, "Redis: serves, version " + answer.version + ".", ""};
    return Finding{Health::note, "Redis: does not serve (" + answer.failure + ").",
                   "Everything works without it, only slower. See to REDIS_URL, to the server, and to the rights of its user."};
}

std::vector<Finding> said_once(std::vector<Finding> findings)
{
    std::set<std::string> better;
    for (Finding const& finding : findings) {
        if (!finding.instead_of.empty()) better.insert("Settings: " + finding.instead_of);
    }
    std::erase_if(findings, [&](Finding const& finding) {
        return finding.health == Health::note &&
               std::ranges::any_of(better, [&](std::string const& begin) { return finding.what.starts_with(begin); });
    });
    return findings;
}

std::string to_text(std::vector<Finding> const& findings)
{
    std::string text;
    for (Finding const& finding : findings) {
        text += finding.health == Health::well ? "  ok   " : finding.health == Health::note ? "  note " : "  ILL  ";
        text += finding.what + "\n";
        if (!finding.mend.empty()) text += "       -> " + finding.mend + "\n";
    }
    return text;
}

int doctor(config::Loaded const& loaded, std::optional<std::string> const& test_number)
{
    std::vector<Finding> findings = examine_settings(loaded);
    findings.push_back(examine_data_dir(loaded.config));
    findings.push_back(examine_database(loaded.config));
    if (auto finding = examine_redis(loaded.config)) findings.push_back(std::move(*finding));
    for (Finding& finding : examine_numbers(loaded.config)) findings.push_back(std::move(finding));
    for (Finding& finding : examine_models(loaded.config)) findings.push_back(std::move(finding));
    if (loaded.problems.empty()) {
        for (Finding& finding : examine_sms(loaded.config, test_number)) findings.push_back(std::move(finding));
    } else if (test_number) {
        findings.push_back({Health::note, "SMS: no test text was sent.", "Mend the settings first."});
    }
    for (Finding& finding : examine_payments(loaded.config)) findings.push_back(std::move(finding));
    if (auto finding = examine_running_server(loaded.config)) findings.push_back(std::move(*finding));
    findings = said_once(std::move(findings));
    std::fputs(to_text(findings).c_str(), stdout);
    auto ill = std::count_if(findings.begin(), findings.end(), [](Finding const& finding) { return finding.health == Health::ill; });
    std::puts(ill == 0 ? "Pollux can start." : "Mend what is ILL first.");
    return ill == 0 ? 0 : 1;
}

} // namespace pollux::cli
