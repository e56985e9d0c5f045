# SPDX-License-Identifier: Apache-2.0
"""By which link do replies leave? Real packets between namespaces, two links in one subnet and in two."""

import select
import socket
import struct

import pytest

import lab
from lab import ip, run, sync

ETH_P_ALL = 0x0003
PACKET_OUTGOING = 4


class Replies:
    """Sees the echo replies that leave by each link."""

    def __init__(self, *links):
        self.sockets = {}
        for l in links:
            s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
            s.bind((l, ETH_P_ALL))
            self.sockets[s] = l

    def of_ping(self, namespace, source, address):
        """Pings from the namespace until it is answered; returns the links that replies to it left by."""
        tries = []

        def is_answered():
            tries.append(self._ping(namespace, source, address, 5))
            return tries[-1][0]

        lab.wait_for(is_answered)
        return set().union(*(left for _, _, left in tries))

    def of_lost_ping(self, namespace, source, address):
        """Pings that the host is to drop, until it has dropped one; returns the links that replies left by nonetheless.

        What it got before the last ping it has decided on."""
        tries = []

        def has_decided():
            tries.append(self._ping(namespace, source, address, 1))
            return any(came for _, came, _ in tries[:-1])

        lab.wait_for(has_decided)
        assert not any(answered for answered, _, _ in tries)
        return set().union(*(left for _, _, left in tries))

    def _ping(self, namespace, source, address, wait):
        """Returns whether it was answered, whether it came as far as the host, and the links that replies left by."""
        for s in self.sockets:
            self._drain(s, address)
        p = run(f"ip netns exec {namespace} ping -n -c1 -W{wait} -I {source} {address}", check=False)
        came, left = 0, set()
        for s, link in self.sockets.items():
            n_came, n_left = self._drain(s, address)
            came += n_came
            left |= {link} if n_left else set()
        return p.returncode == 0, came > 0, left

    @staticmethod
    def _drain(s, address):
        came = left = 0
        while select.select([s], [], [], 0)[0]:
            data, origin = s.recvfrom(65536)
            if origin[2] == PACKET_OUTGOING:
                left += is_reply(data, address)
            elif ":" not in address:
                came += is_for(data, address)
        return came, left

    def close(self):
        for s in self.sockets:
            s.close()


def is_for(frame, address):
    """An echo request to the address, or the question of IPv4 who has it."""
    kind = struct.unpack("!H", frame[12:14])[0]
    target = socket.inet_aton(address)
    return kind == 0x0806 and frame[38:42] == target or kind == 0x0800 and frame[23] == 1 and frame[30:34] == target


def is_reply(frame, address):
    kind = struct.unpack("!H", frame[12:14])[0]
    if kind == 0x0800 and ":" not in address:
        start = 14 + (frame[14] & 15) * 4
        return frame[23] == 1 and frame[26:30] == socket.inet_aton(address) and frame[start] == 0
    if kind == 0x86DD and ":" in address:
        return frame[20] == 58 and frame[22:38] == socket.inet_pton(socket.AF_INET6, address) and frame[54] == 129
    return False


def sysctl(name, value, namespace=None):
    command = f"sysctl -qw {name}={value}"
    run(f"ip netns exec {namespace} {command}" if namespace else command)


def namespace(name):
    ip(f"netns add {name}")
    sysctl("net.ipv4.conf.all.arp_announce", 2, name)
    ip(f"-n {name} link set lo up")
    sysctl("net.ipv4.ip_forward", 1, name)
    sysctl("net.ipv6.conf.all.forwarding", 1, name)
    for which in ("all", "default"):
        sysctl(f"net.ipv4.conf.{which}.rp_filter", 0, name)
        sysctl(f"net.ipv6.conf.{which}.accept_dad", 0, name)


def plug(host, ns, end):
    ip(f"link add {host} type veth peer name {end} netns {ns}")
    ip(f"-n {ns} link set {end} up")
    ip(f"link set {host} up")


def host_settings(rp_filter):
    for which in ("all", "default"):
        sysctl(f"net.ipv4.conf.{which}.rp_filter", rp_filter)
        sysctl(f"net.ipv4.conf.{which}.arp_ignore", 1)
        sysctl(f"net.ipv4.conf.{which}.arp_announce", 2)
        sysctl(f"net.ipv6.conf.{which}.accept_dad", 0)
        sysctl(f"net.ipv6.conf.{which}.accept_ra", 0)


REMOTE4, REMOTE6 = "198.51.100.1", "2001:db8:ffff::1"


def make_world(subnets, rp_filter):
    """Both links on the same bridge, or each on a router port of its own; a neighbour, and a remote host."""
    host_settings(rp_filter)
    namespace("router")
    ip(f"-n router addr add {REMOTE4}/32 dev lo")
    ip(f"-n router addr add {REMOTE6}/128 dev lo")
    namespace("neighbour")
    ip("-n router link add br1 type bridge")
    ip("-n router link set br1 up")
    ip("link add n0 netns neighbour type veth peer name n1 netns router")
    ip("-n neighbour link set n0 up")
    ip("-n router link set n1 master br1 up")
    plug("eth0", "router", "p0")
    plug("eth1", "router", "p1")
    ip("-n router link set p1 master br1")
    ip("-n router addr add 10.9.0.1/24 dev br1")
    ip("-n router -6 addr add 2001:db8:9::1/64 dev br1 nodad")
    ip("-n neighbour addr add 10.9.0.50/24 dev n0")
    ip("-n neighbour -6 addr add 2001:db8:9::50/64 dev n0 nodad")

    net = 9 if subnets == 1 else 8
    if subnets == 1:
        ip("-n router link set p0 master br1")
    else:
        ip("-n router addr add 10.8.0.1/24 dev p0")
        ip("-n router -6 addr add 2001:db8:8::1/64 dev p0 nodad")
    ip(f"addr add 10.{net}.0.11/24 dev eth0")
    ip(f"-6 addr add 2001:db8:{net}::11/64 dev eth0 nodad")
    ip("addr add 10.9.0.12/24 dev eth1")
    ip("-6 addr add 2001:db8:9::12/64 dev eth1 nodad")
    ip(f"route add default via 10.{net}.0.1 dev eth0 metric 100")
    ip("route add default via 10.9.0.1 dev eth1 metric 200")
    ip(f"-6 route add default via 2001:db8:{net}::1 dev eth0 metric 100")
    ip("-6 route add default via 2001:db8:9::1 dev eth1 metric 200")
    wait_for_ports()


