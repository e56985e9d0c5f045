# SPDX-License-Identifier: Apache-2.0
"""Is every event of a restless network delivered, once, in order, without overlap?"""

import json
import os
import random
import re

import pytest

from records import STATES, Records, overlaps
from sequences import LINK_EVENTS, LinkRecords, active_states, differences, present_states, stray_units
from traffic import Traffic

LONG = True
BOTH_BUSES = True
TRANSITIONS = int(os.environ.get('NB_TEST_TRANSITIONS', '1000'))


@pytest.fixture(scope='module')
def traffic(machine):
    seed = int(os.environ.get('NB_TEST_SEED') or random.randrange(1 << 32))
    print(f'NB_TEST_SEED={seed}')
    machine.links = LinkRecords(machine)
    machine.records = Records(machine, (*STATES, *LINK_EVENTS, 'addresses'), delay=300)
    return Traffic(machine, 20, seed)


def status(machine):
    return machine.show('nb-watch.service', 'StatusText')


def waiting(text):
    """How many entries wait for their turn, by nb-watch's own account; many while it says nothing."""
    match = re.search(r'(\d+) waiting', text)
    return int(match[1]) if match else 1000


def pace(machine):
    """Waits until fewer entries than 32, the limit for one link, wait for all of them, and for nb-watch to have said so
    since now."""
    before = status(machine)

    def may_go_on():
        now = status(machine)
        return waiting(now) == 0 or waiting(now) < 32 and now != before

    machine.wait_for(may_go_on, 60, lambda: status(machine))


def test_transitions(machine, traffic):
    records, links = machine.records, machine.links
    watch = machine.show('nb-watch.service', 'MainPID')
    for number in range(TRANSITIONS):
        traffic.step()
        if number % 5 == 4:
            pace(machine)
    traffic.settle()
    machine.wait_for(lambda: waiting(status(machine)) == 0, 60, lambda: status(machine))

    assert [m for m in machine.messages('SYSLOG_IDENTIFIER=nb-watch') if 'states wait' in m] == []

    def wrong():
        return '\n'.join(differences(records, links, traffic.removals))

    machine.wait_for(lambda: not wrong(), 20, wrong)
    machine.wait_for(lambda: active_states(machine) == present_states(machine), 20,
                     lambda: f'{active_states(machine)} is {present_states(machine)}')
    assert overlaps(records.runs()) == []
    assert stray_units(machine) == set()
    assert machine.show('nb-watch.service', 'MainPID') == watch


def addresses(machine):
    """{ifindex: its addresses} by the kernel."""
    return {str(link['ifindex']): {f'{a["local"]}/{a["prefixlen"]}' for a in link['addr_info']}
            for link in json.loads(machine.run(['ip', '-json', 'address']))}


def test_addresses_add_up(machine, traffic):
    """Each run of `addresses` continues where the last one of its link ended; the last one is what is now."""
    known = {}
    for line in machine.read('/run/record/addresses').splitlines():
        index, now, added, removed = (set(field.split()) for field in line.split('|'))
        before = known.get(*index, set())
        assert (now - before, before - now) == (added, removed), line
        known[index.pop()] = now
    present = addresses(machine)
    for card in traffic.cards:
        index = str(machine.index(card.name))
        assert known.get(index, set()) == present[index], card.name
