# SPDX-License-Identifier: Apache-2.0
"""nb-rules on the real kernel, in network namespaces."""

import os
import shutil

import pytest

import lab


# As ip -N shows those without a link, and as it is to be told.
TYPES = {"6": "blackhole", "7": "unreachable", "8": "prohibit"}


def pytest_configure(config):
    if os.geteuid() != 0:
        message = "tests/rules need root, for network namespaces"
        if os.environ.get("CI"):
            pytest.exit(message, 1)
        pytest.exit(message + ": skipped", 0)
    lab.enter_namespaces()


@pytest.fixture(autouse=True)
def empty_network():
    """Each test starts with lo alone, and without records."""
    yield
    for l in lab.query("link"):
        if l["ifname"] != "lo":
            lab.ip(f"link del {l['ifname']}", check=False)
    for n in lab.run("ip netns list").stdout.split():
        lab.ip(f"netns del {n}", check=False)
    for family in ("-4", "-6"):
        lab.ip(f"{family} rule flush")
        lab.ip(f"{family} rule add pref 32766 lookup main", check=False)
        lab.ip(f"{family} rule del pref 32765", check=False)
    lab.ip("-4 rule add pref 32767 lookup default", check=False)
    for family in ("-4", "-6"):
        if not any(r["priority"] == 0 for r in lab.query(f"{family} rule")):
            lab.ip(f"{family} rule add pref 0 lookup local")
    for family in ("-4", "-6"):
        for r in lab.query(f"-N {family} route show table all"):
            if r.get("dev") in (None, "lo") and "nexthops" not in r and r.get("protocol", "3") != "2":
                lab.ip(f"{family} route del {TYPES.get(r.get('type'), '')} {r['dst']} "
                       f"table {r.get('table', 254)} protocol {r.get('protocol', '3')}", check=False)
    lab.run("sysctl -qw net.ipv4.nexthop_compat_mode=1")
    shutil.rmtree(lab.RECORDS)
    os.makedirs(lab.RECORDS)
