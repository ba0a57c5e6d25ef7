// Asio's own code, compiled once for this program.
#include <boost/asio/impl/src.hpp>
