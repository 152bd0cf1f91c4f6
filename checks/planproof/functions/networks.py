"""IP networks: https://developer.hashicorp.com/terraform/language/functions/cidrhost and the following."""

from __future__ import annotations

import ipaddress
import re
from typing import NamedTuple

from planproof.functions.values import MAX_ITEMS, FunctionError, Json, NotComputable, bounded, number, text, whole

_IPV4 = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,12}){3}")
_MAPPED = 0xFFFF
_MOST_NEW_BITS = 32  # Terraform's own, for cidrsubnets


class _Network(NamedTuple):
    """A network: its first address, and how many of how many bits are the network's."""

    base: int
    length: int
    bits: int

    def __str__(self) -> str:
        return f"{_address(self.base, self.bits)}/{self.length}"


def cidrhost(prefix: Json, host: Json) -> Json:
    wanted, network = number(host), _network(text(prefix))
    if not isinstance(wanted, int):
        raise FunctionError("the host number is not a whole number")
    size = 1 << (network.bits - network.length)
    if not -size <= wanted < size:
        raise FunctionError("the network has not as many hosts")
    return _address(network.base + wanted % size, network.bits)


def cidrnetmask(prefix: Json) -> Json:
    network = _network(text(prefix))
    if network.bits != 32:
        raise FunctionError("the network is one of IPv6")
    return _address((1 << 32) - (1 << (32 - network.length)), 32)


def cidrsubnet(prefix: Json, new_bits: Json, subnet: Json) -> Json:
    more, wanted, network = whole(new_bits), number(subnet), _network(text(prefix))
    if not isinstance(wanted, int):
        raise FunctionError("the subnet number is not a whole number")
    length = network.length + more
    if length > network.bits:
        raise FunctionError("the network has not as many bits left")
    if more < 0 or wanted < 0:
        raise NotComputable("a number is negative")
    if wanted >= 1 << more:
        raise FunctionError("the network has not as many subnets")
    return str(_Network(network.base + (wanted << (network.bits - length)), length, network.bits))


def cidrsubnets(prefix: Json, *new_bits: Json) -> Json:
    """Subnets one after another, each begun where its size allows."""
    network = _network(text(prefix))
    bounded(len(new_bits), MAX_ITEMS)
    if new_bits and not network.base:
        raise NotComputable("versions of Terraform may differ in subnets of a network that begins at zero")
    found, at, end = [], network.base, network.base + (1 << (network.bits - network.length))
    for more in map(whole, new_bits):
        length = network.length + more
        if not 1 <= more <= _MOST_NEW_BITS or length > network.bits:
            raise FunctionError("a prefix cannot be extended by as many bits")
        size = 1 << (network.bits - length)
        at = -(-at // size) * size
        if at + size > end:
            raise FunctionError("the network has not enough addresses left")
        found.append(str(_Network(at, length, network.bits)))
        at += size
    return found


def _network(prefix: str) -> _Network:
    address, slash, length = prefix.partition("/")
    if not slash or not (length.isascii() and length.isdecimal()):
        raise FunctionError("the text is not a network")
    found, bits = _parsed(address)
    if len(length) > 9 or int(length) > bits:
        raise FunctionError("the text is not a network")
    rest = bits - int(length)
    return _Network(found >> rest << rest, int(length), bits)


def _parsed(address: str) -> tuple[int, int]:
    if _IPV4.fullmatch(address):
        parts = [int(part) for part in address.split(".")]
        if max(parts) > 255:
            raise FunctionError("the text is not a network")
        return int.from_bytes(bytes(parts), "big"), 32
    try:
        found = int(ipaddress.IPv6Address(address))
    except ValueError:
        raise FunctionError("the text is not a network") from None
    if "%" in address:
        raise FunctionError("the text is not a network")
    if found >> 32 == _MAPPED:
        raise NotComputable("an address of IPv4 is written as one of IPv6")
    return found, 128


def _address(value: int, bits: int) -> str:
    if bits == 32:
        return str(ipaddress.IPv4Address(value))
    if value >> 32 == _MAPPED:
        raise NotComputable("an address of IPv4 is written as one of IPv6")
    return str(ipaddress.IPv6Address(value))
