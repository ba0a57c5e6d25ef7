#include "http/gzip.hpp"

#include <boost/beast/zlib/deflate_stream.hpp>
#include <boost/beast/zlib/inflate_stream.hpp>
#include <boost/crc.hpp>

#include <stdexcept>

namespace pollux::http {
namespace {

namespace zlib = boost::beast::zlib;

constexpr std::string_view head("\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff", 10); // Deflated, no name, no time, as small as it gets.
constexpr std::size_t tail_bytes = 8;                                            // CRC-32 and size.

std::uint32_t little_endian(std::string_view four)
{
    std::uint32_t number = 0;
    for (std::size_t index = 4; index-- > 0;) number = number << 8 | static_cast<unsigned char>(four[index]);
    return number;
}

void append_little_endian(std::string& out, std::uint32_t number)
{
    for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>(number >> shift & 0xFF);
}

std::uint32_t check_sum(std::string_view bytes)
{
    boost::crc_32_type sum;
    sum.process_bytes(bytes.data(), bytes.size());
    return sum.checksum();
}

// Of a member whose head names nothing, as we and zlib's makers write it.
bool is_plain_member(std::string_view member)
{
    return member.size() >= head.size() + tail_bytes && member.substr(0, 4) == head.substr(0, 4);
}

// How many bytes it holds, as it says itself: its last field.
std::size_t size_in(std::string_view member)
{
    if (!is_plain_member(member)) throw std::runtime_error("these bytes are no gzip that is read here");
    return little_endian(member.substr(member.size() - 4));
}

} // namespace

std::string gunzip(std::string_view member)
{
    std::string bytes(size_in(member), '\0');
    auto const deflated = member.substr(head.size(), member.size() - head.size() - tail_bytes);
    zlib::inflate_stream stream;
    zlib::z_params state;
    state.next_in = deflated.data();
    state.avail_in = deflated.size();
    state.next_out = bytes.data();
    state.avail_out = bytes.size();
    boost::system::error_code error;
    stream.write(state, zlib::Flush::sync, error);
    bool const is_whole = state.total_out == bytes.size() && check_sum(bytes) == little_endian(member.substr(member.size() - tail_bytes));
    if (!is_whole) throw std::runtime_error("a gzip that does not hold what it says");
    return bytes;
}

std::string gzip(std::string_view bytes)
{
    zlib::deflate_stream stream;
    stream.reset(9, 15, 8, zlib::Strategy::normal);
    std::string member(head);
    std::string deflated(stream.upper_bound(bytes.size()) + 16, '\0');
    zlib::z_params state;
    state.next_in = bytes.data();
    state.avail_in = bytes.size();
    state.next_out = deflated.data();
    state.avail_out = deflated.size();
    boost::system::error_code error;
    stream.write(state, zlib::Flush::finish, error);
    if (error && error != zlib::error::end_of_stream) throw std::runtime_error("could not be compressed: " + error.message());
    member.append(deflated, 0, state.total_out);
    append_little_endian(member, check_sum(bytes));
    append_little_endian(member, static_cast<std::uint32_t>(bytes.size()));
    return member;
}

} // namespace pollux::http
