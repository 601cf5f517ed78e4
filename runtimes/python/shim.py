"""Serves one Python function over the worker protocol (runtimes/PROTOCOL.md).

The handler contract is that of Function Compute: handler(event: bytes, context), initializer(context);
bytes are returned as they are, str as UTF-8, None as nothing, anything else as JSON. A call that came over
HTTP calls it as WSGI does (wsgi.py). Lifecycle hooks are pre_freeze(context) and pre_stop(context).
"""

import importlib
import io
import json
import os
import struct
import sys
import time
import types
from _thread import _local, allocate_lock
from importlib.machinery import PathFinder, SourceFileLoader

# What only some functions need is imported where it is needed: each costs a worker by plain exec milliseconds.

HEADER = struct.Struct("<IBBHQ")
UINT32 = struct.Struct("<I")
UINT64 = struct.Struct("<Q")
SETUP, CALL, ANSWER, STAGE, HOOK, PART, CREDIT = 1, 2, 3, 4, 5, 6, 7
RAISED, ENDS, HTTP = 2, 4, 8
LOADING, INITIALIZED, PARKED, LOADED = 1, 2, 4, 8
HOOKS = {1: "pre_freeze", 2: "pre_stop"}
LAYERS = "/opt/python"  # the folder of a function's layers that Python looks into
OURS = os.path.dirname(__file__) + "/"
SMALL = 1 << 16  # bytes: what a pipe holds
PACKET = 4096  # bytes: what a pipe keeps together, so one read of it takes a small frame whole


class _Place:
    """Where a worker works: its descriptors, and its function's folder. A rehearsal has others, for a while."""

    frames_in, frames_out, gate = 3, 4, 127
    code = "/code"


_place = _Place()
_request = _local()  # the request id of the call a thread is serving


def _set_up_logging(logging):
    """The root logger writes FC's line: 2024-05-06T07:08:09.123Z {request id} [INFO] message."""

    class Formatter(logging.Formatter):
        def format(self, record):
            instant = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
            text = record.getMessage()
            if record.exc_info:
                text += "\n" + self.formatException(record.exc_info)
            request_id = getattr(_request, "id", "")
            return f"{instant}.{int(record.msecs):03d}Z {request_id} [{record.levelname}] {text}"

    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(Formatter())
    logging.root.handlers[:] = [handler]
    logging.root.setLevel(logging.INFO)


class _LoggingFinder:
    """Sets logging up as soon as somebody imports it."""

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name != "logging":
            return None
        sys.meta_path.remove(cls)
        spec = PathFinder.find_spec(name)
        load = spec.loader.exec_module

        def exec_module(module):
            load(module)
            _set_up_logging(module)

        spec.loader.exec_module = exec_module
        return spec


class Context:
    """What a handler is told about its call (FC's attribute names)."""

    def __init__(self, request_id, constants, about):
        self.__dict__.update(constants)
        self.request_id = request_id
        self.retry_count = about.get("retry_count", 0)
        if "credentials" in about:
            self.credentials = Credentials(about["credentials"])
        if "traceparent" in about:
            self.tracing = types.SimpleNamespace(**{**vars(self.tracing), "span_context": about["traceparent"]})

    @property
    def logger(self):
        import logging

        return logging.getLogger()


class Credentials:
    """The temporary keys of the service's role; empty without a role."""

    def __init__(self, keys):
        self.access_key_id = keys.get("access_key_id", "")
        self.access_key_secret = keys.get("access_key_secret", "")
        self.security_token = keys.get("security_token", "")


def _constants(told):
    """The attributes that are the same for every call of this worker."""
    return {
        "function": types.SimpleNamespace(**told["function"]),
        "service": types.SimpleNamespace(**told["service"]),
        "region": told["region"],
        "account_id": told["account_id"],
        "credentials": Credentials({}),
        "tracing": types.SimpleNamespace(span_context="", jaeger_endpoint="", span_baggages=""),
    }


class Function:
    """The user's code: loaded while the first call is on its way, and tried again if that failed."""

    def __init__(self, setup):
        self._setup = setup
        self._handler = None
        self._early = None  # what became of loading it early: the callable, or the error for the first call
        self._lock = allocate_lock()

    def load_early(self):
        try:
            self._early = _find(self._setup["handler"])
        except BaseException as error:
            self._early = error

    def _find_handler(self):
        early, self._early = self._early, None
        if isinstance(early, BaseException):
            raise early
        return early or _find(self._setup["handler"])

    def handler(self, context):
        """The callable; loads the module and runs the initializer if need be."""
        if self._handler is None:
            with self._lock:
                if self._handler is None:
                    handler = self._find_handler()
                    if self._setup["initializer"]:
                        _find(self._setup["initializer"])(context)
                        _send(STAGE, INITIALIZED, 0, b"")
                    self._handler = handler
        return self._handler

    def run_hook(self, which, context):
        if self._handler is not None:  # what was never ready has nothing to put in order
            _find(self._setup["hooks"][HOOKS[which]])(context)


