# SPDX-License-Identifier: Apache-2.0
"""Does what the administrator writes reach the units, at a boot and at `systemctl daemon-reload`, and does a broken
file change nothing?"""

import json
import os

import pytest

FILE = '/etc/network-broker/network-broker.toml'
LAST_GOOD = '/var/lib/network-broker/last-good/configuration'
BROKEN = '[Network]\nLinks="eth0\n'
BROKER = False
CONFIG = '[Network]\nLinks="eth0"\n'


def write_and_reload(machine, text):
    machine.write(FILE, text)
    machine.systemctl('daemon-reload')


def read_property(machine, unit, interface, name):
    """What PID 1 has, not as systemctl quotes it."""
    answer = machine.run(['busctl', '--json=short', 'call', 'org.freedesktop.systemd1', '/org/freedesktop/systemd1',
                          'org.freedesktop.systemd1.Manager', 'LoadUnit', 's', unit])
    path = json.loads(answer)['data'][0]
    answer = machine.run(['busctl', '--json=short', 'get-property', 'org.freedesktop.systemd1', path,
                          f'org.freedesktop.systemd1.{interface}', name])
    return json.loads(answer)['data']


def environment(machine, unit):
    return dict(line.split('=', 1) for line in read_property(machine, unit, 'Service', 'Environment'))


def wanted(machine):
    return set(read_property(machine, 'network-broker.target', 'Unit', 'Wants'))


def test_values_survive_the_unit_file(machine):
    # What a list may hold at worst: PID 1 would expand, unquote or split it.
    links = ['a%b', '%i', 'q"t', "s't", 'b\\\\s*', '$HOME', '${X}', 'é', '#c', ';d', 'e=f']
    write_and_reload(machine, f'[Network]\nLinks = {json.dumps(links, ensure_ascii=False)}\n')
    assert environment(machine, 'nb-watch.service')['NB_LINKS'].split(' ') == links


def test_no_text_is_no_value(machine):
    write_and_reload(machine, CONFIG)
    write_and_reload(machine, '[Network]\nLinks = "eth1 x\uffff"\n')
    assert environment(machine, 'nb-watch.service')['NB_LINKS'] == 'eth0'


def test_messages_survive_the_unit_file(machine):
    write_and_reload(machine, '[Network]\n"100%i \\"q\\" \\\\"=1\nUseDNS="%n"\n')
    values = environment(machine, 'nb-watch.service')
    assert values['NB_CONFIG_ERRORS'] == '2'
    assert values['NB_CONFIG_MESSAGES'].splitlines() == [
        FILE + ''':2:1: unknown key '100%i "q" \\' in [Network]''',
        FILE + ":3:8: UseDNS= cannot be '%n', it takes true or false (or yes, no, on, off, 1, 0 as a string); "
               "the last good value stays in force: 'no'"]


# Too long for its value, a surrogate, behind the last character, and two that are not for texts.
@pytest.mark.parametrize('name', [b'\xe0\x80\x80', b'\xed\xa0\x80', b'\xf4\x90\x80\x80', b'\xef\xbf\xbf',
                                  b'\xef\xb7\x90'])
def test_messages_about_a_file_whose_name_is_no_text(machine, name):
    path = f'{FILE}.d/{os.fsdecode(name)}.toml'
    machine.write(path, 'Frobnicate=1\n')
    write_and_reload(machine, CONFIG)
    values = environment(machine, 'nb-watch.service')
    machine.path(path).unlink()
    escaped = ''.join(f'\\x{byte:02x}' for byte in name)
    assert values['NB_CONFIG_MESSAGES'].startswith(f'{FILE}.d/{escaped}.toml:1:1: ')


def test_each_unit_has_its_part(machine):
    write_and_reload(machine, '[System]\nLogLevel="debug"\n[Network]\nRouteTableBase=1000\nUseDNS=true\n'
                              '[Script]\nTimeout="5s"\nUser="nobody"\n')
    for unit in ('nb-watch', 'nb-start', 'nb-run@x', 'nb-rules@x', 'nb-lease@x', 'nb-resolve@x'):
        assert environment(machine, unit + '.service')['NB_LOG_LEVEL'] == 'debug', unit
        assert FILE in machine.show(unit + '.service', 'SourcePath')
    assert environment(machine, 'nb-rules@x.service')['NB_ROUTE_TABLE_BASE'] == '1000'
    assert environment(machine, 'nb-resolve@x.service')['NB_USE_DNS'] == 'yes'
    assert environment(machine, 'nb-run@x.service')['NB_TIMEOUT'] == '5000000'
    assert machine.show('nb-run@routable:eth0.service', 'User') == 'nobody'
    assert machine.show('nb-watch.service', 'NeedDaemonReload') == 'no'


