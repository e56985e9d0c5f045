/* SPDX-License-Identifier: Apache-2.0 */
/* What do networkd's files say of its links? See networkd-files.h. */
#include "networkd-files.h"

#include <fcntl.h>
#include <sys/inotify.h>

#include "file-util.h"
#include "log.h"
#include "number.h"

#define FOLDER "/run/systemd/netif/links"
#define FILE_SIZE_MAX (64U * 1024U)

struct NetworkdFiles {
        NetworkdFileHandler handler;
        void *userdata;
        sd_event_source *source;
        size_t n_found;
};

/* The value of NAME= if the line has it, cut off at its end. */
static const char *line_value(const char *line, const char *name, char ret[static 32]) {
        const char *value = startswith(line, name);
        size_t n;

        if (!value || *value != '=')
                return NULL;
        n = strcspn(++value, "\n");
        if (n == 0 || n >= 32)
                return NULL;
        memcpy(ret, value, n);
        ret[n] = '\0';
        return ret;
}

static void set_state(const char *name, EventKind kind, int *ret) {
        EventType event;

        if (name && event_from_name(name, &event) >= 0 && event_info(event)->kind == kind)
                *ret = (int) event;
}

void networkd_file_parse(const char *text, LinkStates *ret) {
        LinkStates states = { -1, -1 };
        char value[32];

        for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
                set_state(line_value(line, "OPER_STATE", value), EVENT_OPERATIONAL, &states.operational);
                set_state(line_value(line, "ADMIN_STATE", value), EVENT_SETUP, &states.setup);
        }
        *ret = states;
}

static void read_file(NetworkdFiles *f, const char *name) {
        _cleanup_free_ char *text = NULL;
        char path[sizeof(FOLDER) + 16];
        LinkStates states;
        int ifindex, r;

        if (ifindex_parse(name, &ifindex) < 0)
                return;
        snprintf(path, sizeof(path), FOLDER "/%i", ifindex);
        r = file_read_untrusted(AT_FDCWD, path, FILE_SIZE_MAX, &text, NULL);
        if (r < 0) {
                if (r != -ENOENT)
                        log_warning_errno(r, "Failed to read %s: %m", path);
                return;
        }

        f->n_found++;
        networkd_file_parse(text, &states);
        f->handler(ifindex, &states, f->userdata);
}

static void read_all(NetworkdFiles *f) {
        _cleanup_(closedirp) DIR *d = opendir(FOLDER);

        if (!d)
                return;
        for (struct dirent *de; (de = readdir(d));)
                if (de->d_name[0] != '.')
                        read_file(f, de->d_name);
}

static int on_file(_unused_ sd_event_source *source, const struct inotify_event *event, void *userdata) {
        NetworkdFiles *f = userdata;

        if (event->mask & IN_Q_OVERFLOW)
                read_all(f);
        else if (event->len > 0 && event->name[0] != '.')
                read_file(f, event->name);
        return 0;
}

int networkd_files_new(sd_event *event, NetworkdFileHandler handler, void *userdata, NetworkdFiles **ret) {
        NetworkdFiles *f;
        int r;

        f = calloc(1, sizeof(*f));
        if (!f)
                return -ENOMEM;
        f->handler = handler;
        f->userdata = userdata;
        r = sd_event_add_inotify(
                        event, &f->source, FOLDER, IN_MOVED_TO | IN_CLOSE_WRITE | IN_ONLYDIR, on_file, f);
        if (r < 0 && r != -ENOENT) {
                free(f);
                return r;
        }
        read_all(f);

        *ret = f;
        return 0;
}

void networkd_files_free(NetworkdFiles *f) {
        if (!f)
                return;
        sd_event_source_disable_unref(f->source);
        free(f);
}

size_t networkd_files_found(const NetworkdFiles *f) {
        return f->n_found;
}
