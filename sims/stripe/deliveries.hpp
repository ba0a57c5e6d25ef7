// Webhooks on their way: each event to each endpoint that wants it, as the plan says: at once, held back until they are released in some
// order, lost; several times, late, so many at once, tried again after a failure: by the simulator's clock, as Stripe does it.
#pragma once

#include "stripe/delivery_plan.hpp"
#include "stripe/world.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <list>
#include <map>
#include <optional>

namespace pollux::sims::stripe {

namespace asio = boost::asio;

class Deliveries {
public:
    explicit Deliveries(Clock const& clock) : clock_(clock) {}

    void run_on(asio::any_io_executor executor) { executor_ = std::move(executor); }

    void set_plan(json::object const& plan); // Throws StripeError for what is wrong in it, and then nothing has changed.
    json::object describe_plan() const { return plan_.describe(); }

    void send(Record& event); // To all endpoints of its world that want it.
    bool uses(Record const& event) const;

    // {"order": "as_is" | "reverse" | "shuffle" | [event ids], "copies", "parallel", "delay_ms"}: held ones go. How many went.
    std::size_t release(json::object const& how);
    std::size_t redeliver(Record& event, json::object const& how);
    std::size_t drop_held();

    void retry_due(); // What failed and is due again by the clock. To be called whenever that may have moved.
    std::size_t retry_now(std::string const& event, std::string const& endpoint); // What waits for that; empty: of any. How many.

    // {"url" | "endpoint", "payload", "secret", "signature", "age_s", "event"}: anything at all. What was answered.
    asio::awaitable<json::object> forge(World& world, json::object how);

    // Waits until nothing is on its way (held ones are not, nor is what waits for the clock). False after the time.
    asio::awaitable<bool> drain(std::size_t limit_ms);

    json::object describe(std::string const& state, std::string const& event) const; // Throws StripeError for a state that is none.
    void forget();                                                                   // All that are not on their way.

private:
    enum class State { held, waiting, running, retrying, succeeded, failed, dropped }; // retrying: when the clock is there.

    struct Delivery {
        std::int64_t id = 0;
        Record* event = nullptr;
        Record* endpoint = nullptr;
        std::string event_id;
        std::string type;
        State state = State::held;
        json::array attempts;
        std::int64_t due = 0;    // By the clock: when it is, or was, tried again; before that, when it was first tried.
        std::size_t retries = 0; // By the clock.
        bool is_gone = false;    // Its world is.
    };
    using Shared = std::shared_ptr<Delivery>;

    void add(Record& event, Record& endpoint, State state, Range copies, Range delay_ms);
    void start(Shared delivery, std::size_t delay_ms);
    void pump();
    asio::awaitable<void> wait(Shared delivery, std::size_t delay_ms);
    asio::awaitable<void> attempt(Shared delivery);
    void try_again(Shared const& delivery);
    void end(Shared const& delivery, State state);
    std::int64_t signing_time() const;

    Clock const& clock_;
    std::optional<asio::any_io_executor> executor_;
    DeliveryPlan plan_;
    std::deque<Shared> all_;
    std::deque<Shared> ready_;
    std::multimap<std::int64_t, Shared> retrying_; // By when they are due.
    std::size_t running_ = 0;
    std::size_t waiting_ = 0;
    std::size_t held_ = 0;
    std::int64_t last_id_ = 0;
    std::int64_t sent_ = 0;
};

} // namespace pollux::sims::stripe
