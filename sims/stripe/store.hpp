// What one account has in one mode: objects by their kind ("customer", "checkout.session") and id, in the order of their making.
#pragma once

#include "stripe/values.hpp"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

namespace pollux::sims::stripe {

struct World;

// Never freed while its world lives: what is deleted stays, with `deleted` in its body.
struct Record {
    World* world = nullptr;
    std::string kind;
    json::object body;   // As the API shows it.
    json::object hidden; // What it does not show.
    std::string sealed;  // Events: their data, as text (many are kept).
    std::int64_t number = 0;
    std::int64_t due = 0; // When time alone changes it; 0: never.

    std::string id() const { return text_of(body, "id"); }
    bool is_deleted() const { return flag_of(body, "deleted"); }
};

class Store {
public:
    Record& add(World& world, std::string_view kind, json::object body);
    Record* find(std::string_view kind, std::string_view id); // Deleted ones too.
    Record* find_any(std::string_view id);

    std::deque<Record>& all(std::string_view kind); // Oldest first.
    std::vector<Record*> const& of_customer(std::string_view kind, std::string const& customer);
    void belongs(Record& record, std::string const& customer); // For those whose customer is known late.
    void drop_oldest(std::string_view kind);                   // Of events alone: nothing points to them.

private:
    struct Family {
        std::deque<Record> records;
        std::unordered_map<std::string, Record*> by_id;
        std::unordered_map<std::string, std::vector<Record*>> by_customer;
    };

    Family& family(std::string_view kind);

    std::map<std::string, Family, std::less<>> families_;
    std::int64_t last_number_ = 0;
};

} // namespace pollux::sims::stripe
