// Makes units of work share one COMMIT, whatever the timing: the writer is held inside a first unit until all the others wait.
#pragma once

#include "support/temp_sqlite.hpp"

#include <semaphore>

namespace pollux::test {

class OneGroup {
public:
    explicit OneGroup(db::SqliteDatabase& database) : database_(database) {}

    // `units` are calls of transact() or write() that have not begun.
    void run(TestLoop& loop, std::vector<asio::awaitable<void>> units)
    {
        auto const count = units.size();
        std::vector<asio::awaitable<void>> works;
        works.push_back(hold_writer());
        works.push_back(await_held());
        for (auto& unit : units) works.push_back(std::move(unit));
        works.push_back(release(count));
        loop.run_all(std::move(works));
    }

private:
    static asio::awaitable<int> held(std::binary_semaphore* entered, std::binary_semaphore* released)
    {
        entered->release();
        released->acquire();
        co_return 0;
    }

    asio::awaitable<void> hold_writer()
    {
        auto* entered = &entered_;
        auto* released = &released_;
        co_await database_.transact([entered, released](db::Transaction&) { return held(entered, released); });
    }

    asio::awaitable<void> await_held()
    {
        entered_.acquire();
        co_return;
    }

    asio::awaitable<void> release(std::size_t count)
    {
        auto const waiting = database_.counters().waiting;
        released_.release();
        if (waiting != count) throw std::logic_error("not all units of the group wait");
        co_return;
    }

    db::SqliteDatabase& database_;
    std::binary_semaphore entered_{0};
    std::binary_semaphore released_{0};
};

} // namespace pollux::test
