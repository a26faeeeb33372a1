"""Ed25519 by arithmetic, slow and plain: for the signatures and keys that no library will make."""

from __future__ import annotations

import hashlib

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P

Point = tuple[int, int]
IDENTITY: Point = (0, 1)


def add(a: Point, b: Point) -> Point:
    """The sum of two points."""
    (x1, y1), (x2, y2) = a, b
    product = D * x1 * x2 * y1 * y2 % P
    x3 = (x1 * y2 + x2 * y1) * pow(1 + product, -1, P) % P
    y3 = (y1 * y2 + x1 * x2) * pow(1 - product, -1, P) % P
    return x3, y3


def times(scalar: int, point: Point) -> Point:
    """The point added to itself `scalar` times."""
    total = IDENTITY
    while scalar:
        if scalar & 1:
            total = add(total, point)
        point = add(point, point)
        scalar >>= 1
    return total


def encode(point: Point) -> bytes:
    """The bytes of a point: y with the sign of x in the top bit."""
    x, y = point
    return (y | (x & 1) << 255).to_bytes(32, "little")


def x_of(y: int, sign: int) -> int | None:
    """The x of that sign for a y, or nothing when no point has this y."""
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - square) % P:
        return None
    return P - x if x & 1 != sign else x


def decode(data: bytes) -> Point | None:
    """The point an encoding stands for, canonical or not."""
    number = int.from_bytes(data, "little")
    y, sign = (number & ((1 << 255) - 1)) % P, number >> 255
    x = x_of(y, sign)
    return None if x is None else (x % P, y)


BASE: Point = (x_of(4 * pow(5, -1, P) % P, 0) or 0, 4 * pow(5, -1, P) % P)


def scalar_of(seed: bytes) -> tuple[int, bytes]:
    """The secret scalar of a seed and the prefix of its nonces."""
    digest = hashlib.sha512(seed).digest()
    number = int.from_bytes(digest[:32], "little")
    return number & ((1 << 254) - 8) | (1 << 254), digest[32:]


def challenge(r: bytes, key: bytes, message: bytes) -> int:
    """k, reduced modulo L."""
    return int.from_bytes(hashlib.sha512(r + key + message).digest(), "little") % L


def verifies(key: bytes, message: bytes, signature: bytes, *, cofactor: int = 1) -> bool:
    """Whether the equation holds, with nothing else checked."""
    a, r = decode(key), decode(signature[:32])
    if a is None or r is None:
        return False
    s, k = int.from_bytes(signature[32:], "little"), challenge(signature[:32], key, message)
    return times(cofactor * s, BASE) == times(cofactor, add(r, times(k, a)))
