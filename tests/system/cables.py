# SPDX-License-Identifier: Apache-2.0
"""How does a machine get its network? By cables: veth pairs whose other ends lie in its network namespace `peer`.

The other end bears the same name. A cable is pulled by taking its other end down, as a switch would."""

import itertools
import json

NETWORK = """\
[Match]
Name={match}

[Network]
LinkLocalAddressing={link_local}
IPv6AcceptRA=no
{lines}
"""

# A call of a networkd that is running but not on the bus would wait until it times out.
LIST = """\
busctl call org.freedesktop.DBus / org.freedesktop.DBus NameHasOwner s org.freedesktop.network1 | grep -q true &&
exec networkctl --json=short list
"""


class Cables:
    def __init__(self, machine):
        self.machine = machine
        self.numbers = itertools.count(1)
        machine.run(['ip', 'netns', 'add', 'peer'])

    def peer(self, *argv, **kwargs):
        """Runs a command at the other end of the cables."""
        return self.machine.run(['ip', 'netns', 'exec', 'peer', *argv], **kwargs)

    def cable(self, name, static=None, dhcp=False, lines='', link_local='no', plugged=False, managed=True):
        """Makes a cable whose near end is the link `name`, and has networkd configure it.

        static: the address with its prefix length, such as '10.1.0.2/24'. dhcp: a DHCP server is at the other end.
        lines: further lines of the [Network] section. managed=False: networkd leaves it alone; set it up yourself.
        Returns its number, which makes the subnet of the DHCP server: 10.200.NUMBER.0/24."""
        number = next(self.numbers)
        if managed:
            text = lines
            if static:
                text += f'\nAddress={static}'
            if dhcp:
                text += '\nDHCP=ipv4'
            self.network(name, text, link_local)
        self.machine.run(['ip', 'link', 'add', name, 'type', 'veth', 'peer', 'name', name, 'netns', 'peer'])
        if dhcp:
            self.serve(name, f'10.200.{number}')
        if plugged:
            self.plug(name)
        return number

    def network(self, name, lines, link_local='no'):
        """Writes networkd's file for the link `name` and loads it."""
        # A name may hold what a pattern or a file name cannot.
        match = ''.join(c if c.isalnum() or c in '-_.' else '?' for c in name)
        self.machine.write(f'/etc/systemd/network/50-{match.replace("?", "_")}.network',
                           NETWORK.format(match=match, lines=lines, link_local=link_local))
        self.machine.run(['networkctl', 'reload'])

    def serve(self, name, subnet):
        """A DHCP server for the other end of a cable, with leases of two minutes (the shortest it knows)."""
        self.machine.run(['ip', '-n', 'peer', 'address', 'add', f'{subnet}.1/24', 'dev', name])
        self.machine.run(['systemd-run', '--quiet', '--collect', f'--unit=dhcp-server-{subnet}', 'ip', 'netns', 'exec',
                          'peer', 'dnsmasq', '--keep-in-foreground', '--conf-file=/dev/null', '--port=0',
                          '--bind-interfaces', f'--interface={name}', '--except-interface=lo',
                          f'--dhcp-range={subnet}.10,{subnet}.200,2m', f'--dhcp-option=option:router,{subnet}.1',
                          '--dhcp-authoritative', '--no-ping',
                          f'--dhcp-leasefile=/run/dhcp-server-{subnet}', f'--pid-file=/run/dhcp-server-{subnet}.pid'])

    def plug(self, *names):
        self.peer_links('up', names)

    def unplug(self, *names):
        self.peer_links('down', names)

    def peer_links(self, state, names):
        batch = ''.join(f'link set {name} {state}\n' for name in names)
        self.machine.run(['ip', '-n', 'peer', '-batch', '-'], input=batch)

    def delete(self, *names):
        for name in names:
            self.machine.run(['ip', 'link', 'delete', name])

    def index(self, name):
        """The ifindex of a link, None if it is not there."""
        status, text = self.machine.run(['ip', '-json', 'link', 'show', 'dev', name], check=False)
        return json.loads(text)[0]['ifindex'] if status == 0 else None

    def states(self):
        """{link: (operational state, setup state)} as networkd has it now."""
        status, text = self.machine.run(['sh', '-c', LIST], check=False)
        if status == 0:
            return {link['Name']: (link['OperationalState'], link['AdministrativeState'])
                    for link in json.loads(text).get('Interfaces', [])}
        # It does not come back to a bus that was restarted, at least not soon; its files still say it.
        links = json.loads(self.machine.run(['ip', '-json', 'link']))
        return {link['ifname']: self.states_in_file(link['ifindex']) for link in links}

    def states_in_file(self, index):
        try:
            lines = self.machine.read(f'/run/systemd/netif/links/{index}').splitlines()
        except FileNotFoundError:
            return '', ''
        values = dict(line.split('=', 1) for line in lines if '=' in line)
        return values.get('OPER_STATE', ''), values.get('ADMIN_STATE', '')
