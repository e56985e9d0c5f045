# SPDX-License-Identifier: Apache-2.0
"""What does a process do whose system calls fail?"""

import contextlib
import re

# The fault injection of strace is a system call that no filter knows.
NO_FILTER = {'/etc/systemd/system/nb-watch.service.d/test.conf': '[Service]\nSystemCallFilter=\n'}


@contextlib.contextmanager
def broken(machine, pid, *faults):
    """Meanwhile system calls of a process fail, see inject= of strace(1). Gives a function that reads which it made."""
    def tracer():
        return re.search(r'TracerPid:\s+(\d+)', machine.read(f'/proc/{pid}/status')).group(1)

    machine.background(['strace', '-o', '/run/strace', '-p', pid, *(f'--inject={fault}' for fault in faults)])
    machine.wait_for(lambda: tracer() != '0', what='strace is attached')
    try:
        yield lambda: machine.read('/run/strace')
    finally:
        machine.run(['kill', tracer()])
        machine.wait_for(lambda: tracer() == '0', what='strace has ended')
