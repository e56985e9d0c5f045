# SPDX-License-Identifier: Apache-2.0
"""What nb-rules should have made, worked out a second time from what ip(8) shows."""

import lab


def addresses(link):
    found = set()
    for l in lab.query(f"addr show dev {link}"):
        for a in l.get("addr_info", []):
            if a.get("scope") == "global" and not a.get("dadfailed"):
                found.add(a["local"])
    return found


def hops_of(route):
    """(gateway, dev, weight) of each living way out."""
    legs = route.get("nexthops") or [route]
    return [(h.get("gateway") or (h.get("via") or {}).get("host"), h.get("dev"), h.get("weight", 1)) for h in legs
            if "dead" not in h.get("flags", [])]


def route_keys(listed, family):
    """A set of comparable routes: one of IPv4 with all its ways out, for IPv6 one a way out."""
    keys = set()
    for r in listed:
        head = (family, r["dst"], r.get("metric", 0), r.get("scope"))
        hops = hops_of(r)
        if family == "-6":
            keys |= {head + ((h,),) for h in hops}
        else:
            keys.add(head + (tuple(hops),))
    return keys


def wanted_routes(main, link, family):
    keys, seen = set(), set()
    for r in main:
        if r.get("type", "unicast") != "unicast" or r.get("expires", 1) < 0:
            continue
        mine = [h for h in hops_of(r) if h[1] == link and (r["dst"] == "default" or h[0] is None)]
        place = (r["dst"], r.get("metric", 0))
        if not mine or place in seen:
            continue
        seen.add(place)
        if len(mine) == 1:
            mine = [mine[0][:2] + (1,)]
        head = (family, r["dst"], r.get("metric", 0), r.get("scope"))
        keys |= {head + ((h,),) for h in mine} if family == "-6" else {head + (tuple(mine),)}
    return keys


def expires(route):
    """In the moment of expiry ip(8) does not show when that is; those of the test are router advertisements'."""
    return "expires" in route or route.get("protocol") == "9" and route.get("metric") == 512


class Seen:
    """One look at the whole system; ours are told by the protocol."""

    def __init__(self):
        ours = str(lab.PROTOCOL)
        self.main, self.ours, self.foreign = {}, {}, []
        for family in ("-4", "-6"):
            listed = lab.query(f"-N {family} route show table all")
            self.main[family] = [r for r in listed if r.get("table", "254") == "254"]
            for r in listed:
                if r.get("protocol") == ours:
                    self.ours.setdefault((family, int(r["table"])), []).append(r)
                # The kernel's own come and go by themselves.
                elif not expires(r) and not (r.get("protocol") == "2" and r.get("table") in (None, "254", "255")):
                    self.foreign.append(str(r))
        # Between two seconds ip(8) shows what the kernel holds for expired as not yet so.
        self.expiring = any(expires(r) and -1 <= r.get("expires", 0) <= 1 for r in self.main["-6"])
        rules = lab.rules()
        self.rules = lab.rule_keys([r for r in rules if r.get("protocol") == ours])
        self.foreign += [str(r) for r in rules if r.get("protocol") != ours]


def difference(seen, links):
    """What is wrong: empty if each link has exactly its set."""
    want_rules, tables = [], {}
    for link in links:
        found = lab.query(f"link show {link}")
        if not found:
            continue
        table = lab.BASE + found[0]["ifindex"]
        want_rules += lab.expected_rules(addresses(link), table)
        for family in ("-4", "-6"):
            tables[(family, table)] = wanted_routes(seen.main[family], link, family)

    wrong = []
    # "lookup main" of an address that two links have is one rule.
    if seen.rules != sorted(set(want_rules), key=str):
        wrong.append(("rules", sorted(set(want_rules) ^ set(seen.rules), key=str), len(seen.rules)))
    for place in sorted(set(tables) | set(seen.ours)):
        have = route_keys(seen.ours.get(place, []), place[0])
        if have != tables.get(place, set()):
            wrong.append((place, have ^ tables.get(place, set())))
        for r in seen.ours.get(place, []):
            for h in r.get("nexthops") or [r]:
                if ("gateway" in h or "via" in h) != ("onlink" in h.get("flags", [])):
                    wrong.append(("onlink", r))
    return wrong
