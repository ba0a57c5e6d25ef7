#include "app/stored_prices.hpp"

#include "base/required.hpp"
#include "db/postgres/session.hpp"
#include "db/sqlite/connection.hpp"

#include <filesystem>

namespace pollux::app {

std::vector<billing::StoredPrice> stored_prices(config::Config const& config, std::string mode)
{
    auto const& sql = billing::PriceStore::besides_settings_sql();
    try {
        if (config.database == config::DatabaseKind::postgres) {
            db::postgres::Session session(required(config.postgres_url).reveal());
            return billing::PriceStore::read_besides_settings(session.run(std::string(sql.text(db::Dialect::postgres)), {std::move(mode)}));
        }
        std::error_code failed;
        if (!std::filesystem::exists(config.sqlite_path, failed)) return {};
        Clock const clock;
        db::sqlite::Connection connection(config.sqlite_path, db::sqlite::Role::reader, 1024, clock);
        return billing::PriceStore::read_besides_settings(connection.run(sql.text(db::Dialect::sqlite), {std::move(mode)}));
    } catch (std::exception const&) {
        return {};
    }
}

} // namespace pollux::app
