#include "app/stored_prices.hpp"

#include "base/reason.hpp"
#include "base/required.hpp"
#include "db/postgres/session.hpp"
#include "db/sqlite/connection.hpp"

#include <filesystem>

namespace pollux::app {

StoredPrices stored_prices(config::Config const& config, std::string mode)
{
    auto const& sql = billing::PriceStore::stored_sql();
    try {
        if (config.database == config::DatabaseKind::postgres) {
            db::postgres::Session session(required(config.postgres_url).reveal());
            return {billing::PriceStore::read_stored(session.run(std::string(sql.text(db::Dialect::postgres)), {std::move(mode)})), {}};
        }
        std::error_code failed;
        if (!std::filesystem::exists(config.sqlite_path, failed)) return {{}, "there is none at " + config.sqlite_path.string() + " yet"};
        Clock const clock;
        db::sqlite::Connection connection(config.sqlite_path, db::sqlite::Role::reader, 1024, clock);
        return {billing::PriceStore::read_stored(connection.run(sql.text(db::Dialect::sqlite), {std::move(mode)})), {}};
    } catch (std::exception const& what) {
        auto reason = reason_of(what);
        return {{}, reason.substr(0, reason.find('\n'))};
    }
}

} // namespace pollux::app
