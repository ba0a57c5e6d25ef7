#include "stripe/store.hpp"

namespace pollux::sims::stripe {

Store::Family& Store::family(std::string_view kind)
{
    auto const found = families_.find(kind);
    return found != families_.end() ? found->second : families_[std::string(kind)];
}

Record& Store::add(World& world, std::string_view kind, json::object body)
{
    auto& family = this->family(kind);
    auto& record = family.records.emplace_back();
    record.world = &world;
    record.kind = kind;
    record.body = std::move(body);
    record.number = ++last_number_;
    family.by_id[record.id()] = &record;
    auto const customer = text_of(record.body, "customer");
    if (!customer.empty()) family.by_customer[customer].push_back(&record);
    return record;
}

Record* Store::find(std::string_view kind, std::string_view id)
{
    auto& family = this->family(kind);
    auto const found = family.by_id.find(std::string(id));
    return found == family.by_id.end() ? nullptr : found->second;
}

Record* Store::find_any(std::string_view id)
{
    for (auto& [kind, family] : families_) {
        if (kind == "event") continue;
        auto const found = family.by_id.find(std::string(id));
        if (found != family.by_id.end()) return found->second;
    }
    return nullptr;
}

std::deque<Record>& Store::all(std::string_view kind)
{
    return family(kind).records;
}

std::vector<Record*> const& Store::of_customer(std::string_view kind, std::string const& customer)
{
    return family(kind).by_customer[customer];
}

void Store::belongs(Record& record, std::string const& customer)
{
    family(record.kind).by_customer[customer].push_back(&record);
}

void Store::drop_oldest(std::string_view kind)
{
    auto& family = this->family(kind);
    if (family.records.empty()) return;
    family.by_id.erase(family.records.front().id());
    family.records.pop_front();
}

} // namespace pollux::sims::stripe
