/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as TOML and as YAML, through the schema and out again. The first byte picks the format. */
#include "config.h"
#include "emit.h"
#include "load.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A line of a unit file that we know, and of which PID 1 reads no other one. */
static void check_line(const char *line, const char *end) {
        static const char *const beginnings[] = { "#", "[Service]", "[Path]", "[Unit]",
                "SourcePath=", "Environment=\"NB_", "User=", "Group=", "PathModified=" };
        bool known = line == end;

        for (size_t i = 0; i < ELEMENTSOF(beginnings); i++)
                known = known || startswith(line, beginnings[i]);
        if (!known)
                abort();
        for (const char *p = line; p < end; p++)
                if ((unsigned char) *p < ' ' || *p == 0x7f)
                        abort();
        if (startswith(line, "Environment=") && end[-1] != '"')
                abort();
}

static void check_lines(const char *text) {
        const char *end;

        for (; (end = strchr(text, '\n')); text = end + 1)
                check_line(text, end);
        if (*text)
                abort();
}

static void emit(const Config *config, const Messages *messages) {
        char *text = NULL;
        size_t size;
        FILE *f = open_memstream(&text, &size);

        if (!f)
                return;
        for (Consumer consumer = 0; consumer < _CONSUMER_MAX; consumer++)
                (void) emit_drop_in(f, consumer, config, "/etc/x", messages);
        (void) emit_lease_paths(f, config->settings[KEY_Network_LeaseFiles].value, NULL);
        if (fclose(f) == 0)
                check_lines(text);
        free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        Config config = {};
        Messages messages = {};
        char *text;

        if (size < 1 || size > CONFIG_FILE_MAX)
                return 0;

        /* Like config_file_read(): a NUL behind the text, which is not counted. */
        text = malloc(size);
        if (!text)
                return 0;
        memcpy(text, data + 1, size - 1);
        text[size - 1] = '\0';

        if (load_text(data[0] & 1 ? "x.yaml" : "x.toml", text, size - 1, &config, &messages) >= 0 &&
                        config_settle(&config, NULL, &messages) >= 0)
                emit(&config, &messages);

        free(text);
        config_done(&config);
        messages_done(&messages);
        return 0;
}
