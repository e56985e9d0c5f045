/* SPDX-License-Identifier: Apache-2.0 */
/* How long is "2min 30s"? See time-span.h. */
#include "time-span.h"

#define SPACE " \t\r\n"
#define USEC_PER_SEC 1000000ULL
#define USEC_PER_YEAR 31557600000000ULL
#define LONGEST (100 * USEC_PER_YEAR)

/* A longer name before any that it starts with. */
static const struct {
        const char *name;
        uint64_t usec;
} units[] = {
        { "seconds", USEC_PER_SEC }, { "second", USEC_PER_SEC }, { "sec", USEC_PER_SEC },
        { "s", USEC_PER_SEC }, { "minutes", 60 * USEC_PER_SEC }, { "minute", 60 * USEC_PER_SEC },
        { "min", 60 * USEC_PER_SEC }, { "months", 2629800 * USEC_PER_SEC },
        { "month", 2629800 * USEC_PER_SEC }, { "M", 2629800 * USEC_PER_SEC }, { "msec", 1000 },
        { "ms", 1000 }, { "m", 60 * USEC_PER_SEC }, { "hours", 3600 * USEC_PER_SEC },
        { "hour", 3600 * USEC_PER_SEC }, { "hr", 3600 * USEC_PER_SEC }, { "h", 3600 * USEC_PER_SEC },
        { "days", 86400 * USEC_PER_SEC }, { "day", 86400 * USEC_PER_SEC }, { "d", 86400 * USEC_PER_SEC },
        { "weeks", 604800 * USEC_PER_SEC }, { "week", 604800 * USEC_PER_SEC },
        { "w", 604800 * USEC_PER_SEC }, { "years", USEC_PER_YEAR }, { "year", USEC_PER_YEAR },
        { "y", USEC_PER_YEAR }, { "usec", 1 }, { "us", 1 }, { "\xc2\xb5s", 1 }, /* micro sign */
        { "\xce\xbcs", 1 },                                                     /* Greek letter mu */
};

static bool is_digit(char c) {
        return c >= '0' && c <= '9';
}

/* Seconds, where no unit follows. */
static uint64_t take_unit(const char **text) {
        for (size_t i = 0; i < ELEMENTSOF(units); i++) {
                const char *rest = startswith(*text, units[i].name);

                if (rest) {
                        *text = rest;
                        return units[i].usec;
                }
        }
        return USEC_PER_SEC;
}

/* One number with its unit. */
static int take_part(const char **text, uint64_t *ret) {
        uint64_t whole = 0, part = 0, scale, unit;
        const char *p = *text, *fraction = NULL;

        if (!is_digit(*p) && *p != '.')
                return -EINVAL;
        for (; is_digit(*p); p++) {
                whole = 10 * whole + (uint64_t) (*p - '0');
                if (whole > LONGEST)
                        return -ERANGE;
        }
        if (*p == '.') {
                fraction = ++p;
                if (!is_digit(*p))
                        return -EINVAL;
                p += strspn(p, "0123456789");
        }

        p += strspn(p, SPACE);
        unit = take_unit(&p);
        if (whole > LONGEST / unit)
                return -ERANGE;

        if (fraction)
                for (scale = unit / 10; is_digit(*fraction) && scale > 0; fraction++, scale /= 10)
                        part += scale * (uint64_t) (*fraction - '0');

        *text = p + strspn(p, SPACE);
        *ret = whole * unit + part;
        return 0;
}

int time_span_parse(const char *text, uint64_t *ret) {
        uint64_t sum = 0;

        text += strspn(text, SPACE);
        if (!*text)
                return -EINVAL;

        while (*text) {
                uint64_t part;
                int r;

                r = take_part(&text, &part);
                if (r < 0)
                        return r;
                sum += part;
                if (sum > LONGEST)
                        return -ERANGE;
        }

        *ret = sum;
        return 0;
}
