# SPDX-License-Identifier: Apache-2.0
"""How is a network made restless? Cards whose cables, addresses, names and masters change at random."""

import random
import subprocess

NETWORK = """\
[Match]
MACAddress={mac}

[Network]
LinkLocalAddressing=no
IPv6AcceptRA=no
Address={address}
"""


class Card:
    """One network card: the near end of a cable. Its name changes, its MAC address does not."""

    def __init__(self, number):
        self.number = number
        self.mac = f'02:00:00:00:01:{number:02x}'
        self.peer = f'p{number}'
        self.name = f't{number}'
        self.exists = self.up = self.plugged = self.enslaved = False
        self.addresses = set()
        self.renames = 0


class Traffic:
    """count: number of cards. Everything is done through two `ip` commands that read what to do as it comes."""

    def __init__(self, machine, count, seed):
        self.machine = machine
        self.random = random.Random(seed)
        self.cards = [Card(number) for number in range(count)]
        self.pipes = {}
        self.done = []
        for card in self.cards:
            machine.write(f'/etc/systemd/network/40-{card.number}.network',
                          NETWORK.format(mac=card.mac, address=f'10.100.{card.number}.2/24'))
        machine.run(['networkctl', 'reload'])
        self.near('link add name bridge type bridge')
        self.near('link set bridge up')
        for card in self.cards:
            self.create(card)
        self.finish()

    def near(self, line):
        self.send('ip', line)

    def far(self, line):
        self.send('ip -n peer', line)

    def send(self, command, line):
        if command not in self.pipes:
            self.pipes[command] = subprocess.Popen(
                self.machine.command([*command.split(), '-force', '-batch', '-']), stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)
            self.machine.backgrounds.append(self.pipes[command])
        self.pipes[command].stdin.write(line + '\n')
        self.pipes[command].stdin.flush()
        self.done.append(line)

    def finish(self):
        """Waits until all was done; AssertionError if something could not be done."""
        for command, pipe in self.pipes.items():
            said, _ = pipe.communicate(timeout=60)
            assert pipe.returncode == 0, f'{command}: {said}'
        self.pipes = {}

    # What can happen to a card

    def create(self, card):
        self.near(f'link add name {card.name} address {card.mac} type veth peer name {card.peer} netns peer')
        card.exists, card.up, card.plugged, card.enslaved = True, True, False, False
        card.addresses = set()

    def recreate(self, card):
        """The same name, another ifindex."""
        # The batches are two processes: nothing may be on its way to the other end.
        self.finish()
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
        if address in card.addresses:
            self.near(f'address delete {address} dev {card.name}')
        else:
            self.near(f'address add {address} dev {card.name}')
        card.addresses ^= {address}

    def rename(self, card):
        card.renames += 1
        name = f't{card.number}r{card.renames}'
        self.near(f'link set {card.name} down')
        self.near(f'link set {card.name} name {name}')
        self.near(f'link set {name} up')
        card.name, card.up = name, True

    def swap(self, card):
        """Two cards change names."""
        other = self.random.choice([c for c in self.cards if c is not card])
        for c in (card, other):
            self.near(f'link set {c.name} down')
        self.near(f'link set {card.name} name between')
        self.near(f'link set {other.name} name {card.name}')
        self.near(f'link set between name {other.name}')
        card.name, other.name = other.name, card.name
        for c in (card, other):
            self.near(f'link set {c.name} up')
            c.up = True
            c.renames += 1

    def bridge(self, card):
        card.enslaved = not card.enslaved
        self.near(f'link set {card.name} {"master bridge" if card.enslaved else "nomaster"}')

    def step(self, names=True):
        """One random change; without `names` none of what makes or renames a link."""
        card = self.random.choice(self.cards)
        steps = [self.cable] * 5 + [self.up_down] * 2 + [self.address] * 3 + [self.bridge]
        if names:
            steps += [self.rename, self.swap, self.recreate]
        self.random.choice(steps)(card)

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
