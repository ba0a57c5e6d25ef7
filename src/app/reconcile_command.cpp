#include "app/reconcile_command.hpp"

#include "app/beside_server.hpp"
#include "base/json_types.hpp"
#include "base/secrets.hpp"

#include <algorithm>
#include <limits>
#include <thread>

namespace pollux::app {
namespace {

using billing::Reconcile;
using billing::WalkPhase;
using billing::WalkReach;

constexpr char const* command_name = "reconcile";

constexpr std::chrono::seconds piece_time{5}; // Then there is a word of how it goes; far from the end of a conversation.
constexpr std::chrono::seconds ask_time_max{8};
constexpr std::chrono::seconds pause{1};
constexpr std::chrono::minutes patience{3};     // For that long nothing may go on.
constexpr std::chrono::seconds silence_max{30}; // Of Stripe: a person waits, and what is done stays.

enum class Wish { none, events, everything };
BOOST_DESCRIBE_ENUM(Wish, none, events, everything)

// What is sent and what is read of it.
struct Asked {
    std::string holder;
    Wish wish = Wish::none; // Only with the first piece.
};
POLLUX_DESCRIBE(Asked, (holder, wish))
struct Wanted {
    Text<1, 100> holder;
    Wish wish = Wish::none;
};
POLLUX_DESCRIBE(Wanted, (holder, wish))

enum class State { done, working, elsewhere, away, refused };
BOOST_DESCRIBE_ENUM(State, done, working, elsewhere, away, refused)

struct Said {
    State state = State::away;
    std::string text;
    std::int64_t looked_at = 0; // Events and customers of this walk.
};
POLLUX_DESCRIBE(Said, (state, text, looked_at))
struct SaidThere {
    State state = State::away;
    Text<0, 10'000> text;
    std::optional<Int<0, std::numeric_limits<std::int64_t>::max()>> looked_at; // A server of before does not say it.
};
POLLUX_DESCRIBE(SaidThere, (state, text, looked_at))

State state_of(Reconcile::Stand stand)
{
    switch (stand) {
    case Reconcile::Stand::done: return State::done;
    case Reconcile::Stand::working: return State::working;
    case Reconcile::Stand::elsewhere: return State::elsewhere;
    case Reconcile::Stand::refused: return State::refused;
    case Reconcile::Stand::away: break;
    }
    return State::away;
}

std::string count_of(std::int64_t number, std::string const& one, std::string const& many)
{
    return std::to_string(number) + " " + (number == 1 ? one : many);
}

std::string figures_of(billing::Walk const& walk)
{
    return count_of(walk.events, "event", "events") + ", " + count_of(walk.customers, "customer", "customers") + " looked at, " +
           std::to_string(walk.changed) + " repaired (plan or its end), " + count_of(walk.calls, "call", "calls") + " of Stripe";
}

std::string text_of(Reconcile::Progress const& progress)
{
    auto const& walk = progress.walk;
    if (progress.stand == Reconcile::Stand::away) return "Stripe does not answer (" + progress.why + "); it is tried again.";
    if (progress.stand == Reconcile::Stand::refused) {
        return "Stripe refuses what the key asks for (" + progress.why +
               "); `pollux doctor` says which rights it lacks. Run this again then: it goes on.";
    }
    if (progress.stand == Reconcile::Stand::elsewhere) return "A running process goes on with it: " + figures_of(walk) + ".";
    if (progress.stand == Reconcile::Stand::working) return "So far: " + figures_of(walk) + ".";
    auto const seconds = (micros(walk.ended_at) - micros(walk.begun_at) + 999'999) / 1'000'000;
    auto text = "Done: " + figures_of(walk) + ", in " + count_of(seconds, "second", "seconds") + ".";
    if (walk.endpoint == billing::EndpointState::disabled)
        text += "\nStripe has switched the webhook endpoint off, so no event comes: `pollux stripe-setup` switches it on again.";
    if (walk.endpoint == billing::EndpointState::missing)
        text += "\nNo webhook endpoint at Stripe leads here: `pollux stripe-setup` makes one, `pollux doctor` says more.";
    return text;
}

asio::awaitable<Result<std::string>> piece(Rooms& rooms, std::string arguments)
{
    auto const wanted = from_json<Wanted>(arguments);
    if (!wanted) co_return wanted.error();
    auto* const reconcile = rooms.payments ? rooms.payments->reconcile() : nullptr;
    if (!reconcile) {
        co_return Error(ErrorKind::unavailable, "billing_not_configured",
                        "Nothing is sold through Stripe here: STRIPE_SECRET_KEY is not set.");
    }
    if (wanted->wish != Wish::none) {
        auto const reach = wanted->wish == Wish::everything ? WalkReach::everything : WalkReach::events;
        bool const is_asked = co_await reconcile->ask(reach, Steady::now() + ask_time_max);
        if (!is_asked) {
            co_return Error(ErrorKind::unavailable, "payment_provider_away",
                            "Stripe does not say which account the key is of; `pollux doctor` says more.");
        }
    }
    auto const progress =
        co_await reconcile->go_on({wanted->holder.value, Steady::now() + piece_time, [] { return false; }, Reconcile::Begin::if_asked});
    co_return to_json(Said{state_of(progress.stand), text_of(progress), progress.walk.events + progress.walk.customers});
}

} // namespace

Result<void> reconcile(config::Config const& config, Reconciling what, std::function<void(std::string const&)> const& tell)
{
    Asked asked{random_token(), what == Reconciling::everything ? Wish::everything : Wish::events};
    std::string last;
    std::int64_t looked_at = 0;
    auto news_at = Steady::now();
    for (auto heard_at = news_at;;) {
        auto const answer = run_beside_server(config, command_name, to_json(asked));
        if (!answer) return answer.error();
        auto said = from_json<SaidThere>(*answer);
        if (!said) return said.error();
        asked.wish = Wish::none;
        if (said->state == State::refused) return Error(ErrorKind::upstream_failed, "payment_refused", std::move(said->text.value));
        if (said->text.value != last) {
            tell(said->text.value);
            news_at = Steady::now();
        }
        last = std::move(said->text.value);
        if (said->state == State::done) return {};
        auto const now_looked_at = said->looked_at ? said->looked_at->value : 0;
        if (said->state != State::away || now_looked_at > looked_at) heard_at = Steady::now();
        looked_at = std::max(looked_at, now_looked_at);
        if (Steady::now() - heard_at >= silence_max) {
            return Error(ErrorKind::unavailable, "payment_provider_away",
                         "Stripe has not answered for " + std::to_string(silence_max.count()) +
                             " seconds. What is done stays; run it again when it answers: it goes on.");
        }
        if (Steady::now() - news_at > patience) {
            return Error(ErrorKind::unavailable, "payment_provider_away",
                         "It does not go on. What is done stays; run it again when Stripe answers.");
        }
        if (said->state != State::working) std::this_thread::sleep_for(pause);
    }
}

control::Commands reconcile_commands(Rooms& rooms)
{
    return {{command_name, [&rooms](std::string arguments) { return piece(rooms, std::move(arguments)); }}};
}

} // namespace pollux::app
