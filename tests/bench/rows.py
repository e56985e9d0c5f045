# SPDX-License-Identifier: Apache-2.0
"""The table: what was measured, what it must be, and whether it is."""

import statistics

# A row: what, the value, its unit, the bound, how the bound came about. Without a bound it is for information.


def row(what, value, unit='ms', bound=None, why='', note=''):
    holds = None if bound is None else value <= bound
    return {'what': what, 'value': round(value, 4), 'unit': unit, 'bound': None if bound is None else round(bound, 3),
            'why': why, 'ratio': None if not bound else round(value / bound, 2), 'holds': holds, 'note': note}


def latency_rows(b, d, release, fast):
    floor, events = b['floor']['median'], b['event']
    hot = b['floor_hot']['median']
    rows = [
        row('floor, cold: StartUnit to first instruction', floor),
        row('floor, hot', hot),
        row('stop and start of a bare oneshot, hot', b['restart']['median']),
        row("a signal's record is late by at most", b['bus_error']['median']),
        row('one event, cold, EmitJSON=false', events['plain']['median'], bound=1.15 * floor, why='1.15 x cold floor'),
        row('one event, cold, EmitJSON=true', events['json']['median'], bound=b['floor_json']['median'] + 1.2,
            why='cold floor beside it + 1.2'),
        row('one event, hot, EmitJSON=true', events['hot']['median']),
    ]
    pulled = events['pulled']['median']
    rows += [row('cable pulled, cold, EmitJSON=false', events['pulled_plain']['median'], bound=1.15 * floor,
                 why='1.15 x cold floor'),
             row('cable pulled, cold, EmitJSON=true', pulled, bound=b['floor_json']['median'] + 1.2,
                 why='cold floor + 1.2')]
    if d:
        factor = 0.3 if release == 'bookworm' else 0.6
        theirs = d['event']['median']
        rows += [row('networkd-dispatcher: one event, cold', theirs),
                 row('networkd-dispatcher: cable pulled, cold', d['pulled']['median']),
                 row('one event against networkd-dispatcher', events['json']['median'],
                     bound=factor * theirs if fast else None, why=f'{factor} x its' if fast else '',
                     note='' if fast else f'{events["json"]["median"] / theirs:.2f} x; '
                                          f'the bound of {factor} is with favordynmods')]
    rows += [row('burst, script in routable.d: its signal to it', b['burst_one']['median'], bound=1.3 * floor,
                 why='1.3 x cold floor'),
             row('burst, four scripts: first signal to last script', b['burst_four']['median'],
                 bound=floor + 3 * 1.4 * b['restart']['median'], why='cold floor + 3 x 1.4 x stop and start',
                 note=f'the signals alone take {b["burst_signals"]["median"]}')]
    return rows


def median_of(rounds, key):
    return statistics.median(r[key] for r in rounds)


def run_rows(b):
    medians = {kind: value['median'] for kind, value in b['run'].items()}
    floor = medians['floor']
    # The computer's mood and what 100,000 routes do to its caches: what reads none is measured in both rounds too.
    mood = medians['floor_full'] - floor
    return [
        row('a static program: from its start to the first instruction of a script that it executes', floor),
        row("the same with nb-run's C library", medians['least']),
        row('nb-run, the same, EmitJSON=false', medians['plain'], bound=floor + 0.4, why='that + 0.4'),
        row('nb-run, the same, EmitJSON=true', medians['json'], bound=floor + 1, why='that + 1.0'),
        row('nb-run, more by 100,000 routes of another link than the static program, EmitJSON=false',
            medians['plain_full'] - medians['plain'] - mood, bound=0.1, why='nothing, within 0.1'),
        row('nb-run, more by 100,000 routes of another link than the static program, EmitJSON=true',
            medians['json_full'] - medians['json'] - mood, bound=0.1, why='nothing, within 0.1'),
        row('nb-rules, nothing to do, 10 addresses (whole process)', medians['rules'], bound=3, why='3'),
        row('the same, more by 100,000 routes of another link', medians['rules_full'] - medians['rules'], bound=1,
            why='1'),
    ]


