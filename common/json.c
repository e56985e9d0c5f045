/* SPDX-License-Identifier: Apache-2.0 */
/* How is JSON written? See json.h. */
#include "json.h"

#include "utf8.h"

static void put_char(Json *j, char c) {
        buffer_append(j, &c, 1);
}

/* A comma, unless this is the first in its brackets or the value of a key. */
static void separate(Json *j) {
        if (j->length > 0 && !strchr("{[:", j->data[j->length - 1]))
                put_char(j, ',');
}

void json_open(Json *j, char bracket) {
        separate(j);
        put_char(j, bracket);
}

void json_close(Json *j, char bracket) {
        put_char(j, bracket);
}

void json_key(Json *j, const char *key) {
        json_string(j, key);
        put_char(j, ':');
}

void json_string(Json *j, const char *s) {
        json_string_n(j, s, strlen(s));
}

static void put_escaped(Json *j, unsigned char c) {
        static const char digits[] = "0123456789abcdef";
        char escape[6] = { '\\', 'u', '0', '0', digits[c >> 4], digits[c & 15] };

        if (c == '"' || c == '\\') {
                escape[1] = (char) c;
                buffer_append(j, escape, 2);
        } else
                buffer_append(j, escape, sizeof(escape));
}

void json_string_n(Json *j, const char *s, size_t n) {
        size_t plain = 0, step;

        separate(j);
        put_char(j, '"');
        for (size_t i = 0; i < n; i += step) {
                unsigned char c = (unsigned char) s[i];
                bool valid;

                step = utf8_step(s + i, n - i);
                valid = step > 0;
                if (!valid)
                        step = 1;
                if (valid && c >= 0x20 && c != '"' && c != '\\' && c != 0x7f)
                        continue;

                buffer_append(j, s + plain, i - plain);
                plain = i + step;
                if (valid)
                        put_escaped(j, c);
                else
                        buffer_append(j, UTF8_REPLACEMENT, strlen(UTF8_REPLACEMENT));
        }
        buffer_append(j, s + plain, n - plain);
        put_char(j, '"');
}

void json_raw(Json *j, const char *value, size_t n) {
        size_t plain = 0, step;

        separate(j);
        for (size_t i = 0; i < n; i += step) {
                step = utf8_step(value + i, n - i);
                if (step > 0)
                        continue;
                step = 1;
                buffer_append(j, value + plain, i - plain);
                buffer_append(j, UTF8_REPLACEMENT, strlen(UTF8_REPLACEMENT));
                plain = i + 1;
        }
        buffer_append(j, value + plain, n - plain);
}

void json_number(Json *j, uint64_t number) {
        char buffer[20], *p = buffer + sizeof(buffer);

        do
                *--p = (char) ('0' + number % 10);
        while ((number /= 10) > 0);
        separate(j);
        buffer_append(j, p, (size_t) (buffer + sizeof(buffer) - p));
}

void json_signed(Json *j, int64_t number) {
        if (number >= 0) {
                json_number(j, (uint64_t) number);
                return;
        }
        separate(j);
        put_char(j, '-');
        /* No comma between the sign and its digits. */
        for (uint64_t digits = 0 - (uint64_t) number, power = UINT64_C(10000000000000000000); power > 0;
                        power /= 10)
                if (digits >= power)
                        put_char(j, (char) ('0' + digits / power % 10));
}

void json_bool(Json *j, bool value) {
        separate(j);
        if (value)
                buffer_append(j, "true", 4);
        else
                buffer_append(j, "false", 5);
}

void json_null(Json *j) {
        separate(j);
        buffer_append(j, "null", 4);
}

void json_member_string(Json *j, const char *key, const char *s) {
        json_key(j, key);
        json_string(j, s);
}

void json_member_number(Json *j, const char *key, uint64_t number) {
        json_key(j, key);
        json_number(j, number);
}
