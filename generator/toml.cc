/* SPDX-License-Identifier: Apache-2.0 */
/* How is TOML read? With toml++, header-only, behind the C interface of document.h. The only C++ here. */
#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#define TOML_ENABLE_WINDOWS_COMPAT 0

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wundef"
#include <toml++/toml.h>
#pragma GCC diagnostic pop

#include <cerrno>
#include <cstdio>
#include <string>
#include <string_view>

#include "document.h"

/* toml++ limits nested values, but not the dots of a key, and each is a level of recursion. The configuration has
 * one dot at the most. */
static constexpr unsigned dots_max = 16;

static Place place_of(const toml::source_region &source) {
        return Place{ source.begin.line, source.begin.column };
}

/* Steps over a string that starts at i; an unfinished one ends the text, for that is where the parser stops too. */
static size_t skip_string(std::string_view text, size_t i) {
        const char quote = text[i];
        const bool escapes = quote == '"';
        const bool multi_line = text.substr(i, 3) == std::string(3, quote);

        for (i += multi_line ? 3 : 1; i < text.size(); i++) {
                if (escapes && text[i] == '\\')
                        i++;
                else if (multi_line && text.substr(i, 3) == std::string(3, quote)) {
                        /* The string itself may end with one or two quotes. */
                        for (i += 2; i + 1 < text.size() && text[i + 1] == quote;)
                                i++;
                        return i;
                } else if (!multi_line && (text[i] == quote || text[i] == '\n'))
                        return i;
        }
        return text.size();
}

/* Whether a key has more dots than dots_max; says where. */
static bool too_deep(std::string_view text, Place *ret) {
        unsigned line = 1, dots = 0;
        size_t line_start = 0;

        for (size_t i = 0; i < text.size(); i++) {
                if (text[i] == '"' || text[i] == '\'') {
                        size_t end = skip_string(text, i);

                        for (; i < end; i++)
                                if (text[i] == '\n') {
                                        line++;
                                        line_start = i + 1;
                                }
                        if (i >= text.size())
                                break;
                }
                if (text[i] == '#')
                        i = std::min(text.find('\n', i), text.size() - 1);
                if (text[i] == '\n') {
                        line++;
                        line_start = i + 1;
                        dots = 0;
                } else if (std::string_view("=,[]{}").find(text[i]) != std::string_view::npos)
                        dots = 0;
                else if (text[i] == '.' && ++dots > dots_max) {
                        *ret = Place{ line, (unsigned) (i - line_start) + 1 };
                        return true;
                }
        }
        return false;
}

static int add_value(Entry *entry, const toml::node &node) {
        const Place place = place_of(node.source());
        ValueType type = VALUE_OTHER;
        std::string text;

        if (const auto *string = node.as_string()) {
                type = VALUE_STRING;
                text = string->get();
        } else if (const auto *boolean = node.as_boolean()) {
                type = VALUE_BOOLEAN;
                text = boolean->get() ? "true" : "false";
        } else if (const auto *integer = node.as_integer()) {
                type = VALUE_INTEGER;
                text = std::to_string(integer->get());
        } else if (node.is_floating_point())
                text = "a number with a fraction";
        else if (node.is_table())
                text = "a table";
        else if (node.is_array())
                text = "a list";
        else
                text = "a date or time";

        return entry_add_value(entry, type, text.data(), text.size(), place);
}

static int add_entry(Document *document, const char *section, const toml::key &key, const toml::node &node) {
        Entry *entry;
        int r;

        r = document_add_entry(document, section, key.str().data(), key.str().size(), place_of(key.source()),
                        &entry);
        if (r < 0)
                return r;
        entry->value_place = place_of(node.source());

        const auto *list = node.as_array();
        if (!list)
                return add_value(entry, node);

        entry->is_list = true;
        for (const auto &item : *list) {
                r = add_value(entry, item);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int add_section(Document *document, const toml::key &key, const toml::table &table) {
        const std::string name(key.str());
        int r;

        r = document_add_section(document, name.data(), name.size(), place_of(key.source()));
        for (auto i = table.cbegin(); r >= 0 && i != table.cend(); ++i)
                r = add_entry(document, name.c_str(), i->first, i->second);
        return r;
}

extern "C" int toml_read(const char *text, size_t size, Document *document, ParseError *ret_error) {
        const std::string_view view(text, size);
        Place place;
        int r = 0;

        if (too_deep(view, &place)) {
                ret_error->place = place;
                snprintf(ret_error->text, sizeof(ret_error->text), "a key of more than %u parts", dots_max);
                return -EBADMSG;
        }

        const toml::parse_result result = toml::parse(view);
        if (!result) {
                constexpr std::string_view prefix = "Error while parsing ";
                std::string_view description = result.error().description();

                if (description.substr(0, prefix.size()) == prefix)
                        description.remove_prefix(prefix.size());

                ret_error->place = place_of(result.error().source());
                snprintf(ret_error->text, sizeof(ret_error->text), "%.*s", (int) description.size(),
                                description.data());
                return -EBADMSG;
        }

        for (auto i = result.table().cbegin(); r >= 0 && i != result.table().cend(); ++i)
                if (const auto *table = i->second.as_table())
                        r = add_section(document, i->first, *table);
                else
                        r = add_entry(document, nullptr, i->first, i->second);

        document_sort(document);
        return r;
}
