# SPDX-License-Identifier: Apache-2.0
"""Is a script found that comes a moment before its event, whichever way it comes?"""

import itertools

import pytest

from idle import wait_seen

SCRIPT = '#!/bin/sh\n: > "/run/ran/$LINK"\n'
READY = '/run/ready/10-script'
ROOTS = ('/etc/network-broker', '/run/network-broker', '/usr/lib/network-broker', '/etc/network-event-broker')
FOLDER = '/etc/network-broker/link-added.d'
CLEAN = f'! mountpoint -q {FOLDER} || umount {FOLDER}; rm -rf /run/elsewhere /usr/lib/network-broker /etc/network-event-broker; ' \
        f'for root in {" ".join(ROOTS)}; do rm -rf $root/link-added.d; done'

# (what is there before, what is done)
WAYS = {
    **{root: ('', f'mkdir -p {root}/link-added.d; cp {READY} {root}/link-added.d') for root in ROOTS},
    'into a folder': (f'mkdir {FOLDER}', f'cp {READY} {FOLDER}'),
    'renamed into a folder': (f'mkdir {FOLDER} /run/elsewhere; cp {READY} /etc/ready', f'mv /etc/ready {FOLDER}'),
    'with its folder': (f'mkdir /etc/elsewhere; cp {READY} /etc/elsewhere', f'mv /etc/elsewhere {FOLDER}'),
    'exchanged folder': (f'mkdir {FOLDER} /etc/elsewhere; cp {READY} /etc/elsewhere',
                         f'mv -T {FOLDER} /run/elsewhere; mv -T /etc/elsewhere {FOLDER}'),
    'link': (f'mkdir /run/elsewhere; cp {READY} /run/elsewhere', f'ln -s /run/elsewhere {FOLDER}'),
    'behind a link': (f'mkdir /run/elsewhere; ln -s /run/elsewhere {FOLDER}', f'cp {READY} /run/elsewhere'),
    'link that leads nowhere': (f'ln -s /run/elsewhere {FOLDER}', f'mkdir /run/elsewhere; cp {READY} /run/elsewhere'),
    'mount': (f'mkdir {FOLDER} /run/elsewhere; cp {READY} /run/elsewhere', f'mount --bind /run/elsewhere {FOLDER}'),
    'end of a mount': (f'mkdir {FOLDER} /run/elsewhere; cp {READY} {FOLDER}; mount --bind /run/elsewhere {FOLDER}',
                       f'umount {FOLDER}'),
}
numbers = itertools.count()


def add_link(machine, before='true'):
    name = f'l{next(numbers)}'
    machine.sh(f'{before}; ip link add {name} type veth peer name {name} netns peer')
    return name


@pytest.mark.parametrize('way', WAYS)
def test_found_at_once(machine, way):
    there, come = WAYS[way]
    machine.write(READY, SCRIPT, 0o755)
    machine.sh(f'mkdir -p /run/ran; {CLEAN}; {there}')
    # Now it is known that there is no script.
    none = add_link(machine)
    wait_seen(machine)
    name = add_link(machine, come)
    machine.wait_for(lambda: machine.path(f'/run/ran/{name}').exists())
    wait_seen(machine)
    assert not machine.path(f'/run/ran/{none}').exists()
    machine.sh(CLEAN)
    since = machine.cursor()
    name = add_link(machine)
    wait_seen(machine)
    machine.cursor()
    assert not machine.journal(f'UNIT=nb-run@link-added:{name}.service', since=since)
