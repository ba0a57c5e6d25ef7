// What needs Unicode's tables (libutf8proc): letters that are equal in a search, and characters as people see them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace pollux {

// Equal for texts that are the same in a search: without case, compatibility forms (full-width letters, ligatures), invisible
// characters, and without the accents of Latin, Greek and Cyrillic letters, Hebrew points and Arabic vowel signs. Marks of other scripts
// make other letters and stay. `utf8` is valid UTF-8.
std::string fold_for_search(std::string_view utf8);

// The longest prefix of at most `count_max` code points of valid UTF-8 that ends between two characters as people see them (grapheme
// clusters: an emoji of a family, a letter with its accents). One that is longer by itself is cut between code points.
std::string_view cut_clusters(std::string_view utf8, std::size_t count_max);

// Without the characters that nobody sees (marks of direction, fillers, tags, spaces of no width), but with the two joiners and the
// variation selectors, which Persian, Hindi, Mongolian and emoji need. `utf8` is valid UTF-8.
std::string without_unseen(std::string_view utf8);

// Whether there is a letter, a number or a picture in it, not marks and spaces alone. `utf8` is valid UTF-8.
bool has_word_or_picture(std::string_view utf8);

} // namespace pollux
