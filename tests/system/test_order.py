# SPDX-License-Identifier: Apache-2.0
"""Is every event of a restless network delivered, once, in order, without overlap, and no link held up by another?"""

import random
import re

import pytest

from records import EDGES, OPERATIONAL, SETUP, STATES, Records, overlaps
from traffic import Traffic

BOTH_BUSES = True
LINK_EVENTS = tuple(e for e in EDGES if e not in ('manager', 'lease', 'routes'))
TRANSITIONS = 1000
# What networkd says of a link that is gone already. Whether it comes before nb-watch has seen the end is chance.
AFTERWORDS = ('off', 'linger', 'no-carrier', 'missing')


def of_kind(values, kind):
    return [v for v in values if v in kind]


def without_reentries(runs, kind):
    """The states of one kind that a link's runs entered, without those entered once more because of a rename.
    AssertionError if a state was entered twice without one."""
    values, renamed = [], False
    for run in runs:
        if run.event == 'link-renamed':
            renamed = True
        elif run.event in kind:
            if values and values[-1] == run.event:
                assert renamed, f'{run} once more'
            else:
                values.append(run.event)
            renamed = False
    return values


def compare(records, gone):
    """What is wrong, link by link: a list of texts."""
    wrong = []
    runs = records.runs()
    happened = {}
    for transition in records.transitions():
        happened.setdefault(transition.index, []).extend(transition.values)
    for index, values in happened.items():
        mine = [run for run in runs if run.index == index]
        for kind in (OPERATIONAL, SETUP):
            expected, ran = of_kind(values, kind), without_reentries(mine, kind)
            while index in gone and expected and len(expected) > len(ran) and expected[-1] in AFTERWORDS:
                expected.pop()
            if expected != ran:
                at = next((i for i, (a, b) in enumerate(zip(expected, ran)) if a != b), min(len(expected), len(ran)))
                wrong.append(f'link {index} ({mine[-1].link if mine else "never ran"}): '
                             f'{len(expected)} happened, {len(ran)} ran; from {at}: '
                             f'{expected[at:at + 5]} happened, {ran[at:at + 5]} ran')
    return wrong


def active_levels(machine):
    """{link: its active states} by systemd."""
    levels = {}
    for unit, state in machine.units('nb-run@*').items():
        event, _, link = unit[len('nb-run@'):-len('.service')].partition(':')
        if event in STATES and state == 'active':
            levels.setdefault(link, set()).add(event)
    return levels


def network_levels(machine, events=STATES):
    """{link: its states} by networkd, of those that have a script."""
    return {name: set(states) & set(events) for name, states in machine.states().items() if name != 'lo'}


def present_indices(machine):
    return {machine.index(name) for name in machine.states()}


@pytest.fixture(scope='module')
def traffic(machine):
    seed = random.randrange(1 << 32)
    print(f'seed {seed}')
    machine.records = Records(machine, STATES + LINK_EVENTS, delay=300)
    return Traffic(machine, 20, seed)


def waiting(machine):
    """How many entries wait for their turn, by nb-watch's own account; many while it says nothing."""
    match = re.search(r'(\d+) waiting', machine.show('nb-watch.service', 'StatusText'))
    return int(match[1]) if match else 1000


def test_thousand_transitions(machine, traffic):
    records = machine.records
    watch = machine.show('nb-watch.service', 'MainPID')
    for number in range(TRANSITIONS):
        traffic.step()
        # Paced below the limit of 32 that wait for one link.
        if number % 20 == 19:
            machine.wait_for(lambda: waiting(machine) < 100, 60, lambda: f'{waiting(machine)} wait')
    traffic.settle()
    machine.wait_for(lambda: all(s == ('routable', 'configured') for n, s in machine.states().items()
                                 if n.startswith('t')), 60, machine.states)

    def gone():
        return {run.index for run in records.runs()} - present_indices(machine)

    machine.wait_for(lambda: not compare(records, gone()), 120, lambda: '\n'.join(compare(records, gone())))
    machine.wait_for(lambda: active_levels(machine) == network_levels(machine), 60,
                     lambda: f'{active_levels(machine)} is {network_levels(machine)}')
    assert overlaps(records.runs()) == []
    assert machine.show('nb-watch.service', 'MainPID') == watch
    names = set(machine.states())
    assert {u for u in machine.units('nb-run@*') if u.split(':', 1)[-1][:-len('.service')] not in names} == set()


def test_link_events(machine, traffic):
    """What came, went and changed its name, as the test did it."""
    runs = machine.records.runs()
    for index in {run.index for run in runs if run.link.startswith('t')}:
        mine = [run for run in runs if run.index == index]
        events = [run.event for run in mine]
        present = index in present_indices(machine)
        assert events.count('link-added') == 1 and events[0] == 'link-added', (index, events[:5])
        assert events.count('link-removed') == (not present), index
        assert present or events[-1] == 'link-removed', (index, events[-5:])
        # Each rename is a run that names the old name, and what ran before ran under that.
        name = mine[0].link
        for run in mine:
            if run.event == 'link-renamed':
                assert run.previous == name, run
                name = run.link
            assert run.link == name, run


def test_addresses_add_up(machine, traffic):
    """Each run of `addresses` continues where the last one of its link ended; the last one is what is now."""
    known = {}
    for line in machine.read('/run/record/addresses').splitlines():
        index, now, added, removed = (field.split() for field in line.split('|'))
        before = known.get(index[0], set())
        # What came and went again in between may be named as well.
        assert set(now) - before <= set(added), line
        assert before - set(now) <= set(removed), line
        known[index[0]] = set(now)
    for card in traffic.cards:
        index = str(machine.index(card.name))
        assert len(known[index]) == len(card.addresses) + 1, (card.name, known[index], card.addresses)


def test_links_do_not_wait_for_each_other(machine):
    machine.sh('rm -f /etc/network-broker/*.d/10-record /run/record/delay')
    machine.write('/etc/network-broker/carrier.d/50-slow', '#!/bin/sh\n[ "$LINK" != slow0 ] || exec sleep 30\n', 0o755)
    records = Records(machine)
    machine.cable('slow0', static='192.0.2.2/24')
    machine.cable('quick0', static='192.0.2.6/24')
    machine.plug('slow0')
    machine.wait_for(lambda: machine.show('nb-run@carrier:slow0.service', 'ActiveState') == 'activating')
    machine.plug('quick0')
    machine.wait_for(lambda: machine.show('nb-run@routable:quick0.service', 'ActiveState') == 'active')
    index = machine.index('quick0')
    machine.wait_for(lambda: not records.differences(index), what=lambda: records.differences(index))
    assert machine.show('nb-run@carrier:slow0.service', 'ActiveState') == 'activating'
    assert 'routable' not in records.ran(machine.index('slow0'))
