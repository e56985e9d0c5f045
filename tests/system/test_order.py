# SPDX-License-Identifier: Apache-2.0
"""Is no link held up by another, and what becomes of a link whose script holds it up for long?"""

import re

from records import STATES, Records

BOTH_BUSES = True


def messages(machine, since, pattern):
    """The matches of a pattern in what nb-watch said."""
    machine.cursor()
    found = [re.fullmatch(pattern, m) for m in machine.messages('SYSLOG_IDENTIFIER=nb-watch', since=since)]
    return [match for match in found if match]


def test_more_states_wait_than_may(machine):
    """32 wait for one link; of the others the oldest that are superseded go, as many as the warnings say."""
    machine.write('/etc/network-broker/no-carrier.d/60-wait',
                  '#!/bin/sh\nwhile [ -e /run/hold ]; do sleep 0.05; done\n', 0o755)
    machine.write('/run/hold', '')
    records = Records(machine, ())
    since = machine.cursor()
    machine.cable('flap0', static='192.0.2.10/24')
    index = machine.index('flap0')
    machine.wait_for(lambda: machine.show('nb-run@no-carrier:flap0.service', 'ActiveState') == 'activating')
    for number in range(40):
        before = len(records.happened(index))
        machine.run(['ip', 'link', 'set', 'flap0', 'up' if number % 2 else 'down'])
        machine.wait_for(lambda n=before: len(records.happened(index)) > n)
    machine.path('/run/hold').unlink()

    happened = [value for values in records.happened(index) for value in values]
    dropped = sum(int(m[1]) for m in messages(machine, since, r'flap0: .* dropped the (\d+) oldest.*'))
    assert dropped > 0

    def delivered():
        return [m[1] for m in messages(machine, since, r'flap0: ([a-z-]+)\.') if m[1] in STATES]

    machine.wait_for(lambda: len(delivered()) >= len(happened) - dropped, 20,
                     lambda: f'{len(happened)} happened, {dropped} were dropped, {len(delivered())} delivered')
    assert len(delivered()) == len(happened) - dropped
    assert delivered()[-1] == happened[-1]


def test_links_do_not_wait_for_each_other(machine):
    machine.write('/etc/network-broker/carrier.d/50-slow', '#!/bin/sh\ncase "$LINK" in slow*)\n'
                  '        while [ -e /run/slow ]; do sleep 0.1; done\nesac\n', 0o755)
    machine.write('/run/slow', '')
    records = Records(machine)
    slow = [f'slow{n}' for n in range(5)]

    def activating():
        return [name for name in slow if machine.show(f'nb-run@carrier:{name}.service', 'ActiveState') == 'activating']

    for number, name in enumerate(slow):
        machine.cable(name, static=f'192.0.2.{16 * number + 2}/28')
    machine.cable('quick0', static='192.0.2.130/28')
    machine.plug(*slow)
    machine.wait_for(lambda: activating() == slow, what=activating)
    machine.plug('quick0')
    machine.wait_for(lambda: machine.show('nb-run@routable:quick0.service', 'ActiveState') == 'active')
    index = machine.index('quick0')
    machine.wait_for(lambda: not records.differences(index), what=lambda: records.differences(index))
    assert activating() == slow
    assert not any('routable' in records.ran(machine.index(name)) for name in slow)
    machine.path('/run/slow').unlink()
    machine.wait_for(lambda: all('routable' in records.ran(machine.index(name)) for name in slow))
