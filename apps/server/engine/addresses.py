"""Which addresses a job may reach: public unicast by the table in addresses.json, which the server reads too.

`ipaddress.is_global` is not used: it calls multicast, site-local and NAT64 loopback addresses global, and its
answers differ between Python versions.
"""

import ipaddress
import json
import os
from typing import List, Tuple

Block = Tuple[int, int]


def _blocks(networks: List[str]) -> List[Block]:
    return [
        (int(network.network_address), int(network.netmask))
        for network in map(ipaddress.ip_network, networks)
    ]


def _table(path: str):
    with open(path, encoding='utf-8') as file:
        table = json.load(file)
    return {
        version: (_blocks(table[name]['allowed']), _blocks(table[name]['blocked']))
        for version, name in ((4, 'ipv4'), (6, 'ipv6'))
    }


_TABLE = _table(os.path.join(os.path.dirname(os.path.abspath(__file__)), 'addresses.json'))


def strict_address(text: object):
    """The address of a strict numeric spelling; None for names, decimal and octal forms, and zones."""
    if not isinstance(text, str) or '%' in text:
        return None
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    # Early releases of Python 3.9 read 010.0.0.1 as 10.0.0.1.
    return address if address.version == 6 or str(address) == text else None


def is_public_address(text: object) -> bool:
    """True only for a strictly spelled address that everybody on the internet can reach; v4-mapped addresses are not public."""
    address = strict_address(text)
    if address is None:
        return False
    allowed, blocked = _TABLE[address.version]
    number = int(address)
    return any(number & mask == network for network, mask in allowed) and not any(
        number & mask == network for network, mask in blocked
    )


def is_loopback_address(text: object) -> bool:
    """True for every address that connects to this computer, including the unspecified and v4-mapped ones."""
    address = strict_address(text)
    if address is None:
        return False
    inner = getattr(address, 'ipv4_mapped', None) or address
    return inner.is_loopback or inner.is_unspecified
