#include "accounts/sms/dev_inbox.hpp"

#include "base/lenient_json.hpp"
#include "db/columns.hpp"

#include <boost/json/parse.hpp>

namespace pollux::accounts::sms {

namespace {

constexpr std::chrono::hours texts_kept{24};

#define POLLUX_DEV_TEXT_COLUMNS "sealed, created_at"
namespace column {
enum : std::size_t { sealed, created_at, count };
}
static_assert(db::columns_in(POLLUX_DEV_TEXT_COLUMNS) == column::count);

constexpr db::Sql keep_sql = "insert into dev_texts (sealed, created_at) values ($1, $2)";
constexpr db::Sql texts_sql = "select " POLLUX_DEV_TEXT_COLUMNS " from dev_texts order by id desc limit $1";
constexpr db::Sql erase_old_sql = R"sql(
    delete from dev_texts where (created_at < $1 or id <= (select max(id) from dev_texts) - $2)
)sql";

struct Sealed {
    std::string to;
    std::string purpose;
    std::string text;
};
POLLUX_DESCRIBE(Sealed, (to, purpose, text))

struct Inbox {
    std::vector<DevText> texts;
};
POLLUX_DESCRIBE(Inbox, (texts))

std::optional<DevText> read_text(std::string const& opened, Time sent_at)
{
    boost::system::error_code failed;
    auto const parsed = boost::json::parse(opened, failed);
    auto const* object = failed ? nullptr : parsed.if_object();
    if (object == nullptr) return std::nullopt;
    return DevText{std::string(text_at(*object, "to")), std::string(text_at(*object, "purpose")), std::string(text_at(*object, "text")),
                   sent_at};
}

std::string page_body(std::vector<DevText> const& texts)
{
    std::string body =
        "<h1>Texts to phones</h1>\n<p class=\"note warn\">This server is in debug: here stand the last texts that it sent, or "
        "would have sent.</p>\n";
    if (texts.empty()) body += "<p class=\"hint\">None yet. Ask for a code with POST /auth/send-otp/.</p>\n";
    for (auto const& text : texts) {
        body += "<dl>\n<div><dt>To</dt><dd>" + http::html_text(text.to) + "</dd></div>\n<div><dt>At</dt><dd>" + rfc3339(text.sent_at) +
                "</dd></div>\n</dl>\n<pre>" + http::html_text(text.text) + "</pre>\n";
    }
    return body;
}

asio::awaitable<Result<http::HtmlOr<Inbox>>> show_inbox(DevInbox& inbox, http::Request const& request)
{
    if (!request.same_origin && !request.known_origin) {
        co_return forbidden("foreign_origin", "These codes open accounts, so only pages of this machine, and of origins that "
                                              "CORS_ALLOWED_ORIGINS names, may read them.");
    }
    auto texts = co_await inbox.texts();
    if (request.accepts_html()) co_return http::HtmlOr<Inbox>(http::Html{"Texts to phones", page_body(texts), {}});
    co_return http::HtmlOr<Inbox>(Inbox{std::move(texts)});
}

} // namespace

asio::awaitable<void> DevInbox::keep(db::Transaction& transaction, DevText text)
{
    auto const json = to_json(Sealed{std::move(text.to), std::move(text.purpose), std::move(text.text)});
    co_await transaction.run(keep_sql, seal_.close(json), text.sent_at);
}

asio::awaitable<std::vector<DevText>> DevInbox::texts()
{
    auto const rows = co_await database_.read(texts_sql, inbox_texts_max);
    std::vector<DevText> texts;
    for (std::size_t index = 0; index < rows.size(); ++index) {
        auto const row = rows[index];
        auto const opened = seal_.open(row.text(column::sealed));
        auto text = opened ? read_text(*opened, row.time(column::created_at)) : std::nullopt; // Else of another SECRET_KEY.
        if (text) texts.push_back(std::move(*text));
    }
    co_return texts;
}

asio::awaitable<void> DevInbox::erase_old(Time now)
{
    co_await database_.write(erase_old_sql, now - texts_kept, inbox_texts_max);
}

void add_inbox_routes(http::Router& router, DevInbox& inbox)
{
    router.get("/dev/inbox/", show_inbox, inbox,
               {.id = "showDevInbox",
                .summary = "The last texts that were sent to phones (in debug)",
                .tag = "dev",
                .access = http::Access::open,
                .limits = http::RateClass::read,
                .is_documented = false});
}

} // namespace pollux::accounts::sms
