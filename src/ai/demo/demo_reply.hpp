// What the demo model answers. A pure function of the conversation: the same turns give the same Markdown. Every answer says that it
// comes from the demo model and how to get Gemini.
#pragma once

#include "ai/chat_model.hpp"

#include <string>
#include <vector>

namespace pollux::ai {

// `turns` ends with the user's. The text is valid UTF-8 as long as the turns are.
std::string demo_reply(std::vector<Turn> const& turns);

// What it calls a conversation: the first words of the first turn.
std::string demo_title(std::vector<Turn> const& turns);

// Whether the last of `turns` asks for something long: then the reply is about 1,800 words, to be stopped, cut and resumed by hand.
bool asks_for_something_long(std::vector<Turn> const& turns);

} // namespace pollux::ai
