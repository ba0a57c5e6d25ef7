#include "chat/replies/reply_draft.hpp"

#include "ai/checked_event.hpp"
#include "base/text.hpp"

namespace pollux::chat {
namespace {

std::string citations_as_json(std::vector<ai::Citation> const& citations)
{
    std::vector<CitationView> views;
    views.reserve(citations.size());
    for (auto const& citation : citations) views.push_back({citation.url, citation.title, citation.start, citation.end});
    return to_json(views);
}

MessageFinish finish_of(ai::FinishReason reason)
{
    switch (reason) {
    case ai::FinishReason::stop: return MessageFinish::stop;
    case ai::FinishReason::length: return MessageFinish::length;
    case ai::FinishReason::blocked: return MessageFinish::blocked;
    case ai::FinishReason::other: return MessageFinish::other;
    }
    throw std::logic_error("an unknown reason for the end of a reply");
}

} // namespace

ReplyDraft::News ReplyDraft::take(ai::ModelEvent given)
{
    auto const event = ai::checked(std::move(given));
    News news;
    if (auto const* delta = std::get_if<ai::TextDelta>(&event)) news.text = grow(text_, delta->text);
    if (auto const* thought = std::get_if<ai::ThoughtDelta>(&event)) news.thoughts = grow(thoughts_, thought->text);
    if (auto const* usage = std::get_if<ai::UsageSoFar>(&event)) this_call_ = usage->usage;
    if (auto const* found = std::get_if<ai::CitationsFound>(&event)) {
        citations_json_ = citations_as_json(found->citations);
        news.has_citations = true;
    }
    if (auto const* finished = std::get_if<ai::Finished>(&event)) call_end_ = *finished;
    if (auto const* continues = std::get_if<ai::Continues>(&event)) call_end_ = *continues;
    if (auto const* failed = std::get_if<ai::Failed>(&event)) call_end_ = *failed;
    return news;
}

std::string_view ReplyDraft::grow(std::string& whole, std::string_view piece)
{
    auto room = reply_bytes_max - std::min(reply_bytes_max, text_.size() + thoughts_.size());
    if (piece.size() > room) {
        while (room > 0 && !is_character_border(piece, room)) --room;
        piece = piece.substr(0, room);
        call_end_ = ai::Finished{ai::FinishReason::length, {}};
    }
    whole += piece;
    return std::string_view(whole).substr(whole.size() - piece.size());
}

void ReplyDraft::continue_with_next_call()
{
    earlier_calls_.prompt_tokens += this_call_.prompt_tokens;
    earlier_calls_.completion_tokens += this_call_.completion_tokens;
    earlier_calls_.thought_tokens += this_call_.thought_tokens;
    earlier_calls_.is_estimated = earlier_calls_.is_estimated || this_call_.is_estimated;
    this_call_ = {};
    call_end_.reset();
}

void ReplyDraft::start_over()
{
    *this = ReplyDraft();
}

ReplyEnd ReplyDraft::end_as(MessageStatus status, std::string model) const
{
    ReplyEnd end;
    end.status = status;
    end.text = text_;
    end.thoughts = thoughts_;
    end.citations_json = citations_json_;
    end.usage = {earlier_calls_.prompt_tokens + this_call_.prompt_tokens, earlier_calls_.completion_tokens + this_call_.completion_tokens,
                 earlier_calls_.thought_tokens + this_call_.thought_tokens, earlier_calls_.is_estimated || this_call_.is_estimated};
    end.model = std::move(model);
    if (status != MessageStatus::completed) return end;
    if (auto const* finished = call_end_ ? std::get_if<ai::Finished>(&*call_end_) : nullptr) {
        end.finish_reason = finish_of(finished->reason);
        end.provider_state = finished->provider_state;
    } else {
        end.finish_reason = MessageFinish::length; // The model would go on, but it was asked as often as a reply may ask.
    }
    return end;
}

} // namespace pollux::chat
