/* SPDX-License-Identifier: Apache-2.0 */
/* Whose signal is taken, and when is one said to be forged? The bus is this process too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <sys/mman.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "bus-names.h"
#include "bus-owner.h"

static sd_bus_message *asked; /* GetNameOwner */

static int on_call(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        if (!sd_bus_message_is_method_call(m, DBUS_NAME, "GetNameOwner"))
                return 0;
        asked = sd_bus_message_ref(m);
        return 1;
}

static sd_bus *bus_new(int fd, bool server) {
        sd_bus *bus = NULL;

        assert_return_code(sd_bus_new(&bus), 0);
        assert_return_code(sd_bus_set_fd(bus, fd, fd), 0);
        if (server) {
                assert_return_code(sd_bus_set_server(bus, true, (sd_id128_t){ .bytes = { 1 } }), 0);
                assert_return_code(sd_bus_add_filter(bus, NULL, on_call, NULL), 0);
        }
        assert_return_code(sd_bus_set_anonymous(bus, true), 0);
        assert_return_code(sd_bus_start(bus), 0);
        return bus;
}

static bool is_from(BusOwner *o, sd_bus *bus, const char *sender) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;

        assert_return_code(sd_bus_message_new_signal(bus, &m, "/", "example.Interface", "Signal"), 0);
        assert_return_code(sd_bus_message_set_sender(m, sender), 0);
        return bus_owner_sent(o, m);
}

static void on_owner(BusOwner *o, const char *owner, void *userdata) {
        unsigned *n = userdata;

        (*n)++;
}

static void test_before_and_after_the_owner_is_known(void **state) {
        int pair[2], errors = dup(STDERR_FILENO), file;
        sd_bus *here, *there;
        unsigned n_told = 0;
        BusOwner *o;

        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair), 0);
        there = bus_new(pair[0], true);
        here = bus_new(pair[1], false);
        file = memfd_create("errors", MFD_CLOEXEC);
        assert_true(errors >= 0 && file >= 0 && dup2(file, STDERR_FILENO) >= 0);

        assert_return_code(bus_owner_new(here, "example.Name", on_owner, &n_told, &o), 0);
        assert_false(bus_owner_is_known(o));
        assert_false(is_from(o, here, ":1.5"));
        assert_int_equal(lseek(file, 0, SEEK_END), 0);
        while (!asked)
                assert_true(sd_bus_process(here, NULL) >= 0 && sd_bus_process(there, NULL) >= 0);

        assert_return_code(sd_bus_reply_method_return(asked, "s", ":1.5"), 0);
        while (n_told == 0)
                assert_true(sd_bus_process(here, NULL) >= 0 && sd_bus_process(there, NULL) >= 0);
        assert_true(bus_owner_is_known(o));
        assert_string_equal(bus_owner_get(o), ":1.5");
        assert_true(is_from(o, here, ":1.5"));
        assert_int_equal(lseek(file, 0, SEEK_END), 0);
        assert_false(is_from(o, here, ":1.6"));
        assert_in_range(lseek(file, 0, SEEK_END), 1, 1000);

        assert_true(dup2(errors, STDERR_FILENO) >= 0);
        sd_bus_message_unref(asked);
        bus_owner_free(o);
        sd_bus_close_unref(here);
        sd_bus_close_unref(there);
        assert_true(close(file) == 0 && close(errors) == 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_before_and_after_the_owner_is_known),
        };

        return cmocka_run_group_tests_name("bus-owner", tests, NULL, NULL);
}
