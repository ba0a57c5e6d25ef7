#include "chat/replies/reply_meter.hpp"

namespace pollux::chat {
namespace {

ops::Counter replies(std::string const& status)
{
    return {"pollux_replies_total", "Replies that ended, by how.", {{"status", status}}};
}

ops::Counter tokens(std::string const& kind)
{
    return {"pollux_tokens_total", "Tokens of replies that ended, as the model counted them.", {{"kind", kind}}};
}

} // namespace

ReplyMeter::ReplyMeter()
    : completed_(replies("completed")), stopped_(replies("stopped")), failed_(replies("failed")),
      first_text_("pollux_reply_first_text_seconds", "From when a reply was first begun to its first text."),
      lasted_("pollux_reply_seconds", "From when a reply was first begun to its end."),
      put_back_("pollux_replies_put_back_total", "Replies that were put back to be written later."),
      refused_("pollux_reply_writes_refused_total", "Ends of replies that came after somebody else had taken over."),
      leases_lost_("pollux_leases_lost_total", "Leases of replies that ended without a word."), prompt_tokens_(tokens("prompt")),
      completion_tokens_(tokens("completion")), thought_tokens_(tokens("thought"))
{}

void ReplyMeter::ended(ReplyEnd const& end, std::chrono::microseconds lasted) const
{
    auto const& counter = end.status == MessageStatus::completed ? completed_ : end.status == MessageStatus::stopped ? stopped_ : failed_;
    counter.add();
    lasted_.observe(lasted);
    prompt_tokens_.add(static_cast<double>(end.usage.prompt_tokens));
    completion_tokens_.add(static_cast<double>(end.usage.completion_tokens));
    thought_tokens_.add(static_cast<double>(end.usage.thought_tokens));
}

} // namespace pollux::chat
