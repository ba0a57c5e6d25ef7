#include "ai/demo/demo_reply.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

namespace pollux::ai {

namespace {

constexpr std::size_t quote_characters_max = 120;
constexpr std::size_t short_text_characters_max = 40;
constexpr std::size_t remembered_max = 5;

constexpr std::string_view notice =
    "\n---\n*I am the **demo model** of Pollux: I follow a few built-in rules and know nothing of the world. "
    "Set `GEMINI_API_KEY` and start the server again to talk to Google Gemini.*\n";

constexpr std::string_view joke = "Why did the coroutine never finish its story?\n\n"
                                  "Because it said \"to be continued\" and nobody kept the handle.\n";

constexpr std::string_view code = "```python\n"
                                  "def longest(words):\n"
                                  "    \"\"\"The longest word; the first one of several.\"\"\"\n"
                                  "    return max(words, key=len, default=\"\")\n"
                                  "\n"
                                  "print(longest([\"Castor\", \"and\", \"Pollux\"]))\n"
                                  "```\n";

// Words that show what is wanted. ASCII ones match ignoring case; the others as they stand.
constexpr auto joke_words =
    std::to_array<std::string_view>({"joke", "funny", "witz", "blague", "chiste", "шутк", "анекдот", "笑话", "冗談", "نكتة"});
constexpr auto memory_words =
    std::to_array<std::string_view>({"did i ask", "i ask before", "asked before", "did i say", "i said before", "did i tell", "did i just",
                                     "my previous", "my last question", "my first question", "do you remember", "what have i asked",
                                     "what were we talking", "summarize our", "summarise our"});
constexpr auto code_words = std::to_array<std::string_view>({"code", "python", "javascript", "c++", "function", "program"});
constexpr auto long_words =
    std::to_array<std::string_view>({"essay",       "in detail", "at length", "lengthy", "ausführlich", "lange geschichte",
                                     "langen text", "longue",    "largo",     "larga",   "длинн",       "подробн",
                                     "很长",        "長い",      "长篇",      "긴 ",     "लंबी",         "लंबा",
                                     "طويل",        "ארוך"});
// "long" asks for length, these ask for something else.
constexpr auto not_long = std::to_array<std::string_view>({"how long", "so long", "as long", "too long", "no longer", "long ago"});
constexpr auto greetings =
    std::to_array<std::string_view>({"hello", "hi", "hey", "hallo", "hola", "bonjour", "ciao", "good morning", "good evening", "привет",
                                     "здравствуйте", "你好", "こんにちは", "안녕", "नमस्ते", "مرحبا", "שלום"});

bool holds_any(std::string_view text, std::span<std::string_view const> words)
{
    return std::ranges::any_of(words, [text](auto word) { return text.find(word) != std::string_view::npos; });
}

bool starts_with_any(std::string_view text, std::span<std::string_view const> words)
{
    return std::ranges::any_of(words, [text](auto word) {
        if (!text.starts_with(word)) return false;
        auto const next = text.size() == word.size() ? ' ' : text[word.size()];
        return !(next >= 'a' && next <= 'z'); // "hi" greets, "history" does not.
    });
}

// "long" as a word of its own, "longer" and "longest" with it: not "belong".
bool has_word_long(std::string_view text)
{
    auto const is_letter = [](char byte) { return byte >= 'a' && byte <= 'z'; };
    for (auto at = text.find("long"); at != std::string_view::npos; at = text.find("long", at + 1)) {
        auto const end = text.substr(at + 4);
        bool const ends = end.empty() || !is_letter(end.front()) || end.starts_with("er") || end.starts_with("est");
        if (ends && (at == 0 || !is_letter(text[at - 1]))) return true;
    }
    return false;
}

// One line of Markdown's quotation: no line breaks of the user's, not longer than a line or two.
std::string one_line(std::string_view text)
{
    auto const cut = cut_code_points(trim(text), quote_characters_max);
    std::string line(cut);
    for (auto& character : line) {
        if (static_cast<unsigned char>(character) < 0x20 || character == 0x7f) character = ' ';
    }
    if (cut.size() < trim(text).size()) line += "…";
    return line;
}

std::uint64_t digest(std::vector<Turn> const& turns)
{
    std::uint64_t hash = 14695981039346656037u; // FNV-1a.
    for (auto const& turn : turns) {
        for (char const byte : turn.text) hash = (hash ^ static_cast<unsigned char>(byte)) * 1099511628211u;
    }
    return hash;
}

std::vector<std::string_view> earlier_questions(std::vector<Turn> const& turns)
{
    std::vector<std::string_view> questions;
    for (std::size_t index = 0; index + 1 < turns.size(); ++index) {
        if (turns[index].role == Role::user) questions.push_back(turns[index].text);
    }
    return questions;
}

std::string remember(std::vector<Turn> const& turns)
{
    auto const questions = earlier_questions(turns);
    if (questions.empty()) return "This is your first message here, so there is nothing before it that I could remember.\n";

    std::string text = "Before this you wrote:\n\n";
    auto const first = questions.size() - std::min(questions.size(), remembered_max);
    if (first > 0) text += "*(the last " + std::to_string(remembered_max) + " of " + std::to_string(questions.size()) + ")*\n\n";
    for (std::size_t index = first; index < questions.size(); ++index) {
        text += std::to_string(index + 1) + ". " + one_line(questions[index]) + "\n";
    }
    text += "\nYour last message before this one was: **" + one_line(questions.back()) + "**\n";
    return text;
}

// "My name is Ada." somewhere before, newest first.
std::string name_told(std::vector<Turn> const& turns)
{
    constexpr std::string_view phrase = "my name is ";
    auto const questions = earlier_questions(turns);
    for (auto question = questions.rbegin(); question != questions.rend(); ++question) {
        auto const at = lower_ascii(*question).find(phrase);
        if (at == std::string::npos) continue;
        auto const rest = question->substr(at + phrase.size());
        return one_line(rest.substr(0, rest.find_first_of(".,;!?\n")));
    }
    return {};
}

// Numbered, so that one sees that nothing is missing where it was cut.
std::string long_story()
{
    constexpr auto sentences = std::to_array<std::string_view>({
        "Castor and Pollux set out before the sun, with one boat, two oars and no map at all.",
        "The sea was calm, the wind came late, and nobody counted the miles that lay behind them.",
        "Towards noon they met a ship whose captain asked for water and paid with a rumour.",
        "Somewhere ahead, the captain said, there was an island where every question had exactly one answer.",
        "Castor laughed; Pollux wrote it down, because what is written down outlives a storm.",
        "And a storm came, tore the sail in two, and threw the oars away one after the other.",
        "When it was over, the page was dry, and the last line stood where it had been left.",
        "They began the next one below it, a little slower than before, and rowed with their hands.",
        "At night the stars told them where they were, and in the morning they believed it.",
        "So the day went by, and the island was no nearer, but the story was longer.",
    });
    constexpr std::size_t count = 100;
    std::string text = "### A long story\n\n";
    for (std::size_t index = 0; index < count; ++index) {
        text += std::to_string(index + 1) + ". " + std::string(sentences[index % sentences.size()]) + "\n";
    }
    return text + "\nThat was all of it: " + std::to_string(count) + " lines.\n";
}

std::string greet(std::vector<Turn> const& turns)
{
    std::string const text = turns.size() == 1 ? "Hello! Nice to meet you.\n" : "Hello again!\n";
    return text + "\nTry one of these:\n\n- ask me for a **joke**\n- ask for some **code**\n- ask *what did I ask before?*\n";
}

std::string answer(std::vector<Turn> const& turns)
{
    auto const& question = turns.back().text;
    auto const questions_before = earlier_questions(turns).size();

    std::string text = "### About your message\n\n> " + one_line(question) + "\n\n";
    text += "Here is what I can say about it:\n\n";
    text += "- It has **" + std::to_string(code_points(question)) + "** characters in " + std::to_string(question.size()) +
            " bytes of UTF-8.\n";
    text += questions_before == 0 ? "- It opens our conversation.\n"
                                  : "- You have sent " + std::to_string(questions_before) +
                                        " before it; the last was: " + one_line(earlier_questions(turns).back()) + "\n";
    text += "- A real model would now write an answer; this text shows how one streams in.\n";
    if (digest(turns) % 3 == 0) text += "\nAnd a piece of code, so that you see how it is shown:\n\n" + std::string(code);
    return text;
}

std::string reply_body(std::vector<Turn> const& turns)
{
    auto const question = lower_ascii(trim(turns.back().text));
    if (holds_any(question, memory_words)) return remember(turns);
    if (question.find("my name") != std::string::npos) {
        if (auto name = name_told(turns); !name.empty()) return "Your name is **" + name + "**; you told me earlier.\n";
    }
    if (asks_for_something_long(turns)) return long_story();
    if (holds_any(question, joke_words)) return std::string(joke);
    if (code_points(question) <= short_text_characters_max && starts_with_any(question, greetings)) return greet(turns);
    if (holds_any(question, code_words))
        return "Here is a small example:\n\n" + std::string(code) + "\nYou asked: " + one_line(turns.back().text) + "\n";
    return answer(turns);
}

} // namespace

bool asks_for_something_long(std::vector<Turn> const& turns)
{
    if (turns.empty()) return false;
    auto const question = lower_ascii(turns.back().text);
    return holds_any(question, long_words) || (has_word_long(question) && !holds_any(question, not_long));
}

std::string demo_title(std::vector<Turn> const& turns)
{
    constexpr int words_max = 6;
    constexpr std::size_t word_characters_max = 40; // Some scripts put no spaces between words.
    constexpr std::string_view marks = ".,;:!?\"'()[]*#`";
    std::string title;
    auto const line = turns.empty() ? std::string() : one_line(turns.front().text);
    std::string_view rest = line;
    for (int words = 0; words < words_max && !rest.empty();) {
        auto word = rest.substr(0, rest.find(' '));
        rest.remove_prefix(std::min(word.size() + 1, rest.size()));
        auto const first = word.find_first_not_of(marks);
        if (first == std::string_view::npos) continue;
        word = word.substr(first, word.find_last_not_of(marks) + 1 - first);
        title += (title.empty() ? "" : " ") + std::string(cut_code_points(word, word_characters_max));
        ++words;
    }
    if (!title.empty() && title.front() >= 'a' && title.front() <= 'z') title.front() = static_cast<char>(title.front() - 'a' + 'A');
    return title.empty() ? "A chat" : title;
}

std::string demo_reply(std::vector<Turn> const& turns)
{
    if (turns.empty()) return "There is nothing to answer yet.\n" + std::string(notice);
    return reply_body(turns) + std::string(notice);
}

} // namespace pollux::ai
