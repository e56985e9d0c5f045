/* SPDX-License-Identifier: Apache-2.0 */
/* When is that? See date.h. */
#include "date.h"

#include <time.h>

#include "number.h"

/* Takes digits of a number between min and max off *p. */
static bool number_take(const char **p, size_t max_digits, int min, int max, int *ret) {
        size_t n = strspn(*p, "0123456789");
        int value = 0;

        if (n == 0 || n > max_digits)
                return false;
        for (size_t i = 0; i < n; i++)
                value = value * 10 + ((*p)[i] - '0');
        if (value < min || value > max)
                return false;
        *p += n;
        *ret = value;
        return true;
}

static bool separator_take(const char **p, char c) {
        if (**p != c)
                return false;
        (*p)++;
        return true;
}

static bool day_parse(const char *p, struct tm *tm) {
        int year, month;

        if (!number_take(&p, 4, 1970, 9999, &year) || !separator_take(&p, '/') ||
                        !number_take(&p, 2, 1, 12, &month) || !separator_take(&p, '/') ||
                        !number_take(&p, 2, 1, 31, &tm->tm_mday))
                return false;
        tm->tm_year = year - 1900;
        tm->tm_mon = month - 1;
        return *p == '\0';
}

static bool clock_parse(const char *p, struct tm *tm) {
        return number_take(&p, 2, 0, 23, &tm->tm_hour) && separator_take(&p, ':') &&
                        number_take(&p, 2, 0, 59, &tm->tm_min) && separator_take(&p, ':') &&
                        number_take(&p, 2, 0, 60, &tm->tm_sec) && *p == '\0';
}

int seconds_parse(const char *word, uint64_t *ret) {
        return number_parse(word, 10, UINT64_C(9999999999), ret) < 0 ? -EINVAL : 0;
}

int date_parse(const char *const *words, size_t n, uint64_t *ret) {
        struct tm tm = {};
        time_t when;

        if (n == 1 && streq(words[0], "never")) {
                *ret = DATE_NEVER;
                return 0;
        }
        if (n == 2 && streq(words[0], "epoch"))
                return seconds_parse(words[1], ret);
        if (n != 3 || strlen(words[0]) != 1 || *words[0] < '0' || *words[0] > '6' ||
                        !day_parse(words[1], &tm) || !clock_parse(words[2], &tm))
                return -EINVAL;

        when = timegm(&tm);
        if (when < 0)
                return -EINVAL;
        *ret = (uint64_t) when;
        return 0;
}
