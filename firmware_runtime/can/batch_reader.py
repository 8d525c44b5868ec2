"""Reads many frames of a raw CAN socket with one system call, each with its time stamp and the drop count.

`recvmmsg` of Linux through ctypes: Python's own `recvmsg` costs a call a frame, and a second one (ioctl)
in it for the interface's name. Buffers are made once. Layouts are those of 64-bit Linux.
"""

import ctypes
import errno
import socket
import struct
from collections.abc import Iterator

SO_RXQ_OVFL = 40
SO_TIMESTAMPNS = 35
"""<asm-generic/socket.h>."""
CLASSIC_BYTES, FD_BYTES = 16, 72
"""CAN_MTU and CANFD_MTU of <linux/can.h>: length of one frame read from the socket."""
_CONTROL_BYTES = 64
"""Room for both control messages: 16 + 16 for the time stamp, 16 + 4 and padding for the drop count."""
_HEADER = struct.Struct("=QI4xQQQQi4xI4x")
"""struct mmsghdr: name, its length, vector, its length, control, its length, flags; received length."""
_VECTOR = struct.Struct("=QQ")
_HEADER_RESULT = struct.Struct("=40xQi4xI4x")
"""Of the same: control length, flags, received length."""
_SLOTS = {
    CLASSIC_BYTES: struct.Struct("=IBx2x8s16xqq8xiiI12x"),
    FD_BYTES: struct.Struct("=IBx2x64s16xqq8xiiI12x"),
}
"""struct can_frame, then the control messages: seconds, nanoseconds; level, type, drop count."""
BOTH_CONTROLS = 32 + 24
"""Control length when the drop count came too; before the first drop the kernel leaves it out."""

Header = tuple[int, int, int]
"""Control length, flags, received length."""
Slot = tuple[int, int, bytes, int, int, int, int, int]
"""can_id, length, data (to be cut to length), seconds, nanoseconds, control level, type, drop count."""


class BatchReader:
    """Buffers for `count` frames of one socket."""

    def __init__(self, descriptor: int, count: int, frame_bytes: int) -> None:
        """
        frame_bytes: CLASSIC_BYTES or FD_BYTES.
        Raises OSError where this system has no `recvmmsg`, or is not of 64 bits.
        """
        if struct.calcsize("P") != 8:
            raise OSError(errno.ENOSYS, "expected a system of 64 bits")
        library = ctypes.CDLL(None, use_errno=True)
        if not hasattr(library, "recvmmsg"):
            raise OSError(errno.ENOSYS, "no recvmmsg")
        self._call = library.recvmmsg
        self._call.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int, ctypes.c_void_p]
        self._descriptor = descriptor
        self._count = count
        self._slot = _SLOTS[frame_bytes]
        self._slots = ctypes.create_string_buffer(count * self._slot.size)
        self._vectors = ctypes.create_string_buffer(count * _VECTOR.size)
        self._headers = ctypes.create_string_buffer(count * _HEADER.size)
        first, vectors = ctypes.addressof(self._slots), ctypes.addressof(self._vectors)
        for index in range(count):
            place = first + index * self._slot.size
            vector = vectors + index * _VECTOR.size
            _VECTOR.pack_into(self._vectors, index * _VECTOR.size, place, frame_bytes)
            control = place + frame_bytes
            header = (0, 0, vector, 1, control, _CONTROL_BYTES, 0, 0)
            _HEADER.pack_into(self._headers, index * _HEADER.size, *header)
        self._address = ctypes.addressof(self._headers)
        self._header_bytes = memoryview(self._headers).cast("B")
        self._slot_bytes = memoryview(self._slots).cast("B")
        self._fresh = bytes(self._header_bytes)
        self._used = 0

    def read(self) -> int:
        """Frames read, at most `count`; negative for an error: its number (-EAGAIN: there is none)."""
        used = self._used * _HEADER.size
        # The kernel wrote lengths into the headers of the last batch.
        self._header_bytes[:used] = self._fresh[:used]
        got: int = self._call(self._descriptor, self._address, self._count, socket.MSG_DONTWAIT, None)
        if got < 0:
            self._used = 0
            return -ctypes.get_errno()
        self._used = got
        return got

    def batch(self) -> Iterator[tuple[Header, Slot]]:
        """What the last `read` brought, to be used up before the next."""
        headers = _HEADER_RESULT.iter_unpack(self._header_bytes[: self._used * _HEADER.size])
        slots = self._slot.iter_unpack(self._slot_bytes[: self._used * self._slot.size])
        return zip(headers, slots, strict=True)  # pyright: ignore[reportReturnType]
