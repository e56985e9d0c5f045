/* SPDX-License-Identifier: Apache-2.0 */
/* What have we set for a link? See record.h. */
#include "record.h"

#include <fcntl.h>
#include <inttypes.h>

#include "file-util.h"
#include "number.h"
#include "unit-name.h"

#define RECORD_MAX (64U * 1024U)

void record_done(Record *record) {
        free(record->dns);
        free(record->domains);
        free(record->hostname);
        free(record->previous_hostname);
        *record = (Record){};
}

static bool record_is_empty(const Record *r) {
        return !r->dns && !r->domains && !r->hostname && r->asked == 0;
}

int record_format(const Record *r, char **ret) {
        const struct {
                const char *name, *value;
        } strings[] = {
                { "DNS", r->dns },
                { "DOMAINS", r->domains },
                { "HOSTNAME", r->hostname },
                { "PREVIOUS_HOSTNAME", r->previous_hostname },
        };
        _cleanup_fclose_ FILE *f = NULL;
        _cleanup_free_ char *text = NULL;
        size_t size = 0;

        f = open_memstream(&text, &size);
        if (!f)
                return -ENOMEM;
        if (r->ifindex > 0)
                fprintf(f, "IFINDEX=%i\n", r->ifindex);
        for (size_t i = 0; i < ELEMENTSOF(strings); i++)
                if (strings[i].value)
                        fprintf(f, "%s=%s\n", strings[i].name, strings[i].value);
        if (r->asked != 0)
                fprintf(f, "ASKED=%016" PRIx64 "\n", r->asked);

        if (fclose(TAKE_PTR(f)) != 0)
                return -ENOMEM;
        *ret = TAKE_PTR(text);
        return 0;
}

static int line_parse(char *line, Record *r) {
        const struct {
                const char *name;
                char **value;
        } strings[] = {
                { "DNS=", &r->dns },
                { "DOMAINS=", &r->domains },
                { "HOSTNAME=", &r->hostname },
                { "PREVIOUS_HOSTNAME=", &r->previous_hostname },
        };
        const char *value;

        for (size_t i = 0; i < ELEMENTSOF(strings); i++) {
                value = startswith(line, strings[i].name);
                if (!value || !*value || *strings[i].value)
                        continue;
                *strings[i].value = strdup(value);
                return *strings[i].value ? 0 : -ENOMEM;
        }

        value = startswith(line, "IFINDEX=");
        if (value)
                (void) ifindex_parse(value, &r->ifindex);
        value = startswith(line, "ASKED=");
        if (value)
                (void) number_parse(value, 16, UINT64_MAX, &r->asked);
        return 0;
}

int record_parse(const char *text, Record *ret) {
        _cleanup_free_ char *copy = strdup(text);
        _cleanup_(record_done) Record record = {};
        char *state = NULL;
        int r;

        if (!copy)
                return -ENOMEM;
        for (char *line = strtok_r(copy, "\n", &state); line; line = strtok_r(NULL, "\n", &state)) {
                r = line_parse(line, &record);
                if (r < 0)
                        return r;
        }

        *ret = TAKE_STRUCT(record);
        return 0;
}

int record_read(int folder_fd, const char *link, Record *ret) {
        _cleanup_free_ char *text = NULL;
        char name[INSTANCE_MAX];
        int r;

        r = link_name_escape(link, name);
        if (r < 0)
                return r;
        r = file_read_untrusted(folder_fd, name, RECORD_MAX, &text, NULL);
        if (r == -ENOENT) {
                *ret = (Record){};
                return 0;
        }
        if (r < 0)
                return r;
        return record_parse(text, ret);
}

int record_write(int folder_fd, const char *link, const Record *record) {
        _cleanup_free_ char *text = NULL;
        char name[INSTANCE_MAX];
        int r;

        r = link_name_escape(link, name);
        if (r < 0)
                return r;
        if (record_is_empty(record))
                return file_remove(folder_fd, name);

        r = record_format(record, &text);
        if (r < 0)
                return r;
        return file_write_atomic(folder_fd, name, text, strlen(text), 0644);
}

int record_other_hostname(int folder_fd, const char *link, char **ret_hostname, char **ret_previous) {
        char own[INSTANCE_MAX];
        DIR *d;
        int r;

        r = link_name_escape(link, own);
        if (r < 0)
                return r;
        d = directory_list(folder_fd);
        if (!d)
                return negative_errno();

        *ret_hostname = *ret_previous = NULL;
        for (struct dirent *entry; !*ret_hostname && (entry = readdir(d));) {
                _cleanup_(record_done) Record other = {};
                _cleanup_free_ char *text = NULL;

                if (streq(entry->d_name, own) || startswith(entry->d_name, ".#") ||
                                file_read_untrusted(folder_fd, entry->d_name, RECORD_MAX, &text, NULL) < 0 ||
                                record_parse(text, &other) < 0)
                        continue;
                *ret_hostname = TAKE_PTR(other.hostname);
                if (*ret_hostname)
                        *ret_previous = TAKE_PTR(other.previous_hostname);
        }
        closedir(d);
        return 0;
}
