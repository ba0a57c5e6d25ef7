#include "config/load.hpp"

#include "base/text.hpp"
#include "config/checks.hpp"
#include "config/dotenv.hpp"
#include "config/settings.hpp"

namespace pollux::config {
namespace {

constexpr std::size_t file_bytes_max = 64 * 1024;

struct Value {
    std::string text;
    std::string origin; // "environment", ".env", "command line"
};

// A value that may be shown, on one line.
std::string shown_in_quotes(std::string_view text)
{
    std::string shown;
    for (char const letter : text.substr(0, 60)) shown.push_back(letter >= ' ' && letter < 127 ? letter : '?');
    return "\"" + shown + (text.size() > 60 ? "..." : "") + "\"";
}

bool is_example(std::string_view text)
{
    std::string const lowered = lower_ascii(text);
    return lowered.find("your-") != std::string::npos || lowered.find("your_") != std::string::npos;
}

class Loading {
public:
    explicit Loading(Sources const& sources) : sources_(sources) {}

    Loaded run()
    {
        read_dotenv();
        for (Setting const& setting : settings()) take(setting);
        if (sources_.flags.dev) switch_dev_on();
        fill_defaults(out_.config, given_, sources_.cores);
        note_later_parts();
        // Where DEBUG is wrong, or a line of .env cannot be read, all the rest may be meant otherwise.
        bool const is_clear = !has_torn_line_ && !wrong_.contains("DEBUG");
        if (is_clear && !sources_.flags.only_data) check_together(given_, wrong_, sources_, out_);
        if (!out_.problems.empty()) hint_at_dev();
        return std::move(out_);
    }

private:
    void read_dotenv()
    {
        Dotenv read = parse_dotenv(sources_.dotenv);
        for (std::string const& problem : read.problems) out_.problems.push_back(".env " + problem);
        has_torn_line_ = !read.problems.empty();
        for (auto& [name, text] : read.values) {
            std::string_view base = name;
            if (base.ends_with("_FILE")) base.remove_suffix(5);
            bool const is_known = find_setting(name) || find_setting(base);
            if (!is_known) out_.notices.push_back(shown_in_quotes(name) + " in .env is no setting of Pollux.");
            dotenv_[name] = std::move(text);
        }
    }

    void take(Setting const& setting)
    {
        auto value = find(setting);
        if (!value) return;
        if (value->text.empty() && setting.empty == Empty::is_unset) return;
        if (setting.kind != Kind::plain && is_example(value->text)) {
            out_.notices.push_back(std::string(setting.name) + " in " + value->origin + " is still an example's text: it counts as unset.");
            return;
        }
        std::string const shown = setting.kind == Kind::plain ? "=" + shown_in_quotes(value->text) : "";
        if (Complaint complaint = setting.read(value->text, out_.config)) {
            out_.problems.push_back(std::string(setting.name) + shown + " (" + value->origin + "): " + *complaint);
            wrong_.emplace(setting.name);
            return;
        }
        given_.emplace(setting.name);
        if (setting.name == "DEBUG") debug_ = *value;
        if (setting.name == "CELERY_RESULT_BACKEND")
            out_.notices.push_back("CELERY_RESULT_BACKEND is ignored: results are in the database.");
        if (!is_built(setting.part)) later_[setting.part].append(later_[setting.part].empty() ? "" : ", ").append(setting.name);
    }

    void switch_dev_on()
    {
        bool const is_off = debug_ && !out_.config.debug;
        if (is_off) {
            out_.problems.push_back("DEBUG=" + shown_in_quotes(debug_->text) + " (" + debug_->origin +
                                    "): is switched off, but --dev asks for it; drop one of the two");
            wrong_.emplace("DEBUG");
        }
        out_.config.debug = true;
        out_.config.dev = true;
    }

    // Only debug keeps a key there (secret_key.hpp). What is wrong may be that somebody left out what the server was started with.
    void hint_at_dev()
    {
        bool const is_asked = sources_.flags.dev || debug_ || wrong_.contains("DEBUG");
        auto const kept = out_.config.data_dir / "secret_key";
        if (is_asked || !sources_.read_file || !sources_.read_file(kept.string())) return;
        out_.problems.push_back("--dev: may be what is missing here, since " + kept.string() +
                                " is of a server that was started with it (or DEBUG=True)");
    }

    // Command line, then environment, then .env, then what --dev sets.
    std::optional<Value> find(Setting const& setting)
    {
        if (setting.name == "LISTEN" && sources_.flags.listen) return Value{*sources_.flags.listen, "command line"};
        if (auto value = find_in(sources_.environment, setting, "environment")) return value;
        if (auto value = find_in(dotenv_, setting, ".env")) return value;
        if (!sources_.flags.dev) return {};
        if (setting.name == "BASIC_DAILY_MESSAGES") return Value{"50", "--dev"};
        if (setting.name == "OTP_TEST_NUMBERS") return Value{"+11234567890:123456", "--dev"};
        return {};
    }

    std::optional<Value> find_in(Environment const& values, Setting const& setting, std::string const& origin)
    {
        auto direct = values.find(setting.name);
        auto file = values.find(std::string(setting.name) + "_FILE");
        bool const has_direct = direct != values.end() && (!direct->second.empty() || setting.empty == Empty::is_a_value);
        bool const has_file = file != values.end() && !file->second.empty();
        if (has_direct && has_file)
            out_.problems.push_back(std::string(setting.name) + ": stands in " + origin + " beside " + file->first + "; keep one");
        if (has_direct) return Value{direct->second, origin};
        if (!has_file) return {};
        auto text = sources_.read_file ? sources_.read_file(file->second) : std::nullopt;
        if (!text || text->size() > file_bytes_max) {
            out_.problems.push_back(file->first + ": the file cannot be read" + (text ? ": it is over 64 KiB" : ""));
            wrong_.emplace(setting.name);
            return {};
        }
        if (auto const encoding = other_encoding(*text)) {
            out_.problems.push_back(file->first + ": the file is saved in " + std::string(*encoding) + "; save it in UTF-8");
            wrong_.emplace(setting.name);
            return {};
        }
        if (text->starts_with("\xEF\xBB\xBF")) text->erase(0, 3); // A mark that some editors write.
        if (text->ends_with('\n')) text->pop_back();
        if (text->ends_with('\r')) text->pop_back();
        return Value{std::move(*text), file->first};
    }

    void note_later_parts()
    {
        for (auto const& [part, names] : later_) {
            out_.notices.push_back(names + ": read, without effect yet; " + std::string(name_of(part)) +
                                   " comes with a later version of Pollux.");
        }
    }

    Sources const& sources_;
    Environment dotenv_;
    GivenNames given_;
    GivenNames wrong_;                  // Have a value, and a problem with it.
    bool has_torn_line_ = false;        // In .env.
    std::optional<Value> debug_;        // DEBUG, where it was given.
    std::map<Part, std::string> later_; // The names of settings that were given.
    Loaded out_;
};

} // namespace

Loaded load_config(Sources const& sources)
{
    return Loading(sources).run();
}

} // namespace pollux::config
