"""What a disk holds after a power cut: the record of power_recorder.c played up to a moment, without what was not synced.

A sync of a file makes what was written to it before durable; a sync of a folder, the names in it. Of what is not durable,
a random part survives: of names the first few, in order, as a journal keeps them; of writes any of their sectors.
"""

import collections
import mmap
import pathlib
import struct

HEAD = struct.Struct("=IIIIQQq")
CREATE, WRITE, TRUNCATE, SYNC_BEGIN, SYNC_END, RENAME, UNLINK, MKDIR = range(1, 9)
SECTOR = 512

Op = collections.namedtuple("Op", "type number when_ns at path second data")


def read_record(file):
    """All that was recorded whole: the server is killed while it writes the last."""
    ops = []
    with open(file, "rb") as f, mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ) as m:
        at = 0
        while at + HEAD.size <= len(m):
            kind, a, b, c, number, when, where = HEAD.unpack_from(m, at)
            end = at + HEAD.size + a + b + c
            if end > len(m):
                break
            path = m[at + HEAD.size : at + HEAD.size + a].decode()
            second = m[at + HEAD.size + a : at + HEAD.size + a + b].decode()
            ops.append(Op(kind, number, when, where, path, second, m[at + HEAD.size + a + b : end]))
            at = end
    return ops


class File:
    def __init__(self):
        self.changes = []  # ops that wrote to it
        self.synced = 0  # those numbered below are durable

    def content(self, chance, keep):
        durable = bytearray()
        for op in self.changes:
            if op.number < self.synced:
                self._apply(durable, op)
        for op in self.changes:
            if op.number < self.synced:
                continue
            if op.type == TRUNCATE:
                if chance.random() < keep:
                    self._apply(durable, op)
                continue
            at = op.at
            while at < op.at + len(op.data):
                end = min((at // SECTOR + 1) * SECTOR, op.at + len(op.data))
                if chance.random() < keep:
                    self._put(durable, at, op.data[at - op.at : end - op.at])
                at = end
        return bytes(durable)

    @classmethod
    def _apply(cls, content, op):
        if op.type == TRUNCATE:
            del content[op.at :]
            content.extend(bytes(op.at - len(content)))
        else:
            cls._put(content, op.at, op.data)

    @staticmethod
    def _put(content, at, data):
        if len(content) < at:
            content.extend(bytes(at - len(content)))
        content[at : at + len(data)] = data


def disk_after(ops, root, chance, keep):
    """Path below `root` to bytes, None for a folder, after `ops` and a cut. `keep`: how likely a sector survives."""
    begun = {op.number: op for op in ops if op.type == SYNC_BEGIN}
    folders_synced = collections.defaultdict(int)
    for op in ops:
        if op.type == SYNC_END:
            folders_synced[op.path] = max(folders_synced[op.path], begun[op.at].number)

    def parent(path):
        return path.rpartition("/")[0]

    names_ops = [op for op in ops if op.type in (CREATE, RENAME, UNLINK, MKDIR)]
    pending = [op for op in names_ops if op.number > folders_synced[parent(op.second or op.path)]]
    survivors = {op.number for op in pending[: chance.randint(0, len(pending))]}
    lost = {op.number for op in pending} - survivors

    now, kept = {}, {}  # as the server sees it, as the disk has it: path to File, None for a folder
    for op in ops:
        durable = op.number not in lost
        if op.type == CREATE:
            now[op.path] = File()
            if durable:
                kept[op.path] = now[op.path]
        elif op.type == MKDIR:
            now[op.path] = None
            if durable:
                kept[op.path] = None
        elif op.type == RENAME:
            now[op.second] = now.pop(op.path, None) or File()
            if durable:
                kept.pop(op.path, None)
                kept[op.second] = now[op.second]
        elif op.type == UNLINK:
            now.pop(op.path, None)
            if durable:
                kept.pop(op.path, None)
        elif op.type in (WRITE, TRUNCATE):
            if op.path not in now:  # made in a way that was not seen, as by a library's own open
                now[op.path] = kept[op.path] = File()
            now[op.path].changes.append(op)
        elif op.type == SYNC_END and isinstance(now.get(op.path), File):
            now[op.path].synced = max(now[op.path].synced, begun[op.at].number)
    return {path.removeprefix(root + "/"): file and file.content(chance, keep) for path, file in kept.items()}


def write_disk(disk, folder):
    """Folders that lost their own name take what is in them along."""
    folder = pathlib.Path(folder)
    folder.mkdir()
    for path in sorted(disk):
        if disk[path] is None and (folder / path).parent.is_dir():
            (folder / path).mkdir(exist_ok=True)
    for path, content in disk.items():
        if content is not None and (folder / path).parent.is_dir():
            (folder / path).write_bytes(content)
            (folder / path).chmod(0o600)
