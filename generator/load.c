/* SPDX-License-Identifier: Apache-2.0 */
/* How do files become a configuration? See load.h. */
#include "load.h"

#include <limits.h>

static bool text_may_hold_user(const char *text, size_t size) {
        /* Another encoding, or no text at all: who knows. */
        if (memchr(text, '\0', size))
                return true;
        return strcasestr(text, "user") != NULL;
}

int load_text(const char *path, const char *text, size_t size, Config *config, Messages *messages) {
        Document document = {};
        ParseError error = {};
        int r;

        r = config_file_is_yaml(path) ? yaml_read(text, size, &document, &error)
                                      : toml_read(text, size, &document, &error);
        if (r == -EBADMSG) {
                messages_add(messages, MESSAGE_FILE, -1, path, error.place, "cannot be parsed: %s",
                                error.text);
                config_set_broken(config, text_may_hold_user(text, size));
                r = 0;
        } else if (r >= 0)
                r = config_apply(config, path, &document, messages);

        document_done(&document);
        return r;
}

int load_file(const char *root, const char *path, Config *config, Messages *messages) {
        _cleanup_free_ char *text = NULL, *full = NULL;
        char reason[200];
        size_t size;
        int r;

        if (asprintf(&full, "%s%s", root, path) < 0) {
                full = NULL;
                return -ENOMEM;
        }

        r = config_file_read(full, &text, &size, reason, sizeof(reason));
        if (r == -EIO) {
                messages_add(messages, MESSAGE_FILE, -1, path, (Place){}, "%s", reason);
                /* An empty file is known not to set it. */
                config_set_broken(config, !startswith(reason, "is empty"));
                return 0;
        }
        if (r < 0)
                return r;
        return load_text(path, text, size, config, messages);
}

int load_all(const char *root, Config *config, ConfigFiles *ret_files, Messages *messages) {
        ConfigFiles files = {};
        int r;

        r = config_files_find(root, &files, messages);
        if (r < 0)
                return r;

        for (size_t i = 0; r >= 0 && i < files.n; i++)
                r = load_file(root, files.paths[i], config, messages);
        if (files.unlisted)
                config_set_broken(config, true);

        if (r < 0) {
                config_files_done(&files);
                return r;
        }
        *ret_files = files;
        return 0;
}
