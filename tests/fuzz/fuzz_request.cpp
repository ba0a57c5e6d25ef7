// What stands in targets and headers: queries, ids of events, cursors, numbers, tokens, addresses. What is taken means one thing.
#include "accounts/access_token.hpp"
#include "accounts/refresh_token.hpp"
#include "base/secrets.hpp"
#include "base/text.hpp"
#include "chat/rooms/cursor.hpp"
#include "chat/streams/reply_stream_state.hpp"
#include "http/gate.hpp"
#include "http/peer.hpp"
#include "http/request.hpp"
#include "numbers/number_reader.hpp"
#include "numbers/number_text.hpp"
#include "pages/accept_encoding.hpp"
#include "pages/byte_range.hpp"
#include "pages/entity_tags.hpp"
#include "pages/page_addresses.hpp"

#include <cstdint>
#include <cstdlib>
#include <set>

namespace {

using namespace pollux;

void check(bool holds)
{
    if (!holds) std::abort();
}

std::string percent_encoded(std::string_view text)
{
    std::string encoded;
    for (char byte : text) encoded += "%" + to_hex(std::string_view(&byte, 1));
    return encoded;
}

void query(std::string_view text)
{
    auto const pairs = http::parse_query(text);
    if (!pairs) return check(pairs.error().kind() == ErrorKind::malformed);
    std::set<std::string> names;
    std::string again;
    for (auto const& [name, value] : *pairs) {
        check(is_utf8(name) && is_utf8(value) && names.insert(name).second);
        again += (again.empty() ? "" : "&") + percent_encoded(name) + "=" + percent_encoded(value);
    }
    auto const second = http::parse_query(again);
    check(second && *second == *pairs);
}

void ids_and_cursors(std::string_view text)
{
    auto const id = chat::parse_event_id(text);
    if (id) check(*chat::parse_event_id(chat::to_string(*id)) == *id);
    if (auto const cursor = chat::parse_room_cursor(text)) check(chat::to_text(*cursor) == text);
    if (auto const cursor = chat::parse_message_cursor(text)) check(chat::to_text(*cursor) == text);
}

void mobiles(std::string_view text)
{
    numbers::NumberPlan const plan{.default_country_code = "49", .allowed_countries = {"49", "US", "CA"}, .extra_lengths = {}};
    auto const mobile = numbers::read_number(text, plan);
    auto const plain = numbers::plain_number(text);
    check(!plain || plain->digits.find_first_not_of("0123456789") == std::string::npos);
    if (!mobile) return check(mobile.error().kind() == ErrorKind::invalid);
    check(mobile->size() >= 8 && mobile->size() <= 16 && (mobile->starts_with("+49") || mobile->starts_with("+1")));
    check(*numbers::read_number(*mobile, plan) == *mobile);
}

void tokens(std::string_view text)
{
    static accounts::AccessTokens const access("a-key-that-no-input-knows-0123456789", "", std::chrono::minutes(15));
    check(!access.verify(text, Time()) && !access.issued_to(text));
    accounts::RefreshTokens const refresh("another-key-that-no-input-knows-012345");
    auto const token = accounts::read_refresh_token(text);
    if (!token) return;
    check(token->user.value > 0 && token->session.value > 0 && token->counter > 0 && token->mac.size() == 43);
    check(!refresh.is_genuine(*token, "a seed"));
}

void addresses(std::string_view text)
{
    auto const peer = boost::asio::ip::make_address("10.0.0.1");
    http::TrustedProxies const trusted{http::Networks({"10.0.0.0/8"}), 0};
    auto const behind = http::peer_of(http::client_behind(peer, text, trusted));
    check(!behind.address.empty() && !behind.limit_prefix.empty() && !behind.wide_prefix.empty());
    check(http::client_behind(peer, text, {}).address == peer);
    // What stands before the entry of a proxy that is not trusted changes nothing.
    std::string const spoofed = std::string(text) + ", 203.0.113.9";
    check(http::client_behind(peer, spoofed, trusted).address.to_string() == "203.0.113.9");
    bool const is_allowed = http::is_allowed_host(text, {"localhost", ".example.com"});
    auto const name = http::host_name(text);
    check(!is_allowed || name == "localhost" || name == "example.com" || name.ends_with(".example.com"));
}

void pages_headers(std::string_view text)
{
    using namespace pages;
    for (std::size_t const size : {0, 1, 1000}) {
        auto const range = read_range(text, size);
        check(range.kind != ByteRange::Kind::part || (range.begin < range.end && range.end <= size));
    }
    constexpr std::string_view tag = "\"a\"";
    check(!has_tag(text, tag, Comparison::strong) || has_tag(text, tag, Comparison::weak));
    check(choose_coding(text, {}).value_or(Coding::identity) == Coding::identity);
    auto const coding = choose_coding(text, {.gzip = true, .brotli = false});
    check(coding != Coding::brotli && (coding || !choose_coding(text, {})));
    check(!is_page_address(text) || text.starts_with('/'));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    static bool const is_ready = (prepare_secrets(), true);
    check(is_ready);
    std::string_view const text(reinterpret_cast<char const*>(data), size);
    query(text);
    ids_and_cursors(text);
    mobiles(text);
    tokens(text);
    addresses(text);
    pages_headers(text);
    return 0;
}
