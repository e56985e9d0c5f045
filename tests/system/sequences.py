# SPDX-License-Identifier: Apache-2.0
"""Does what ran agree with what happened, for links that come, go and change their names?

What happened is taken from the bus (networkd's signals, see Records) and from `ip monitor`."""

import re

from records import OPERATIONAL, SETUP, STATES

LINK_EVENTS = ('link-added', 'link-renamed', 'link-removed')
# Not a port's message of a bridge: these have no queue.
LINK_LINE = re.compile(r'(Deleted )?(\d+): ([^:@\s]+)[@:].* qdisc ')


class LinkRecords:
    """What links there were, by the kernel: begins to record at once."""

    def __init__(self, machine):
        self.machine = machine
        machine.background(['ip', '-o', 'monitor', 'link'], '/run/record/links')

        def listens():
            machine.run(['ip', 'link', 'add', 'listen', 'type', 'bridge'])
            # What is told of this one, some of it later, was not recorded from the beginning.
            self.skip = machine.index('listen')
            machine.run(['ip', 'link', 'delete', 'listen'])
            return 'Deleted' in machine.read('/run/record/links')

        machine.wait_for(listens)

    def lines(self):
        """What the kernel said: (ifindex, name, whether it is gone)."""
        for line in self.machine.read('/run/record/links').splitlines():
            match = LINK_LINE.match(line)
            if match:
                yield int(match[2]), match[3], bool(match[1])

    def happened(self):
        """{ifindex: its link events as (event, name, previous name)}"""
        events, names = {}, {}
        for index, name, gone in self.lines():
            mine = events.setdefault(index, [])
            if gone:
                mine.append(('link-removed', name, '-'))
            elif index not in names:
                mine.append(('link-added', name, '-'))
            elif names[index] != name:
                mine.append(('link-renamed', name, names[index]))
            names[index] = name
        return events


def entered(runs, kind):
    """The states of one kind that a link's runs entered, without those entered once more because of a rename."""
    values, renamed = [], False
    for run in runs:
        if run.event == 'link-renamed':
            renamed = True
        elif run.event in kind:
            if not (renamed and values and values[-1] == run.event):
                values.append(run.event)
            renamed = False
    return values


def is_subsequence(part, whole):
    rest = iter(whole)
    return all(value in rest for value in part)


def by_index(records):
    """{ifindex: (networkd's announcements of it, its runs)}"""
    links = {}
    for transition in records.transitions():
        links.setdefault(transition.index, ([], []))[0].append(transition)
    for run in records.runs():
        links.setdefault(run.index, ([], []))[1].append(run)
    return links


def states_of_kind(transitions, kind):
    return [value for transition in transitions for value in transition.values if value in kind]


def difference(expected, ran):
    at = next((i for i, (a, b) in enumerate(zip(expected, ran)) if a != b), min(len(expected), len(ran)))
    return f'{len(expected)} happened, {len(ran)} ran; from {at}: {expected[at:at + 5]} happened, {ran[at:at + 5]} ran'


def differences(records, links, removals):
    """What is not exactly as it happened, a text a link. All states, once, in order; all link events.

    removals: {ifindex: a time before the link was removed}. networkd goes on to speak of a link that the kernel has
    removed, and whether nb-watch still hears it is chance."""
    wrong = []
    happened = links.happened()
    for index, (transitions, runs) in by_index(records).items():
        if index <= links.skip:
            continue
        told = [(run.event, run.link, run.previous) for run in runs if run.event in LINK_EVENTS]
        if told != happened.get(index, []):
            wrong.append(f'link {index}: happened {happened.get(index)}, ran {told}')
        certain = [t for t in transitions if t.time < removals.get(index, t.time + 1)]
        for kind in (OPERATIONAL, SETUP):
            expected, ran = states_of_kind(transitions, kind), entered(runs, kind)
            if ran != expected[:max(len(ran), len(states_of_kind(certain, kind)))]:
                wrong.append(f'link {index} ({runs[-1].link if runs else "never ran"}): {difference(expected, ran)}')
    return wrong


def keeps_name(runs):
    """Whether each run has the name that was told last."""
    name = runs[0].link if runs else None
    for run in runs:
        name = run.link if run.event == 'link-renamed' else name
        if run.link != name:
            return False
    return True


def disorder(records, links):
    """What ran otherwise than it happened, a text a link; what was not told over a gap is no disorder."""
    wrong = []
    happened = links.happened()
    for index, (transitions, runs) in by_index(records).items():
        for kind in (OPERATIONAL, SETUP):
            ran, expected = entered(runs, kind), states_of_kind(transitions, kind)
            if not is_subsequence(ran, expected):
                wrong.append(f'link {index} ({runs[-1].link}): ran {ran}, happened {expected}')
        # Renames that follow each other may be told as one.
        had = [name for _, name, _ in happened.get(index, [])]
        told = [run.link for run in runs if run.event in ('link-added', 'link-renamed')]
        events = [run.event for run in runs]
        if not is_subsequence(told, had) or not keeps_name(runs) or \
                events.count('link-added') > 1 or 'link-removed' in events[:-1]:
            wrong.append(f'link {index}: had the names {had}, ran {[(run.event, run.link) for run in runs]}')
    return wrong


def active_states(machine):
    """{link: its active states} by systemd."""
    states = {}
    for unit, state in machine.units('nb-run@*').items():
        event, _, link = unit[len('nb-run@'):-len('.service')].partition(':')
        if event in STATES and state == 'active':
            states.setdefault(link, set()).add(event)
    return states


def present_states(machine):
    """{link: its states} by networkd."""
    return {name: set(states) & set(STATES) for name, states in machine.states().items() if name != 'lo'}


def stray_units(machine):
    """Units of links that are not there."""
    names = set(machine.states())
    return {unit for unit in machine.units('nb-run@*:*') if unit.split(':', 1)[1][:-len('.service')] not in names}
