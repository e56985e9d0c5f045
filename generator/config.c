/* SPDX-License-Identifier: Apache-2.0 */
/* What did the administrator ask for, all files together? See config.h. */
#include "config.h"

#include "users.h"
#include "value.h"

#define VALUE_SHOWN 60

static int string_replace(char **s, const char *value) {
        char *copy = NULL;

        if (value) {
                copy = strdup(value);
                if (!copy)
                        return -ENOMEM;
        }
        free(*s);
        *s = copy;
        return 0;
}

static void complain_name(const Entry *entry, const char *path, Messages *messages) {
        const char *near, *elsewhere = key_section_elsewhere(entry->key);

        if (!entry->section) {
                if (section_lookup(entry->key))
                        messages_add(messages, MESSAGE_WARNING, -1, path, entry->place,
                                        "'%s' is a section, it takes no value of its own", entry->key);
                else if (elsewhere)
                        messages_add(messages, MESSAGE_WARNING, -1, path, entry->place,
                                        "key '%s' outside of a section, it belongs to [%s]", entry->key,
                                        elsewhere);
                else
                        messages_add(messages, MESSAGE_WARNING, -1, path, entry->place,
                                        "unknown key '%s' outside of a section", entry->key);
                return;
        }

        near = key_suggest(entry->section, entry->key);
        if (elsewhere)
                messages_add(messages, MESSAGE_WARNING, -1, path, entry->place,
                                "unknown key '%s' in [%s], it belongs to [%s]", entry->key, entry->section,
                                elsewhere);
        else if (near)
                messages_add(messages, MESSAGE_WARNING, -1, path, entry->place,
                                "unknown key '%s', did you mean '%s'?", entry->key, near);
        else
                messages_add(messages, MESSAGE_WARNING, -1, path, entry->place, "unknown key '%s' in [%s]",
                                entry->key, entry->section);
}

static void complain_section(const Section *section, const char *path, Messages *messages) {
        const char *near = section_suggest(section->name);

        if (near)
                messages_add(messages, MESSAGE_WARNING, -1, path, section->place,
                                "unknown section '%s', did you mean '%s'?", section->name, near);
        else
                messages_add(messages, MESSAGE_WARNING, -1, path, section->place, "unknown section '%s'",
                                section->name);
}

static void complain_value(Key key, const Complaint *complaint, const char *path, Messages *messages) {
        const char *quote = complaint->quoted ? "'" : "";
        char accepts[200];

        key_accepts(key, accepts, sizeof(accepts));
        messages_add(messages, MESSAGE_VALUE, (int) key, path, complaint->place,
                        "%s= cannot be %s%.*s%s%s%s%s%s, it takes %s", key_info(key)->name, quote,
                        VALUE_SHOWN, complaint->value, strlen(complaint->value) > VALUE_SHOWN ? "..." : "",
                        quote, complaint->reason ? " (" : "", strempty(complaint->reason),
                        complaint->reason ? ")" : "", accepts);
}

static void warn_doubts(Key key, const Entry *entry, const char *path, Messages *messages) {
        for (size_t i = 0; i < entry->n_values; i++) {
                const Value *value = entry->values + i;
                const char *doubt = value_doubt(key, value);

                if (doubt)
                        messages_add(messages, MESSAGE_WARNING, -1, path, value->place,
                                        "%s= has '%.*s%s': %s", key_info(key)->name, VALUE_SHOWN,
                                        value->text, strlen(value->text) > VALUE_SHOWN ? "..." : "", doubt);
        }
}

static int apply_entry(
                Config *config, const char *path, const Entry *entry, unsigned *seen, Messages *messages) {
        _cleanup_free_ char *value = NULL;
        Complaint complaint = {};
        Setting *setting;
        Key key;
        int r;

        if (entry->section && !section_lookup(entry->section))
                return 0; /* its section was complained about */
        if (!entry->section || key_lookup(entry->section, entry->key, &key) < 0) {
                complain_name(entry, path, messages);
                return 0;
        }

        if (seen[key] > 0)
                messages_add(messages, MESSAGE_WARNING, -1, path, entry->place,
                                "key '%s' stands in line %u already, this one counts", entry->key,
                                seen[key]);
        seen[key] = entry->place.line;

        setting = config->settings + key;
        r = value_normalize(key, entry, &value, &complaint);
        if (r >= 0 && key == KEY_Script_User && user_is_own(config->own_users, value))
                r = value_complain(entry->values, entry->values->text, USER_IS_OWN, &complaint);
        setting->bad = r == -EINVAL;
        if (setting->bad) {
                complain_value(key, &complaint, path, messages);
                free(complaint.value);
                return 0;
        }
        if (r < 0)
                return r;

        warn_doubts(key, entry, path, messages);
        r = string_replace(&setting->file, path);
        if (r < 0)
                return r;
        free(setting->value);
        setting->value = TAKE_PTR(value);
        return 0;
}

int config_init(Config *config, const char *root, Messages *messages) {
        int r;

        r = own_users_read(root, &config->own_users);
        if (r < 0 && r != -ENOMEM) {
                messages_add(messages, MESSAGE_WARNING, -1, "/etc/passwd", (Place){},
                                "cannot be read (%s), so the broker's own users are known by name only",
                                strerror(-r));
                r = 0;
        }
        return r;
}

