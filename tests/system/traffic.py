# SPDX-License-Identifier: Apache-2.0
"""How is a network made restless? Cards whose cables, addresses, names and masters change at random."""

import random
import subprocess
import time

NETWORK = """\
[Match]
MACAddress={mac}

[Network]
LinkLocalAddressing=no
IPv6AcceptRA=no
Address={address}
"""

PASSING = {'pending', 'initialized', 'configuring'}
# networkd takes addresses away that it does not know, when it pleases.
TOLERATED = ('RTNETLINK answers: Cannot assign requested address', 'RTNETLINK answers: File exists',
             'Error: ipv4: Address not found.', 'Error: ipv4: Address already assigned.')


class Card:
    """One network card: the near end of a cable. Its name changes, its MAC address does not."""

    def __init__(self, number):
        self.number = number
        self.mac = f'02:00:00:00:01:{number:02x}'
        self.peer = f'p{number}'
        self.name = f't{number}'
        self.up = self.plugged = self.enslaved = False
        self.addresses = set()
        self.renames = 0


class Traffic:
    """count: number of cards. Everything is done through two `ip` commands that read what to do as it comes."""

    def __init__(self, machine, count, seed):
        self.machine = machine
        self.random = random.Random(seed)
        self.cards = [Card(number) for number in range(count)]
        self.pipes = {}
        self.removals = {}  # {ifindex: when its removal was about to begin, in seconds since 1970}
        for card in self.cards:
            machine.write(f'/etc/systemd/network/40-{card.number}.network',
                          NETWORK.format(mac=card.mac, address=f'10.100.{card.number}.2/24'))
        machine.run(['networkctl', 'reload'])
        self.near('link add name bridge type bridge', 'link set bridge up')
        for card in self.cards:
            self.create(card)
        self.finish()

    def near(self, *lines):
        self.send('ip', lines)

    def far(self, *lines):
        self.send('ip -n peer', lines)

    def send(self, command, lines):
        if command not in self.pipes:
            self.pipes[command] = subprocess.Popen(
                self.machine.command([*command.split(), '-force', '-batch', '-']), stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)
            self.machine.backgrounds.append(self.pipes[command])
        self.pipes[command].stdin.writelines(line + '\n' for line in lines)
        self.pipes[command].stdin.flush()

    def finish(self):
        """Waits until all was done; AssertionError if something could not be done."""
        pipes, self.pipes = self.pipes, {}
        for command, pipe in pipes.items():
            said, _ = pipe.communicate(timeout=60)
            self.machine.backgrounds.remove(pipe)
            wrong = [line for line in said.splitlines() if line not in TOLERATED and 'Command failed' not in line]
            assert not wrong, f'{command}: {wrong}'

    # What can happen to a card

    def create(self, card):
        self.near(f'link add name {card.name} address {card.mac} type veth peer name {card.peer} netns peer',
                  f'link set {card.name} up')
        card.up, card.plugged, card.enslaved = True, False, False
        card.addresses = set()

    def recreate(self, card):
        """The same name, another ifindex."""
        # The batches are two processes: nothing may be on its way to the other end.
        self.finish()
        self.removals[self.machine.index(card.name)] = time.time()
        self.near(f'link delete {card.name}')
        self.create(card)
        self.finish()

    def cable(self, card):
        card.plugged = not card.plugged
        self.far(f'link set {card.peer} {"up" if card.plugged else "down"}')

    def up_down(self, card):
        card.up = not card.up
        self.near(f'link set {card.name} {"up" if card.up else "down"}')

    def address(self, card):
        address = f'198.51.100.{self.random.randrange(1, 5) + 5 * card.number}/32'
        self.near(f'address {"delete" if address in card.addresses else "add"} {address} dev {card.name}')
        card.addresses ^= {address}

    def rename(self, card):
        card.renames += 1
        name = f't{card.number}r{card.renames}'
        self.near(f'link set {card.name} down', f'link set {card.name} name {name}', f'link set {name} up')
        card.name, card.up = name, True

    def swap(self, card):
        """Two cards change names."""
        other = self.choose()
        self.near(f'link set {card.name} down', f'link set {other.name} down',
                  f'link set {card.name} name between', f'link set {other.name} name {card.name}',
                  f'link set between name {other.name}',
                  f'link set {card.name} up', f'link set {other.name} up')
        card.name, other.name = other.name, card.name
        card.up = other.up = True

    def bridge(self, card):
        card.enslaved = not card.enslaved
        self.near(f'link set {card.name} {"master bridge" if card.enslaved else "nomaster"}')

    def choose(self):
        """One of those that were left alone longest: what happens to one card comes in bursts already."""
        card = self.random.choice(self.cards[:len(self.cards) // 2])
        self.cards.remove(card)
        self.cards.append(card)
        return card

    def step(self):
        """One random change."""
        steps = [self.cable] * 6 + [self.up_down] * 3 + [self.address] * 6 + \
                [self.bridge, self.rename, self.swap, self.recreate]
        self.random.choice(steps)(self.choose())

    def settle(self):
        """Brings every card up and plugs it in, so that the end is a state worth comparing."""
        for card in self.cards:
            if not card.up:
                self.up_down(card)
            if not card.plugged:
                self.cable(card)
            if card.enslaved:
                self.bridge(card)
        self.finish()
        self.wait_settled()

    def wait_settled(self):
        """Waits until networkd is done with every card, if only by giving up: hurried like this it fails on some."""
        seen = {'states': None, 'since': 0.0}
        names = {card.name for card in self.cards}

        def settled():
            states, now = self.machine.states(), time.monotonic()
            if states != seen['states']:
                seen.update(states=states, since=now)
            passing = {name for name, (_, setup) in states.items() if setup in PASSING}
            return now - seen['since'] >= 1 and names <= set(states) and not passing & names

        self.machine.wait_for(settled, 60, self.machine.states)
