/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration: one value a key, merged from files, and what holds where a file is wrong. */
#pragma once

#include "message.h"
#include "schema.h"

typedef struct Setting {
        char *value; /* in the form of value_normalize(); NULL if no file gave a good one */
        char *file;  /* that gave it; NULL for a default */
        bool bad; /* the last file that has the key has no acceptable value for it, nor is there a last good one */
} Setting;

typedef struct Config {
        Setting settings[_KEY_MAX];
        bool broken;     /* a file could not be used as a whole */
        char *refuse;    /* why no script may run, or NULL; set by config_settle() */
        char *own_users; /* words that [Script] User= cannot be, see users.h */
} Config;

/* Finds the users below root that [Script] User= cannot be. -ENOMEM; a passwd that cannot be read goes to messages. Without
 * it those users are known by their names only. */
int config_init(Config *config, const char *root, Messages *messages);

/* Lays the keys of a file over those of the files before it. -ENOMEM is the only error; what is wrong with the file
 * goes to messages. */
int config_apply(Config *config, const char *path, const Document *document, Messages *messages);

/* Notes that a file could not be used. may_hold_user: it may have set [Script] User=. */
void config_set_broken(Config *config, bool may_hold_user);

/* Gives each key its value once all files are applied:
 *  - with a last good configuration and a file that could not be used, all of the last good one,
 *  - for a key with a bad value the last good value, else that of a file before, else the default,
 *  - except for User: without a last good one no script may run.
 * Tells at each error what holds now. last_good may be NULL, and may lack keys. -ENOMEM. */
int config_settle(Config *config, const Config *last_good, Messages *messages);

void config_done(Config *config);
