#include "db/postgres/values.hpp"

#include <bit>
#include <charconv>
#include <concepts>
#include <cstring>

namespace pollux::db::postgres {
namespace {

// Of PostgreSQL's pg_type.dat; they never change.
constexpr Oid bool_type = 16;
constexpr Oid int8_type = 20;
constexpr Oid int2_type = 21;
constexpr Oid int4_type = 23;
constexpr Oid text_type = 25;
constexpr Oid oid_type = 26;
constexpr Oid float4_type = 700;
constexpr Oid float8_type = 701;
constexpr Oid numeric_type = 1700;
constexpr Oid unknown_type = 0;

// By the order of Value's alternatives.
constexpr std::array<Oid, 4> sent_types{unknown_type, int8_type, float8_type, text_type};

enum class Kind { integer, real, number, boolean, text };

Kind kind_of(Oid type)
{
    switch (type) {
    case int2_type:
    case int4_type:
    case int8_type:
    case oid_type: return Kind::integer;
    case float4_type:
    case float8_type: return Kind::real;
    case numeric_type: return Kind::number;
    case bool_type: return Kind::boolean;
    default: return Kind::text;
    }
}

void put_big_endian(std::array<char, 8>& bytes, std::uint64_t number)
{
    if constexpr (std::endian::native == std::endian::little) number = __builtin_bswap64(number);
    std::memcpy(bytes.data(), &number, sizeof(number));
}

template <class Number>
bool read_whole(std::string_view text, Number& number)
{
    auto const [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
    return failed == std::errc() && end == text.data() + text.size();
}

Value read_real(std::string_view text)
{
    double number = 0;
    if (!read_whole(text, number)) throw StatementError("PostgreSQL answered with a number that cannot be read");
    return number;
}

Value read_cell(Kind kind, std::string_view text)
{
    switch (kind) {
    case Kind::integer:
    case Kind::number: {
        std::int64_t number = 0;
        if (read_whole(text, number)) return number;
        return read_real(text);
    }
    case Kind::real: return read_real(text);
    case Kind::boolean: return std::int64_t(text == "t" ? 1 : 0);
    case Kind::text: break;
    }
    return std::string(text);
}

// SQLite counts no rows that were only read; neither do we.
std::int64_t changed_rows(PGresult* result)
{
    std::string_view const tag = PQcmdStatus(result);
    bool const changes = tag.starts_with("INSERT") || tag.starts_with("UPDATE") || tag.starts_with("DELETE") || tag.starts_with("MERGE");
    std::int64_t count = 0;
    if (changes) read_whole(std::string_view(PQcmdTuples(result)), count);
    return count;
}

} // namespace

std::uint64_t signature_of(Params const& params)
{
    std::uint64_t signature = 0;
    for (auto const& param : params) signature = signature << 2 | param.index();
    return signature;
}

std::vector<Oid> types_of(Params const& params)
{
    std::vector<Oid> types;
    types.reserve(params.size());
    for (auto const& param : params) types.push_back(sent_types[param.index()]);
    return types;
}

void require_bindable(Params const& params)
{
    if (params.size() > values_max) throw StatementError("a statement takes at most " + std::to_string(values_max) + " values");
}

Bound::Bound(Params const& params) : count_(static_cast<int>(params.size()))
{
    for (std::size_t index = 0; index < params.size(); ++index) {
        formats_[index] = 1;
        values_[index] = nullptr;
        lengths_[index] = 0;
        Value const& param = params[index];
        if (auto const* text = std::get_if<std::string>(&param)) {
            values_[index] = text->data();
            lengths_[index] = static_cast<int>(text->size());
            continue;
        }
        if (std::holds_alternative<std::monostate>(param)) continue;
        if (auto const* integer = std::get_if<std::int64_t>(&param)) {
            put_big_endian(numbers_[index], static_cast<std::uint64_t>(*integer));
        } else {
            put_big_endian(numbers_[index], std::bit_cast<std::uint64_t>(std::get<double>(param)));
        }
        values_[index] = numbers_[index].data();
        lengths_[index] = 8;
    }
}

std::vector<Value> read_cells(PGresult const* result)
{
    auto const rows = PQntuples(result);
    auto const columns = PQnfields(result);
    std::vector<Kind> kinds;
    kinds.reserve(static_cast<std::size_t>(columns));
    for (int column = 0; column < columns; ++column) kinds.push_back(kind_of(PQftype(result, column)));

    std::vector<Value> cells;
    cells.reserve(static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns));
    for (int row = 0; row < rows; ++row) {
        for (int column = 0; column < columns; ++column) {
            if (PQgetisnull(result, row, column) != 0) {
                cells.emplace_back();
                continue;
            }
            std::string_view const text(PQgetvalue(result, row, column), static_cast<std::size_t>(PQgetlength(result, row, column)));
            cells.push_back(read_cell(kinds[static_cast<std::size_t>(column)], text));
        }
    }
    return cells;
}

Rows read_rows(PGresult const* result)
{
    auto* taken = const_cast<PGresult*>(result); // PQcmdTuples and PQcmdStatus only look, but do not say so.
    return Rows(static_cast<std::size_t>(PQnfields(result)), read_cells(result), changed_rows(taken));
}

} // namespace pollux::db::postgres