def test_named_links_are_wanted(machine):
    write_and_reload(machine, '[System]\nGenerator="dhclient"\n[Network]\nLinks="eth0 wlan* br-lan"\n'
                              'RoutingPolicyRules="eth1 a%b eth*"\n')
    wants = wanted(machine)
    assert {'nb-rules@eth1.service', 'nb-rules@a\\x25b.service', 'nb-lease@eth0.path', 'nb-lease@br-lan.path',
            'nb-keep.path'} <= wants
    assert not [unit for unit in wants if '*' in unit or '\\x2a' in unit]
    paths = machine.run(['systemctl', 'cat', 'nb-lease@eth0.path'])
    assert 'PathModified=/var/lib/dhcp\n' in paths


def test_broken_file_at_a_reload(machine):
    write_and_reload(machine, '[Network]\nLinks="eth0"\nRoutingPolicyRules="eth1"\n[Script]\nUser="nobody"\n')
    before = environment(machine, 'nb-watch.service')
    write_and_reload(machine, BROKEN)

    after = environment(machine, 'nb-watch.service')
    assert after.pop('NB_CONFIG_ERRORS') == '1'
    message = after.pop('NB_CONFIG_MESSAGES')
    assert message.startswith(FILE + ':2:12: cannot be parsed: ')
    assert message.endswith('; the last good configuration stays in force')
    assert after == before
    assert 'nb-rules@eth1.service' in wanted(machine)
    assert machine.show('nb-run@routable:eth0.service', 'User') == 'nobody'
    machine.wait_for(lambda: message in machine.messages('SYSLOG_IDENTIFIER=nb-generator'))


def test_hostile_files_at_a_reload(machine):
    write_and_reload(machine, '[Network]\nLinks="eth0"\n')
    for script, text in ((f'rm {FILE}; mkfifo {FILE}', 'is a FIFO'), (f'rm {FILE}; mkdir {FILE}', 'is a folder'),
                         (f'rmdir {FILE}; ln -s nowhere {FILE}', 'is a link to nothing'),
                         (f'rm {FILE}; head -c 10M /dev/urandom > {FILE}', 'is larger than 1 MiB'),
                         (f'head -c 100k /dev/urandom > {FILE}', 'cannot be parsed'), (f': > {FILE}', 'is empty')):
        machine.sh(script)
        machine.systemctl('daemon-reload')
        values = environment(machine, 'nb-watch.service')
        assert values['NB_LINKS'] == 'eth0', text
        assert text in values['NB_CONFIG_MESSAGES']

    # The kernel knows who writes: no size, no time has to be guessed.
    machine.write(FILE, '[Network]\n')
    with open(machine.path(FILE), 'a', encoding='utf-8') as file:
        machine.systemctl('daemon-reload')
        assert environment(machine, 'nb-watch.service')['NB_LINKS'] == 'eth0'
        file.write('Links="eth5"\n')
    machine.systemctl('daemon-reload')
    assert environment(machine, 'nb-watch.service')['NB_LINKS'] == 'eth5'


def test_last_good_outlives_a_reboot(machine, new_machine):
    machine.systemctl('start', 'network-broker.target')
    try:
        write_and_reload(machine, '[Network]\nLinks="eth0"\nRoutingPolicyRules="eth7"\n[Script]\nUser="nobody"\n')
        machine.wait_for(lambda: machine.path(LAST_GOOD).exists() and 'eth7' in machine.read(LAST_GOOD))
        kept = machine.read(LAST_GOOD)
        assert os.stat(machine.path(LAST_GOOD)).st_mode & 0o777 == 0o600
    finally:
        machine.systemctl('stop', 'network-broker.target')

    rebooted = new_machine(config=BROKEN, files={LAST_GOOD: kept}, broker=False, cables=False)
    values = environment(rebooted, 'nb-watch.service')
    assert values['NB_LINKS'] == 'eth0'
    assert 'the last good configuration stays in force' in values['NB_CONFIG_MESSAGES']
    assert rebooted.show('nb-run@routable:eth0.service', 'User') == 'nobody'
    assert 'nb-rules@eth7.service' in wanted(rebooted)


def test_boots_without_any_good_configuration(new_machine):
    machine = new_machine(config='[Script]\nUser="nobody"\n[Network\n', broker=False, cables=False)
    assert machine.systemctl('--failed', '--no-legend', '--plain') == ''
    values = environment(machine, 'nb-run@x.service')
    assert values['NB_REFUSE'].startswith(FILE + ':3:9: cannot be parsed: ')
    assert environment(machine, 'nb-watch.service')['NB_LINKS'] == ''


def test_a_thousand_links(machine):
    names = ' '.join(f'veth{i}' for i in range(1000))
    write_and_reload(machine, f'[System]\nGenerator="systemd-networkd dhclient"\n[Network]\nLinks="{names}"\n'
                              f'RoutingPolicyRules="{names}"\n')
    assert len(wanted(machine)) > 2000
    # A ':' in an argument would be an alias; the machine has no manual pages.
    machine.run(['systemd-analyze', 'verify', '--man=no', 'network-broker.target', 'nb-watch.service',
                 'nb-start.service', 'nb-stop.service', 'nb-keep.service', 'nb-keep.path', 'nb-run@veth0.service',
                 'nb-rules@veth999.service', 'nb-lease@veth999.path', 'nb-lease@veth999.service',
                 'nb-resolve@veth999.service'])
    write_and_reload(machine, CONFIG)