def load_rows(b, d):
    many, bare = b['many'], b['bare']
    rows = [row('200 links lose carrier: scripts missing', 200 - min(r['scripts'] for r in many), '', 0, 'none'),
            row('the same: last script after the last signal', median_of(many, 'last_ms'), bound=150, why='150',
                note=f'the signals alone take {median_of(many, "signals_ms"):.0f}; 200 bare oneshots at once '
                     f'{bare["last_ms"]:.0f}')]
    quick = b['quick']
    rows += [row('the same, LLDP=no: last script after the first signal', median_of(quick, 'first_to_last_ms'),
                 note=f'the signals alone take {median_of(quick, "signals_ms"):.0f}')]
    if d:
        theirs = d['many']
        rows += [row('the same, LLDP=no, networkd-dispatcher', median_of(d['quick'], 'first_to_last_ms')),
                 row("the same, LLDP=no: CPU, the machine's processes", median_of(quick, 'cpu_ms'),
                     bound=0.6 * median_of(d['quick'], 'cpu_ms'), why="0.6 x networkd-dispatcher's")]
        rows += [row('the same, networkd-dispatcher: last script', median_of(theirs, 'last_ms')),
                 row('the same: CPU, whole computer (/proc/stat)', median_of(many, 'host_cpu_ms'),
                     bound=0.6 * median_of(theirs, 'host_cpu_ms'), why="0.6 x networkd-dispatcher's"),
                 row("the same: CPU, the machine's processes", median_of(many, 'cpu_ms'),
                     bound=0.6 * median_of(theirs, 'cpu_ms'), why="0.6 x networkd-dispatcher's",
                     note=f'200 bare oneshots {bare["cpu_ms"]:.0f}')]
    return rows


def container_rows(b):
    c = b['containers']
    return [row('1,000 veth links come and go: units started', c['units'], '', 0, 'none'),
            row('the same: CPU of nb-watch an event', c['cpu_ms_per_event'], bound=0.1, why='0.1',
                note=f'{c["events"]} events')]


def memory_rows(b, d):
    ours = sum(b['memory'].values()) / 1024
    rows = [row('memory: PSS of nb-watch and nb-start', ours, 'MiB', 2.5, '2.5 MiB',
                ', '.join(f'{unit} {kib} KiB' for unit, kib in b['memory'].items()))]
    if d:
        theirs = sum(d['memory'].values()) / 1024
        rows.append(row('the same against networkd-dispatcher', ours, 'MiB', theirs / 8, f'1/8 of its {theirs:.1f} MiB'))
    return rows


def idle_rows(b):
    return [row(f'{unit}: system calls while idle', o['calls'] - o['watchdog'], '', 0, "none but the watchdog's",
                f'CPU {o["cpu_us"]} us, {o["watchdog"]} for the watchdog') for unit, o in b['idle'].items()]


def growth_rows(b):
    costs = b['growth']
    first, last = costs[min(costs)], max(costs.values())
    return [row('CPU an event, nb-watch and nb-start, 10 to 1,000 links', last, bound=1.3 * first,
                why='1.3 x that at 10', note=', '.join(f'{n}: {c:.3f}' for n, c in costs.items()))]


def rows_of(release, b, d, fast):
    """b, d: what was measured of network-broker and of networkd-dispatcher (or None)."""
    rows = []
    for needs, make in (('event', lambda: latency_rows(b, d, release, fast)), ('run', lambda: run_rows(b)),
                        ('many', lambda: load_rows(b, d)), ('containers', lambda: container_rows(b)),
                        ('memory', lambda: memory_rows(b, d)), ('idle', lambda: idle_rows(b)),
                        ('growth', lambda: growth_rows(b))):
        if needs in b:
            rows += make()
    if 'generator' in b:
        rows.append(row('nb-generator, 1,000 links: CPU', b['generator'], bound=10, why='10'))
    return rows


def print_table(title, rows):
    print(f'\n{title}\n')
    width = max(len(r['what']) for r in rows)
    for r in rows:
        verdict = '' if r['holds'] is None else 'holds' if r['holds'] else 'EXCEEDED'
        bound = '' if r['bound'] is None else f'<= {r["bound"]:g} ({r["why"]})'
        ratio = '' if r['ratio'] is None else f'{r["ratio"]:.2f}'
        print(f'  {r["what"]:<{width}} {r["value"]:>9g} {r["unit"]:<4} {verdict:<9}{ratio:>6} {bound}'
              + (f'  [{r["note"]}]' if r['note'] else ''))