int config_apply(Config *config, const char *path, const Document *document, Messages *messages) {
        unsigned seen[_KEY_MAX] = {};

        for (size_t i = 0; i < document->n_sections; i++)
                if (!section_lookup(document->sections[i].name))
                        complain_section(document->sections + i, path, messages);

        for (size_t i = 0; i < document->n_entries; i++) {
                int r = apply_entry(config, path, document->entries + i, seen, messages);

                if (r < 0)
                        return r;
        }
        return 0;
}

void config_set_broken(Config *config, bool may_hold_user) {
        config->broken = true;
        if (may_hold_user)
                config->settings[KEY_Script_User].bad = true;
}

/* Where the value of a key comes from in the end. */
typedef enum Outcome {
        OUTCOME_FILE,
        OUTCOME_LAST_GOOD,
        OUTCOME_DEFAULT,
        OUTCOME_REFUSE,
} Outcome;

static Outcome setting_outcome(const Config *config, const Config *last_good, Key key) {
        const Setting *setting = config->settings + key,
                      *before = last_good ? last_good->settings + key : NULL;

        if (before && config->broken)
                return before->value                     ? OUTCOME_LAST_GOOD
                                : key == KEY_Script_User ? OUTCOME_REFUSE
                                                         : OUTCOME_DEFAULT;
        /* Who writes a User= for the first time wants to get away from root, so that is no good value to keep. */
        if (before && setting->bad && before->value && (before->file || key != KEY_Script_User))
                return OUTCOME_LAST_GOOD;
        if (setting->bad && key == KEY_Script_User)
                return OUTCOME_REFUSE;
        return setting->value ? OUTCOME_FILE : OUTCOME_DEFAULT;
}

static void append_value(Message *message, const char *what, const char *value) {
        if (*value)
                message_append(message, "; %s '%.*s%s'", what, VALUE_SHOWN, value,
                                strlen(value) > VALUE_SHOWN ? "..." : "");
        else
                message_append(message, "; %s (empty)", what);
}

/* Says what holds now. */
static void message_explain(
                Message *message, const Config *config, const Config *last_good, const Outcome *outcomes) {
        Key key = (Key) message->key;

        if (message->kind == MESSAGE_FILE) {
                message_append(message, "; %s%s",
                                last_good ? "the last good configuration stays in force"
                                          : "without a last good configuration, the other files and the defaults hold",
                                outcomes[KEY_Script_User] == OUTCOME_REFUSE ? ", and no script runs" : "");
                return;
        }
        if (message->kind != MESSAGE_VALUE)
                return;

        switch (outcomes[key]) {
        case OUTCOME_REFUSE:
                message_append(message, "; no script runs");
                break;
        case OUTCOME_LAST_GOOD:
                append_value(message, "the last good value stays in force:", last_good->settings[key].value);
                break;
        case OUTCOME_DEFAULT:
                append_value(message, "the default holds:", key_info(key)->default_text);
                break;
        case OUTCOME_FILE:
                append_value(message, "a value of another file holds:", config->settings[key].value);
                message_append(message, " of %s", config->settings[key].file);
        }
}

/* The error that is to blame, without what follows from it. */
static int find_refuse_reason(const Messages *messages, char **ret) {
        const char *text = "[Script] User= is not known";

        for (size_t i = 0; i < messages->n; i++)
                if (messages->items[i].kind == MESSAGE_FILE ||
                                (messages->items[i].kind == MESSAGE_VALUE &&
                                                messages->items[i].key == KEY_Script_User))
                        text = messages->items[i].text;
        return string_replace(ret, text);
}

int config_settle(Config *config, const Config *last_good, Messages *messages) {
        Outcome outcomes[_KEY_MAX];
        int r = 0;

        for (Key key = 0; key < _KEY_MAX; key++)
                outcomes[key] = setting_outcome(config, last_good, key);

        if (outcomes[KEY_Script_User] == OUTCOME_REFUSE) {
                r = find_refuse_reason(messages, &config->refuse);
                if (r < 0)
                        return r;
        }
        for (size_t i = 0; i < messages->n; i++)
                message_explain(messages->items + i, config, last_good, outcomes);

        for (Key key = 0; r >= 0 && key < _KEY_MAX; key++) {
                Setting *setting = config->settings + key;

                if (outcomes[key] == OUTCOME_LAST_GOOD) {
                        r = string_replace(&setting->value, last_good->settings[key].value);
                        if (r >= 0)
                                r = string_replace(&setting->file, last_good->settings[key].file);
                } else if (outcomes[key] != OUTCOME_FILE) {
                        (void) string_replace(&setting->value, NULL);
                        (void) string_replace(&setting->file, NULL);
                        r = value_normalize_text(key, key_info(key)->default_text, &setting->value);
                }
                setting->bad = setting->bad && outcomes[key] != OUTCOME_LAST_GOOD;
        }
        return r;
}

void config_done(Config *config) {
        for (Key key = 0; key < _KEY_MAX; key++) {
                free(config->settings[key].value);
                free(config->settings[key].file);
        }
        free(config->refuse);
        free(config->own_users);
        *config = (Config){};
}
