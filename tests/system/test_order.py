# SPDX-License-Identifier: Apache-2.0
"""Is no link held up by another?"""

from records import Records

BOTH_BUSES = True


def test_links_do_not_wait_for_each_other(machine):
    machine.write('/etc/network-broker/carrier.d/50-slow', '#!/bin/sh\n[ "$LINK" != slow0 ] || exec sleep 30\n', 0o755)
    records = Records(machine)
    machine.cable('slow0', static='192.0.2.2/24')
    machine.cable('quick0', static='192.0.2.6/24')
    machine.plug('slow0')
    machine.wait_for(lambda: machine.show('nb-run@carrier:slow0.service', 'ActiveState') == 'activating')
    machine.plug('quick0')
    machine.wait_for(lambda: machine.show('nb-run@routable:quick0.service', 'ActiveState') == 'active')
    index = machine.index('quick0')
    machine.wait_for(lambda: not records.differences(index), what=lambda: records.differences(index))
    assert machine.show('nb-run@carrier:slow0.service', 'ActiveState') == 'activating'
    assert 'routable' not in records.ran(machine.index('slow0'))
