#include "cli/chat/chat_command.hpp"

#include "base/reason.hpp"
#include "base/required.hpp"
#include "base/secrets.hpp"
#include "cli/chat/chat_session.hpp"
#include "cli/chat/login.hpp"
#include "config/addresses.hpp"
#include "numbers/number_text.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <csignal>
#include <cstdio>
#include <unistd.h>

namespace pollux::cli {
namespace {

// The server says which number is meant; here it only counts that the same digits were typed, whatever stands between them.
bool is_same_spelling(std::string_view left, std::string_view right)
{
    auto const one = numbers::plain_number(left);
    auto const other = numbers::plain_number(right);
    return one && other && one->digits == other->digits && one->has_plus == other->has_plus;
}

void write_to(std::FILE* file, std::string_view text)
{
    std::fwrite(text.data(), 1, text.size(), file);
    std::fflush(file);
}

void tell(std::string_view line)
{
    write_to(stderr, safe_for_terminal(line) + "\n");
}

class ChatCommand {
public:
    ChatCommand(asio::io_context& io, ChatArguments const& arguments)
        : arguments_(arguments), is_watched_(::isatty(STDIN_FILENO) && ::isatty(STDOUT_FILENO)), lines_(io.get_executor(), STDIN_FILENO),
          api_(arguments.url, TokenFile(TokenFile::path_for(arguments.url)), [](std::string const& line) { tell(line); }),
          session_(api_, lines_, output(), options()), interrupts_(io, SIGINT)
    {
        watch_interrupts();
    }

    asio::awaitable<int> run()
    {
        bool is_fresh = false;
        if (!is_logged_in_right()) {
            co_await log_in();
            is_fresh = true;
        }
        bool needs_login = false;
        try {
            co_await session_.open_room();
        } catch (LoginNeeded const&) {
            if (is_fresh) throw;
            needs_login = true; // The kept session is over.
        }
        if (needs_login) {
            co_await log_in();
            co_await session_.open_room();
        }
        bool is_well = true;
        for (std::string message : arguments_.messages) {
            bool const is_said = co_await session_.say(std::move(message));
            is_well = is_well && is_said;
        }
        if (arguments_.messages.empty()) co_await session_.talk(is_watched_ ? "> " : "");
        co_return is_well ? 0 : 1;
    }

    void end() { interrupts_.cancel(); }

private:
    // Kept tokens count unless another number is asked for.
    bool is_logged_in_right() const
    {
        return api_.has_tokens() && (arguments_.mobile.empty() || is_same_spelling(arguments_.mobile, api_.tokens().mobile));
    }

    asio::awaitable<void> log_in()
    {
        api_.forget_tokens();
        auto const url = required(config::parse_web_url(arguments_.url)); // It was looked at before.
        bool const may_develop = arguments_.mobile.empty() && (arguments_.dev || config::is_loopback_host(url.host));
        bool is_in = false;
        if (may_develop) is_in = co_await log_in_for_developing(api_, [](std::string const& line) { tell(line); });
        if (is_in) co_return;
        if (arguments_.dev) throw ChatFailure("This server does not let the number for developing in; is it started with --dev?");
        auto* lines = &lines_;
        Ask ask = [lines](std::string question) {
            write_to(stderr, question);
            return lines->next();
        };
        co_await log_in_by_asking(api_, std::move(ask), [](std::string const& line) { tell(line); }, arguments_.mobile);
    }

    ChatOutput output() const
    {
        bool const is_terminal = ::isatty(STDOUT_FILENO);
        auto reply = [is_terminal](std::string_view text) { write_to(stdout, is_terminal ? safe_for_terminal(text) : std::string(text)); };
        return {reply, tell, is_terminal ? ReplyOutput::streamed : ReplyOutput::whole};
    }

    ChatOptions options() const
    {
        auto choice = arguments_.new_room ? ChatOptions::Room::fresh : ChatOptions::Room::latest;
        return {arguments_.room, choice, arguments_.model};
    }

    // Ctrl-C stops a reply; without one it ends the conversation.
    void watch_interrupts()
    {
        interrupts_.async_wait([this](boost::system::error_code failed, int) {
            if (failed) return;
            lines_.put_first(session_.is_replying() ? "/stop" : "/quit");
            watch_interrupts();
        });
    }

    ChatArguments const& arguments_;
    bool is_watched_;
    LineReader lines_;
    ApiClient api_;
    ChatSession session_;
    asio::signal_set interrupts_;
};

} // namespace

int chat(ChatArguments const& arguments)
{
    auto url = config::parse_web_url(arguments.url);
    if (!url || (!url->is_https && !config::is_loopback_host(url->host))) {
        tell("--url must be https://..., or http:// to this machine, because your token travels to it.");
        return 2;
    }
    if (!arguments.model.empty() && !arguments.new_room) {
        tell("--model is of a new room: say --new too. A room keeps the model that it has.");
        return 2;
    }
    prepare_secrets();
    net::prepare_http_client();
    asio::io_context io(1);
    ChatCommand command(io, arguments);
    int exit_code = 2;
    asio::co_spawn(io, command.run(), [&](std::exception_ptr failure, int code) {
        command.end();
        exit_code = failure ? 2 : code;
        try {
            if (failure) std::rethrow_exception(failure);
        } catch (std::exception const& what) {
            tell(reason_of(what));
        }
        io.stop(); // Idle connections are not waited for.
    });
    io.run();
    return exit_code;
}

} // namespace pollux::cli
