#include "ai/call_count.hpp"

#include "ops/metrics.hpp"

namespace pollux::ai {
namespace {

std::string to_text(CallEnd end)
{
    switch (end) {
    case CallEnd::answered: return "answered";
    case CallEnd::failed: return "failed";
    case CallEnd::cut: return "cut";
    }
    return "";
}

} // namespace

void count_call_end(std::string const& model, CallEnd end)
{
    ops::Counter("pollux_model_calls_total", "Calls of a model that ended, by how.", {{"model", model}, {"end", to_text(end)}}).add();
}

} // namespace pollux::ai
