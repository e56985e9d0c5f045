/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as TOML and as YAML, through the schema and out again. The first byte picks the format. */
#include "config.h"
#include "emit.h"
#include "load.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void emit(const Config *config, const Messages *messages) {
        FILE *f = fopen("/dev/null", "w");

        if (!f)
                return;
        for (Consumer consumer = 0; consumer < _CONSUMER_MAX; consumer++)
                (void) emit_drop_in(f, consumer, config, "/etc/x", messages);
        (void) emit_lease_paths(f, config->settings[KEY_Network_LeaseFiles].value, NULL);
        fclose(f);
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