def _find(name):
    """'folder/file.function' or 'folder.file.function' below /code as a callable."""
    code = _place.code
    path, _, attribute = name.rpartition(".")
    if not path or not attribute:
        raise ValueError(f"handler '{name}' is not of the form file.function")
    path = path.replace(".", "/")
    folder = os.path.dirname(path)
    source = os.path.join(code, path + ".py")
    if not os.path.exists(source) and not os.path.isdir(os.path.join(code, path)):
        raise ImportError(f"module '{path}' is not in the package: {path}.py is missing at its root")
    where = os.path.join(code, folder) if folder else code
    if where not in sys.path:
        sys.path.insert(0, where)  # what lies beside the file can be imported by its bare name
    module = importlib.import_module(path.replace("/", ".")) if folder else _load(path, source)
    found = getattr(module, attribute, None)
    if found is None:
        raise AttributeError(f"module '{path}' has no function '{attribute}'")
    if not callable(found):
        raise TypeError(f"'{name}' is not a function")
    return found


def _load(name, source):
    """Imports a module from its file. The finders of sys.path would look through every folder first, and the loader for a
    compiled copy: most packages have none, and the way there is as long as the rest."""
    if name in sys.modules or not os.path.isfile(source):
        return importlib.import_module(name)
    loader = SourceFileLoader(name, source)
    module = types.ModuleType(name)
    module.__file__, module.__loader__ = source, loader
    module.__spec__ = importlib.machinery.ModuleSpec(name, loader, origin=source)
    module.__spec__.has_location = True
    sys.modules[name] = module
    try:
        if os.path.isdir(os.path.dirname(source) + "/__pycache__"):
            loader.exec_module(module)
        else:
            exec(compile(_text_of(source), source, "exec", dont_inherit=True), module.__dict__)
    except BaseException:
        sys.modules.pop(name, None)
        raise
    return module


def _text_of(source):
    with io.FileIO(source) as file:
        return file.readall()


_ours = {}
_ours_lock = allocate_lock()


def _our(name):
    """A file beside this one, loaded by the first call that needs it, under a name that no function has."""
    if name not in _ours:
        with _ours_lock:
            if name not in _ours:
                _ours[name] = _load("_mayfly_" + name, OURS + name + ".py")
    return _ours[name]


def _encode(value):
    if isinstance(value, bytes):
        return value
    if isinstance(value, (bytearray, memoryview)):
        return bytes(value)
    if value is None:
        return b""
    if isinstance(value, str):
        return value.encode("utf-8")
    return json.dumps(value).encode("utf-8")


def _error_json(error):
    """FC's form: stackTrace is a list of [file, line, function, source line]."""
    import traceback

    frames = [
        [f'File "{frame.filename}"', f"line {frame.lineno}", f"in {frame.name}", frame.line or ""]
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith((OURS, "<frozen"))
    ]
    if isinstance(error, SyntaxError):
        frames.append([f'File "{error.filename}"', f"line {error.lineno}", "in <module>", (error.text or "").strip()])
    try:
        message = str(error)
    except Exception:  # a __str__ that raises must not hide that the function failed
        message = "(the error could not be turned into text)"
    return json.dumps(
        {"errorMessage": message, "errorType": type(error).__name__, "stackTrace": frames}
    ).encode("utf-8")


_write_lock = allocate_lock()


def _send(kind, flags, call, payload):
    header = HEADER.pack(len(payload), kind, flags, 0, call)
    with _write_lock:
        left = HEADER.size + len(payload)
        sent = os.writev(_place.frames_out, (header, payload)) if left > SMALL else os.write(_place.frames_out, header + payload)
        while sent < left:  # a pipe may take less than we give
            rest = memoryview(header + payload)[sent:]
            sent += os.write(_place.frames_out, rest)


