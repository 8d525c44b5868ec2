"""Commands that mend for good, each in a file of its own: none undoes another, nor what `install` writes."""

import re
from fnmatch import fnmatch

from firmware_runtime.executive.machine.facts import Machine

OWN_RULES = "etc/udev/rules.d/90-firmware-runtime.rules"
"""What `install` writes for the runtime's devices (deployment/layout): its group then may open them."""
GROUP = "firmware-runtime"


def lasting_setting(name: str, value: int) -> str:
    """A kernel parameter, now and after each boot; sysctl.d(5)."""
    file = f"/etc/sysctl.d/90-firmware-runtime-{name.rpartition('.')[2].replace('_', '-')}.conf"
    return f"echo {name} = {value} | sudo tee {file} && sudo sysctl --system"


def right_to_device(machine: Machine, path: str) -> str:
    """For who runs `doctor`. Its rule goes before that of `install`, which is then the one that holds."""
    device = path.rpartition("/")[2]
    named = re.findall(r'KERNEL=="([^"]+)"', machine.text(OWN_RULES))
    if any(fnmatch(device, pattern) for pattern in named):
        begun = "sudo systemd-sysusers && sudo udevadm control --reload && sudo udevadm trigger"
        return f'{begun} && sudo usermod -aG {GROUP} "$USER"  # then log in anew'
    rule = f'KERNEL=="{device}*", GROUP="\'"$(id -gn)"\'", MODE="0660"'
    return f"echo '{rule}' | sudo tee /etc/udev/rules.d/89-{GROUP}-{device}.rules && sudo udevadm trigger"
