#include "plans.hpp"

#include <boost/json/parse.hpp>

#include <fstream>
#include <iterator>

namespace pollux::sims {

std::vector<json::value> read_plan_files(std::vector<std::string> const& files)
{
    std::vector<json::value> read;
    for (auto const& file : files) {
        std::ifstream in(file);
        if (!in) throw std::runtime_error("cannot read " + file);
        boost::system::error_code failed;
        read.push_back(json::parse(std::string(std::istreambuf_iterator<char>(in), {}), failed));
        if (failed) throw std::runtime_error(file + " is no JSON: " + failed.message());
    }
    return read;
}

} // namespace pollux::sims