def reaches(namespace, target, *options):
    """Asks until it is so, since a neighbour may have to be found first."""
    where = ["ip", "netns", "exec", namespace] if namespace else []
    lab.wait_for(lambda: run([*where, "ping", "-n", "-c1", "-W1", *options, target], check=False).returncode == 0)


def wait_for_ports():
    """A bridge port may learn before it forwards."""
    for ns, target in (("router", "10.9.0.50"), ("neighbour", "10.9.0.1"), ("router", "2001:db8:9::50")):
        reaches(ns, target)


def forget_neighbours():
    """What was asked in vain, as the host dropped it, would be given up in the middle of the next ping."""
    for ns in ("router", "neighbour"):
        ip(f"-n {ns} neigh flush all")


@pytest.mark.parametrize("rp_filter", [0, 1])
@pytest.mark.parametrize("subnets", [1, 2])
def test_replies_leave_by_their_own_link(subnets, rp_filter):
    make_world(subnets, rp_filter)
    replies = Replies("eth0", "eth1")
    a4, a6 = "10.9.0.12", "2001:db8:9::12"

    # The kernel alone: the remote host is answered by the wrong link, or its packet is dropped.
    for ns, source in (("router", REMOTE4), ("neighbour", "10.9.0.50"))[:1 if subnets == 2 else 2]:
        if rp_filter:
            assert replies.of_lost_ping(ns, source, a4) == set()
        else:
            assert replies.of_ping(ns, source, a4) == {"eth0"}
    assert replies.of_ping("router", REMOTE6, a6) == {"eth0"}

    sync("eth1")
    forget_neighbours()
    for ns, source, address in (("router", REMOTE4, a4), ("neighbour", "10.9.0.50", a4),
                                ("router", REMOTE6, a6), ("neighbour", "2001:db8:9::50", a6)):
        assert replies.of_ping(ns, source, address) == {"eth1"}, (ns, address)

    # The other link is left as it was.
    net = 9 if subnets == 1 else 8
    assert replies.of_ping("router", REMOTE4, f"10.{net}.0.11") == {"eth0"}

    lab.nb_rules("--remove", "eth1")
    assert replies.of_ping("router", REMOTE6, a6) == {"eth0"}
    replies.close()


@pytest.mark.parametrize("rp_filter", [0, 1])
def test_containers_and_static_routes_stay_reachable(rp_filter):
    make_world(2, rp_filter)
    # A container behind a bridge of the host, and a site behind a tunnel, known by a static route only.
    ip("link add docker0 type bridge")
    ip("addr add 172.17.0.1/16 dev docker0")
    ip("link set docker0 up")
    namespace("container")
    plug("c0", "container", "eth")
    ip("link set c0 master docker0")
    ip("-n container addr add 172.17.0.5/16 dev eth")
    ip("-n container route add default via 172.17.0.1")
    namespace("site")
    plug("tun", "site", "eth")
    ip("-n site addr add 192.0.2.2/30 dev eth")
    ip("-n site addr add 10.66.0.1/24 dev lo")
    ip("-n site route add default via 192.0.2.1")
    ip("addr add 192.0.2.1/30 dev tun")
    ip("route add 10.66.0.0/24 via 192.0.2.2 dev tun")
    ip("-n site -6 addr add 2001:db8:c::2/64 dev eth nodad")
    ip("-n site -6 addr add 2001:db8:66::1/128 dev lo nodad")
    ip("-n site -6 route add default via 2001:db8:c::1")
    ip("-6 addr add 2001:db8:c::1/64 dev tun nodad")
    ip("-6 route add 2001:db8:66::/64 via 2001:db8:c::2 dev tun")
    reaches("container", "172.17.0.1")

    sync("eth1")
    replies = Replies("docker0", "tun", "eth0", "eth1")
    assert replies.of_ping("container", "172.17.0.5", "10.9.0.12") == {"docker0"}
    assert replies.of_ping("site", "10.66.0.1", "10.9.0.12") == {"tun"}
    assert replies.of_ping("site", "2001:db8:66::1", "2001:db8:9::12") == {"tun"}
    replies.close()
    for target in ("172.17.0.5", "10.66.0.1"):
        reaches(None, target, "-I", "10.9.0.12")
    reaches(None, "2001:db8:66::1", "-I", "2001:db8:9::12")


def test_no_packet_is_lost_while_the_gateway_changes():
    """The new default is there before the old one goes: no lookup ever falls through to main."""
    make_world(2, 0)
    sync("eth1")
    table = lab.BASE + lab.ifindex("eth1")
    with lab.Monitor() as monitor:
        ip("route replace default via 10.9.0.50 dev eth1 metric 200")
        sync("eth1")
    seen = [l for l in monitor.lines if f"table {table}" in l and "default" in l]
    assert len(seen) == 2 and "10.9.0.50" in seen[0] and not seen[0].startswith("Deleted")
    assert seen[1].startswith("Deleted") and "10.9.0.1 " in seen[1]
