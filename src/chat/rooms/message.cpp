#include "chat/rooms/message.hpp"

namespace pollux {

void Json<chat::CitationsJson>::write(std::string& out, chat::CitationsJson const& value)
{
    out += value.text;
}

std::string Json<chat::CitationsJson>::schema(SchemaBook& book)
{
    return Json<std::vector<chat::CitationView>>::schema(book);
}

} // namespace pollux
