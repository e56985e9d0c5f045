# SPDX-License-Identifier: Apache-2.0
"""What does a script get to know of its link, and is it true? Compared with what ip, networkctl and
networkd-dispatcher say about the same link."""

import json
import re

import jsonschema
import pytest

from machine import TOP

FOLDERS = ('routable', 'degraded', 'carrier', 'addresses', 'link-added')
# What a script finds, in one piece; the JSON from both places.
RECORD = """\
#!/bin/sh
mkdir -p /run/out
cat /proc/$$/environ > "/run/out/.$$.env"
if [ "$JSON_FILE" ]; then cat "$JSON_FILE" > "/run/out/.$$.json" && mv "/run/out/.$$.json" "/run/out/$LINK.json"; fi
mv "/run/out/.$$.env" "/run/out/$LINK.env"
"""
SCHEMA = json.loads((TOP / 'docs' / 'link.schema.json').read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
RADVD = """\
interface ra0 {
        AdvSendAdvert on;
        MinRtrAdvInterval 3;
        MaxRtrAdvInterval 4;
        prefix 2001:db8:7::/64 { };
};
"""


@pytest.fixture(scope='module', autouse=True)
def scripts(machine):
    for folder in FOLDERS:
        machine.write(f'/etc/network-broker/{folder}.d/record', RECORD, 0o755)


def environment(machine, link):
    entries = machine.path(f'/run/out/{link}.env').read_bytes().split(b'\0')
    return dict(e.decode(errors='surrogateescape').split('=', 1) for e in entries if e)


def run_now(machine, link, event='routable'):
    """Runs the scripts of an event by hand, with what nb-watch told last if it did. Returns the environment."""
    machine.sh(f'rm -f /run/out/{link}.env')
    machine.run(['nb-run', f'{event}:{link}'])
    return environment(machine, link)


def wait_routable(machine, link):
    machine.wait_for(lambda: machine.states().get(link, ('',))[0] == 'routable', what=machine.states)
    unit = f'nb-run@routable:{link}.service'
    machine.wait_for(lambda: machine.show(unit, 'ActiveState') == 'active', what=lambda: machine.units())


def document(machine, link):
    text = machine.path(f'/run/out/{link}.json').read_bytes().decode()
    value = json.loads(text)
    VALIDATOR.validate(value)
    return value


def ip(machine, *argv):
    return json.loads(machine.run(['ip', '-json', '-details', *argv]) or '[]')


def compare(machine, link):
    """Everything that ip and networkctl have under another name."""
    d = document(machine, link)
    [i] = ip(machine, '-statistics', 'link', 'show', 'dev', link)
    assert (d['Index'], d['Name'], d['MTU'], d['TxQLen']) == (i['ifindex'], i['ifname'], i['mtu'], i.get('txqlen', 0))
    assert d['HardwareAddr'] == i['address']
    assert d['EncapType'] == i['link_type']
    assert d['OperState'].replace('-', '') == i['operstate'].lower()
    assert set(d['Flags'].split('|')) - {''} == {f.lower() for f in i['flags']} & {
        'up', 'broadcast', 'loopback', 'pointopoint', 'multicast'}
    assert (d['NumTxQueues'], d['NumRxQueues']) == (i['num_tx_queues'], i['num_rx_queues'])
    assert (d['GSOMaxSize'], d['GSOMaxSegs']) == (i['gso_max_size'], i['gso_max_segs'])
    assert d['Promisc'] == i['promiscuity']
    assert d['ParentIndex'] == (machine.index(i['link']) if 'link' in i else i.get('link_index', 0))
    assert d['Slave'] == i.get('linkinfo', {}).get('info_slave_kind', '')
    assert d['AlternativeNames'].split() == i.get('altnames', [])
    assert d['Alias'] == i.get('ifalias', '')

    addresses = {(a['local'], a['prefixlen']): a for a in
                 ip(machine, 'address', 'show', 'dev', link)[0]['addr_info']}
    assert {(a['IP'], a['Mask']) for a in d['Address']} == set(addresses)
    scopes = {'global': 0, 'link': 253, 'host': 254, 'site': 200}
    for a in d['Address']:
        other = addresses[a['IP'], a['Mask']]
        assert a['Scope'] == scopes[other['scope']]
        assert a['Broadcast'] == other.get('broadcast', '')
        assert (a['ValidLft'] == 4294967295) == (other['valid_life_time'] == 4294967295)

    def route(r):
        prefix, _, length = r['dst'].partition('/')
        default = prefix == 'default'
        size = length or (128 if ':' in prefix else 32)
        return ('' if default else prefix, 0 if default else int(size), r.get('gateway', ''), r.get('metric', 0),
                r.get('prefsrc', ''))
    routes = [route(r) for family in ('-4', '-6')
              for r in ip(machine, family, 'route', 'show', 'table', 'all', 'dev', link)
              if r.get('table') != 'local' and r.get('type', 'unicast') == 'unicast']
    assert sorted((r['Dst']['IP'], r['Dst']['Mask'], r['Gw'], r['Priority'], r['Src'])
                  for r in d['Routes'] if r['Type'] == 1) == sorted(routes)
    return d


def compare_networkd(machine, link):
    d = compare(machine, link)
    n = json.loads(machine.run(['networkctl', '--json=short', 'status', link]))
    for key, other in (('AddressState',) * 2, ('CarrierState',) * 2, ('IPv4AddressState',) * 2,
                       ('IPv6AddressState',) * 2, ('OnlineState',) * 2, ('OperationalState',) * 2,
                       ('NetworkFile',) * 2, ('SetupState', 'AdministrativeState'), ('Type',) * 2, ('Driver',) * 2):
        assert d[key] == (n.get(other) or ''), key
    return d


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert not VALIDATOR.is_valid({})


def test_veth(machine):
    machine.cable('eth0', static='10.1.0.2/24', lines='Gateway=10.1.0.1\nDNS=10.1.0.3\nDomains=a.example ~b.example\n'
                  'NTP=ntp.example')
    machine.sh("ip link property add dev eth0 altname longer altname other; ip link set eth0 alias 'a \"b\" \\c'")
    machine.plug('eth0')
    wait_routable(machine, 'eth0')
    machine.wait_for(lambda: machine.states().get('eth0') == ('routable', 'configured'))
    machine.wait_for(lambda: machine.path('/run/out/eth0.json').exists())
    e = environment(machine, 'eth0')
    assert e['JSON'] == machine.read('/run/out/eth0.json')
    assert (e['IP_ADDRS'], e['ADDR'], e['IFACE']) == ('10.1.0.2', '10.1.0.2', 'eth0')
    assert document(machine, 'eth0')['OperationalState'] == 'routable'
    # Once more when all has come to rest.
    machine.run(['ip', 'address', 'add', '10.1.0.77/24', 'dev', 'eth0'])
    machine.wait_for(lambda: '10.1.0.77' in environment(machine, 'eth0')['IP_ADDRS'])
    d = compare_networkd(machine, 'eth0')
    assert (d['DNS'], d['NTP'], sorted(d['Domains'])) == (['10.1.0.3'], ['ntp.example'], ['a.example', 'b.example'])
    assert d['Driver'] == 'veth'


def test_bytes_that_are_no_text(machine):
    machine.run(['ip', 'link', 'add', 'odd0', 'type', 'bridge'])
    machine.sh(r"""ip link set odd0 alias "$(printf '\377\376"\\\001\303')" """)
    run_now(machine, 'odd0')
    assert document(machine, 'odd0')['Alias'] == '\ufffd\ufffd"\\\x01\ufffd'
    machine.delete('odd0')


def test_bridge_that_networkd_does_not_manage(machine):
    machine.sh('ip link add name br-lan type bridge; ip link set br-lan up; ip address add 10.9.0.1/24 dev br-lan;'
               'ip link add name p0 type veth peer name p1; ip link set p0 master br-lan up; ip link set p1 up')
    machine.wait_for(lambda: machine.states().get('br-lan', ('',))[0] == 'routable', what=machine.states)
    e = run_now(machine, 'br-lan')
    assert e['IP_ADDRS'] == '10.9.0.1'
    d = compare(machine, 'br-lan')
    assert (d['Type'], d['Driver']) == ('bridge', 'bridge')
    machine.write('/etc/network-broker/enslaved.d/record', RECORD, 0o755)
    run_now(machine, 'p0', 'enslaved')
    d = compare(machine, 'p0')
    assert (d['Slave'], d['MasterIndex']) == ('bridge', machine.index('br-lan'))
    machine.delete('br-lan', 'p0')


def test_loopback(machine):
    e = run_now(machine, 'lo')
    assert (e['IP_ADDRS'], e['ADDR']) == ('', '127.0.0.1')
    assert compare(machine, 'lo')['Type'] == 'loopback'


def test_fifty_addresses_of_both_families(machine):
    machine.cable('many0', static='10.2.0.1/24')
    machine.plug('many0')
    wait_routable(machine, 'many0')
    machine.run(['ip', '-batch', '-'], input=''.join(
        f'address add 10.2.0.{i}/24 dev many0\naddress add 2001:db8:2::{i:x}/64 dev many0 nodad\n'
        for i in range(2, 52)))
    e = run_now(machine, 'many0')
    assert len(e['IP_ADDRS'].split()) == 51 and len(e['IP6_ADDRS'].split()) == 50
    assert len(compare(machine, 'many0')['Address']) >= 101


def test_multipath_and_other_tables(machine):
    machine.cable('mp0', static='10.3.0.1/24')
    machine.cable('mp1', static='10.4.0.1/24')
    machine.plug('mp0', 'mp1')
    wait_routable(machine, 'mp0')
    wait_routable(machine, 'mp1')
    machine.run(['ip', 'route', 'add', '10.77.0.0/16', 'nexthop', 'via', '10.3.0.9', 'weight', '2',
                 'nexthop', 'via', '10.4.0.9'])
    machine.run(['ip', 'route', 'add', '10.78.0.0/16', 'via', '10.4.0.8', 'dev', 'mp1', 'table', '500'])
    run_now(machine, 'mp1')
    routes = {r['Dst']['IP']: r for r in document(machine, 'mp1')['Routes']}
    assert routes['10.77.0.0']['Gw'] == '10.4.0.9'
    assert routes['10.77.0.0']['MultiPath'] == ('nexthop via 10.3.0.9 dev mp0 weight 2 '
                                                'nexthop via 10.4.0.9 dev mp1 weight 1')
    assert routes['10.78.0.0']['Table'] == 500
    run_now(machine, 'mp0')
    routes = {r['Dst']['IP']: r for r in document(machine, 'mp0')['Routes']}
    assert routes['10.77.0.0']['Gw'] == '10.3.0.9'
    assert '10.78.0.0' not in routes


def test_router_advertisement(machine):
    machine.cable('ra0', lines='IPv6AcceptRA=yes', link_local='ipv6')
    machine.write('/etc/radvd.test', RADVD)
    machine.sh('ip netns exec peer sysctl -q net.ipv6.conf.all.forwarding=1; '
               'ip -n peer address add 2001:db8:7::1/64 dev ra0 nodad')
    machine.plug('ra0')
    machine.run(['systemd-run', '--quiet', '--collect', '--unit=radvd-test', 'ip', 'netns', 'exec', 'peer', 'radvd',
                 '--nodaemon', '--config=/etc/radvd.test', '--pidfile=/run/radvd.test', '--logmethod=stderr'])
    wait_routable(machine, 'ra0')
    machine.wait_for(lambda: 'default' in machine.run(['ip', '-6', 'route', 'show', 'dev', 'ra0']))
    run_now(machine, 'ra0')
    d = compare(machine, 'ra0')
    [default] = [r for r in d['Routes'] if r['Dst']['Mask'] == 0]
    assert default['Gw'].startswith('fe80::')
    assert default['Protocol'] == 9
    machine.systemctl('stop', 'radvd-test')


def test_five_thousand_addresses(machine):
    machine.sh('ip link add huge0 type bridge; ip link set huge0 up')
    machine.run(['ip', '-batch', '-'], input=''.join(
        f'address add 10.{100 + (i >> 8)}.{i & 255}.1/32 dev huge0\n' for i in range(5000)))
    # What nb-watch runs meanwhile writes the same file.
    json_file = machine.path('/run/out/huge0.json')
    machine.wait_for(lambda: json_file.exists() and len(document(machine, 'huge0')['Address']) >= 5000)
    json_file.unlink()
    e = run_now(machine, 'huge0')
    assert 'JSON' not in e and e['JSON_FILE']
    assert len(document(machine, 'huge0')['Address']) >= 5000
    status, text = machine.run(['nb-run', 'routable:huge0'], check=False)
    assert status == 0 and re.search(r'JSON= is left out: its \d+ bytes are more than 65536', text)
    machine.delete('huge0')


def test_the_words_of_networkd_dispatcher(machine):
    """Its own code asks networkctl about the same link."""
    machine.write('/run/theirs.py', '''\
import importlib.machinery, importlib.util, json, sys, types
loader = importlib.machinery.SourceFileLoader('nd', '/usr/bin/networkd-dispatcher')
nd = importlib.util.module_from_spec(importlib.util.spec_from_loader('nd', loader))
loader.exec_module(nd)
iface = [i for i in nd.get_networkctl_list() if i.name == sys.argv[1]][0]
data = nd.get_interface_data(iface)
v4, v6 = nd.parse_address_strings(data.get('Address', ()))
print(json.dumps({'json': data, 'IP_ADDRS': ' '.join(v4), 'IP6_ADDRS': ' '.join(v6),
                  'AdministrativeState': data['AdministrativeState'], 'OperationalState': data['OperationalState']}))
''')
    machine.cable('nd0', static='10.5.0.2/24', lines='Gateway=10.5.0.1\nAddress=2001:db8:5::2/64\nDNS=10.5.0.3')
    machine.plug('nd0')
    machine.wait_for(lambda: machine.states().get('nd0') == ('routable', 'configured'), what=machine.states)
    wait_routable(machine, 'nd0')
    machine.run(['ip', 'address', 'add', '10.5.0.9/24', 'dev', 'nd0'])
    machine.wait_for(lambda: '10.5.0.9' in environment(machine, 'nd0')['IP_ADDRS'])
    ours = environment(machine, 'nd0')
    theirs = json.loads(machine.run(['python3', '/run/theirs.py', 'nd0']))
    for name in ('AdministrativeState', 'OperationalState'):
        assert ours[name] == theirs[name]
    for name in ('IP_ADDRS', 'IP6_ADDRS'):
        assert sorted(ours[name].split()) == sorted(theirs[name].split())
    mine, other = json.loads(ours['json']), theirs['json']
    assert list(mine) == sorted(mine)
    for key in ('InterfaceName', 'Type', 'OperationalState', 'AdministrativeState', 'State', 'DNS'):
        assert mine[key] == other[key], key
    assert sorted(mine['Address']) == sorted(a.split(' ')[0] for a in other['Address'])
    assert mine['Network File'] == other['Network File']


def test_a_documented_line_of_networkd_dispatcher(machine):
    text = machine.run(['sh', '-c', 'zcat /usr/share/doc/networkd-dispatcher/README.md.gz'])
    line = re.search(r'`(read -r -a ip_addrs .*)`', text).group(1)
    machine.write('/etc/network-broker/routable.d/theirs', f'#!/bin/bash\n{line}\n'
                  '[ "$STATE" = routable ] && printf "%s\\n" "$IFACE" "${ip_addrs[@]}" > "/run/out/theirs"\n', 0o755)
    run_now(machine, 'nd0')
    assert sorted(machine.read('/run/out/theirs').split()) == ['10.5.0.2', '10.5.0.9', 'nd0']
    machine.run(['rm', '/etc/network-broker/routable.d/theirs'])


HOSTILE = {'12': b'$(touch /tmp/pwned)', '15': b"a'\"`touch /tmp/pwned`.example",
           '114': bytes(range(256))[1:], '43': b'\n\xff\xfe$(touch /tmp/pwned)'}


def test_a_hostile_dhcp_server(machine):
    number = machine.cable('evil0', dhcp=True)
    subnet = f'10.200.{number}'
    machine.systemctl('stop', f'dhcp-server-{subnet}')
    options = [f'--dhcp-option-force={k},{v.hex(":")}' for k, v in HOSTILE.items()]
    machine.run(['systemd-run', '--quiet', '--collect', '--unit=evil', 'ip', 'netns', 'exec', 'peer', 'dnsmasq',
                 '--keep-in-foreground', '--conf-file=/dev/null', '--port=0', '--bind-interfaces', '--interface=evil0',
                 '--except-interface=lo', f'--dhcp-range={subnet}.10,{subnet}.200,2m', '--dhcp-authoritative',
                 '--leasefile-ro', *options])
    machine.write('/etc/network-broker/lease.d/record', RECORD, 0o755)
    machine.plug('evil0')
    wait_routable(machine, 'evil0')
    machine.wait_for(lambda: machine.path('/run/out/evil0.env').exists())
    machine.wait_for(lambda: 'DHCP_LEASE' in environment(machine, 'evil0'))
    e = environment(machine, 'evil0')
    assert f'ADDRESS={subnet}.' in e['DHCP_LEASE']
    assert not [v for v in e.values() if re.search(r'[\x00-\x1f\x7f]', v)]
    document(machine, 'evil0')
    assert not machine.path('/tmp/pwned').exists()


def test_without_json(machine):
    machine.write('/etc/network-broker/network-broker.toml.d/json.toml', '[Network]\nEmitJSON = false\n')
    machine.systemctl('daemon-reload')
    machine.sh('rm -f /run/out/*')
    machine.run(['ip', 'address', 'add', '10.5.0.10/24', 'dev', 'nd0'])
    machine.wait_for(lambda: machine.path('/run/out/nd0.env').exists())
    e = environment(machine, 'nd0')
    assert '10.5.0.10' in e['IP_ADDRS']
    assert not {'JSON', 'JSON_FILE', 'json'} & set(e)
    machine.sh('rm /etc/network-broker/network-broker.toml.d/json.toml; systemctl daemon-reload')