def _now():
    return UINT64.pack(time.monotonic_ns() // 1000)


class _LetGo(BaseException):
    """The server wants no more of this worker."""


_ahead = b""  # read from the pipe, but of the next frame


def _receive():
    """The next frame: (kind, flags, call, payload). Most come whole in one read."""
    global _ahead
    data, _ahead = _ahead or _read(PACKET), b""
    while len(data) < HEADER.size:
        data += _read(PACKET)
    length, kind, flags, _, call = HEADER.unpack_from(data)
    end = HEADER.size + length
    if len(data) < end:
        parts, have = [data], len(data)
        while have < end:
            parts.append(_read(min(end - have, 1 << 20)))
            have += len(parts[-1])
        data = b"".join(parts)
    elif len(data) > end:
        _ahead = data[end:]
    return kind, flags, call, data[HEADER.size : end]


def _read(size):
    data = os.read(_place.frames_in, size)
    if not data:
        raise _LetGo
    return data


class _LogPipe(io.FileIO):
    """Descriptor 1 or 2. Marks where the prints of each call begin: the next call may begin before the
    server has read what this one printed."""

    call = b""
    marked = b""

    def write(self, data):
        if _LogPipe.marked is not _LogPipe.call:
            _LogPipe.marked = _LogPipe.call
            os.write(self.fileno(), b"\x1e" + _LogPipe.call + b"\n")
        return super().write(data)


def _beginner():
    from threading import Thread

    return lambda target, *args: Thread(target=target, args=args, daemon=True).start()


class Server:
    def __init__(self, setup):
        self._constants = _constants(setup["context"])
        self._concurrency = setup["concurrency"]
        if self._concurrency > 1:
            self._begin = _beginner()
        self._function = Function(setup)
        self._parts = {}  # by call: of those that answer in parts
        self._bodies = {}  # by call: of those whose requests come in parts
        self._ear = None  # while there is one of them
        self._later = []  # frames that came while a call waited for another

    def serve(self):
        _send(STAGE, LOADING, 0, _now())
        self._function.load_early()
        _send(STAGE, LOADED, 0, _now())
        while True:
            kind, hook, call, payload = self._next()
            if kind == CREDIT or kind == PART:
                self._hear(kind, hook, call, payload)
            elif kind != CALL and kind != HOOK:
                os._exit(2)
            elif self._concurrency == 1:
                self._answer(call, payload, hook)
            else:
                self._begin(self._answer, call, payload, hook)

    def _next(self):
        ear = self._ear if self._concurrency == 1 else None
        if not ear:
            return self._later.pop(0) if self._later else _receive()
        with ear.changed:
            ear.wait_for(lambda: self._later)
            return self._later.pop(0)

    def _hear(self, kind, flags, call, payload):
        heard = (self._parts if kind == CREDIT else self._bodies).get(call)
        if heard:  # it may have ended
            heard.hear(flags, payload)

    def _take(self):
        """While the one call there is waits."""
        kind, flags, call, payload = _receive()
        if kind == CREDIT or kind == PART:
            self._hear(kind, flags, call, payload)
        else:
            self._later.append((kind, flags, call, payload))

    def _open_ear(self):
        self._ear = self._ear or _our("ear").Ear(self._take if self._concurrency == 1 else None)
        return self._ear

    def _begin_parts(self, call, credit):
        parts = _our("parts").Parts(credit, self._open_ear(), lambda flags, payload: _send(PART, flags, call, payload))
        self._parts[call] = parts
        return parts

    def _begin_body(self, call, first):
        body = _our("body").Body(first, self._open_ear(), lambda payload: _send(CREDIT, 0, call, payload))
        self._bodies[call] = body
        return _our("body").opened(body)

    def _end_parts(self, call):
        for ended in (self._parts.pop(call, None), self._bodies.pop(call, None)):
            if ended:
                ended.end()
        if self._concurrency == 1 and self._ear and not self._ear.taking:  # else a thread of the function does that still
            self._ear = None

    def _answer(self, call, payload, hook):
        """`hook`: which one to run; 0 for the handler."""
        flags = 0
        try:
            id_end = 1 + payload[0]
            (size,) = UINT32.unpack_from(payload, id_end)
            event = id_end + 4 + size
            request_id = payload[1:id_end]
            if self._concurrency == 1:
                _LogPipe.call = request_id
            _request.id = request_id.decode()
            about = json.loads(payload[id_end + 4 : event]) if size else {}
            context = Context(_request.id, self._constants, about)
            if hook:
                self._function.run_hook(hook, context)
                answer = b""
            elif "http" in about:
                handler = self._function.handler(context)
                http, several = about["http"], self._concurrency > 1
                begin = lambda: self._begin_parts(call, http["credit"])
                body = self._begin_body(call, payload[event:]) if "more" in http else payload[event:]
                answer = _our("wsgi").answer(handler, http, body, context, several, begin)
                flags = HTTP
            else:
                answer = _encode(self._function.handler(context)(payload[event:], context))
        except BaseException as error:  # SystemExit and KeyboardInterrupt are the function's failures too
            flags, answer = RAISED, _error_json(error)
            if isinstance(error, (SystemExit, MemoryError)):
                flags |= ENDS
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        except Exception:
            pass  # the function closed or replaced them: its log is its own affair
        if self._parts or self._bodies:
            self._end_parts(call)
        try:
            _send(ANSWER, flags, call, answer)
        except OSError:
            os._exit(1)  # it closed our pipe: nobody can hear us any more


def prepare_output():
    """Lines reach the log as they are printed; text is UTF-8 whatever the locale."""
    for number, name in ((1, "stdout"), (2, "stderr")):
        raw = _LogPipe(number, "w", closefd=False)
        stream = io.TextIOWrapper(
            io.BufferedWriter(raw), encoding="utf-8", errors="backslashreplace", line_buffering=True
        )
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    if "logging" in sys.modules:
        _set_up_logging(sys.modules["logging"])
    else:
        sys.meta_path.insert(0, _LoggingFinder)


def prepare():
    """What needs no knowledge of the function: done once, before a zygote forks."""
    sys.modules.pop("shim", None)  # the name is the function's to use
    sys.dont_write_bytecode = True  # /code is read-only
    sys.path[:] = [_place.code, LAYERS] + [p for p in sys.path if p and not p.startswith("/rt")]
    sys.argv = ["function"]
    os.environ.clear()
    prepare_output()


def rehearse():
    """Goes the whole way of a parked worker's first call, over pipes of its own: in a zygote, so that its code and data
    are ready to be shared; in a parked worker, so that the pages it writes to are its own before anybody waits."""
    frames_in, say = os.pipe()
    hear, frames_out = os.pipe()
    gate, opened = os.pipe()
    for number, (kind, payload) in enumerate(_rehearsal()):
        os.write(say, HEADER.pack(len(payload), kind, 0, 0, number) + payload)
    os.close(say)
    os.close(opened)
    path = sys.path[:]
    _place.__dict__.update(frames_in=frames_in, frames_out=frames_out, gate=gate, code="/rt/python/dry_run")
    try:
        _serve(parked=True)
    except _LetGo:
        pass
    for end in (frames_in, hear, frames_out):
        os.close(end)
    sys.path_importer_cache.pop(_place.code, None)
    _place.__dict__.clear()
    sys.path[:] = path
    os.environ.clear()
    del sys.modules["dry_run"], _request.id
    _LogPipe.call = b""


def _rehearsal():
    """The frames of one: (kind, payload). Its setup has the names that the server's has (src/workers/setup.cpp)."""
    platform = "FC_ENDPOINT OSS_ENDPOINT AWS_ENDPOINT_URL AWS_ENDPOINT_URL_S3 OSS_REGION AWS_REGION AWS_DEFAULT_REGION"
    usual = (
        "PATH HOME TMPDIR LANG LD_LIBRARY_PATH FC_FUNC_CODE_PATH FC_ACCOUNT_ID FC_REGION FC_SERVICE_NAME FC_FUNCTION_NAME "
        "FC_FUNCTION_HANDLER FC_FUNCTION_MEMORY_SIZE FC_INSTANCE_ID FC_QUALIFIER FC_VERSION_ID FC_RUNTIME FC_SERVER_PORT"
    )
    function = ("name", "handler", "memory", "timeout", "initializer", "initialization_timeout")
    service = ("name", "log_project", "log_store", "qualifier", "version_id")
    setup = {
        "protocol": 1, "handler": "dry_run.handler", "initializer": "", "concurrency": 1,
        "environment": dict.fromkeys(f"{usual} {platform}".split(), "/usr/local/bin:/usr/bin:/bin"),
        "context": {
            "function": dict.fromkeys(function, "f"), "service": dict.fromkeys(service, "s"), "region": "r", "account_id": "1",
        },
    }
    about = b"\x09rehearsal" + UINT32.pack(0)
    return (SETUP, json.dumps(setup).encode()), (CALL, about + b"{}"), (CALL, about + b"raise")


def main(parked=False):
    try:
        _serve(parked)
    except _LetGo:
        os._exit(0)


def _serve(parked):
    if parked:
        _send(STAGE, PARKED, 0, b"")
    kind, _, _, payload = _receive()
    setup = json.loads(payload)
    if kind != SETUP or setup["protocol"] != 1:
        os._exit(2)
    if parked:
        os.read(_place.gate, 1)  # waits until the code is there
        os.close(_place.gate)
        os.chdir(_place.code)
    for folder in (_place.code, LAYERS):  # a warmed parent may have looked while nothing was there
        sys.path_importer_cache.pop(folder, None)
    for name, value in setup["environment"].items():
        os.environ[name] = value
    Server(setup).serve()
