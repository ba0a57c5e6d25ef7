// How each server words what it says: chunks, whole answers, errors, lists of models. Written from what they were seen to send.
#pragma once

#include "json_values.hpp"
#include "openai/plan.hpp"
#include "openai/request.hpp"

namespace pollux::sims::openai {

// Of one reply: the same in all of its chunks.
struct Reply {
    Server server = Server::ollama;
    std::string id;
    std::string model;
    std::int64_t created = 0;
};

Reply make_reply(Server server, std::string model);

// One answer with all of it.
json::object whole_answer(Reply const& reply, Plan const& plan, ChatQuestion const& question, std::string const& text);

// A piece of the stream: its delta, and why it ends, where it does.
json::object chunk(Reply const& reply, json::object delta, std::string const& finish);
json::object text_delta(Server server, std::string_view piece);
json::object thought_delta(Server server, std::string const& thoughts_as, std::string_view piece);
json::object first_delta(Server server); // Before all text; empty: the server has none.
json::object last_delta(Server server);  // With the finish.
bool ends_with_text(Server server);      // Whether the last piece of text brings the finish.

json::object tool_call_of(Plan const& plan);

// The figures, and the chunk that brings them.
json::object usage_of(Server server, ChatQuestion const& question, std::string_view text, std::string_view thoughts);
json::object usage_chunk(Reply const& reply, json::object usage);

// What stands beside the figures: llama.cpp's timings.
void add_extras(Reply const& reply, json::object& answer, std::string_view text);

std::string error_answer(Server server, Plan const& plan, int status, std::string const& param);
std::string error_in_stream(Reply const& reply, Plan const& plan); // As the data of an event.
std::string old_error(Plan const& plan);
bool says_done_after_error(Server server);
std::string_view comment_of(Server server);
int comments_of(Server server); // Before the first chunk, unless the plan says otherwise.

json::object describe_model(Server server, std::string const& name);
json::object list_of_models(Server server, json::array models);

} // namespace pollux::sims::openai
