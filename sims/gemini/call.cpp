#include "gemini/call.hpp"

#include "gemini/parts.hpp"

#include <boost/json.hpp>

#include <stdexcept>

namespace pollux::sims {

namespace {

// The texts of one content, joined, its files, and the signatures that came back.
json::object describe_turn(json::value const& content)
{
    std::string text;
    json::array signatures;
    json::array files;
    boost::system::error_code none;
    auto const* parts = content.find_pointer("/parts", none);
    if (parts && parts->is_array()) {
        for (auto const& part : parts->get_array()) {
            if (auto const* piece = part.find_pointer("/text", none); piece && piece->is_string()) text += piece->get_string();
            json::value const one{{"parts", json::array{part}}};
            try {
                for (auto& file : describe_files(read_parts(one, "parts").files)) files.push_back(std::move(file));
            } catch (std::invalid_argument const&) {
                files.push_back("unreadable"); // The call was refused for it.
            }
            if (auto const* signature = part.find_pointer("/thoughtSignature", none)) signatures.push_back(*signature);
        }
    }
    auto const* role = content.find_pointer("/role", none);
    return {
        {"role", role ? *role : json::value("user")}, {"text", text}, {"signatures", std::move(signatures)}, {"files", std::move(files)}};
}

json::array describe_turns(json::value const& request)
{
    json::array turns;
    boost::system::error_code none;
    auto const* contents = request.find_pointer("/contents", none);
    if (!contents || !contents->is_array()) return turns;
    for (auto const& content : contents->get_array()) turns.push_back(describe_turn(content));
    return turns;
}

} // namespace

json::object describe_gemini_call(GeminiCall const& call)
{
    boost::system::error_code failed;
    auto const request = json::parse(call.request, failed);
    auto const at = [&](char const* pointer) {
        boost::system::error_code none;
        auto const* found = request.find_pointer(pointer, none);
        return found ? *found : json::value();
    };
    auto described = describe_call(call);
    described["version"] = call.version;
    described["system"] = at("/systemInstruction/parts/0/text");
    described["continuation"] = at("/continuationToken");
    described["turns"] = describe_turns(request);
    return described;
}

} // namespace pollux::sims
