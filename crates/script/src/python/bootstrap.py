"""Runs the handler of one script in this process: limits first, then the script's text, then the call.

Standard input carries eight bytes of length and one JSON document, and stays open: when it ends, whoever started this
process is gone, and the process and its group end with it. Standard output becomes the way for the one answer; what the
script prints goes, with its errors, to standard error, in the order in which it was written.
"""

import base64
import fcntl
import importlib
import json
import os
import resource
import select
import signal
import sys

OWN_FILE = "<string>"
SCRIPT_FILE = "script.py"
SCRIPT_MODULE = "script"


class Refused(Exception):
    """The script cannot be called, or what it gave cannot be sent."""

    def __init__(self, kind, message, **more):
        super().__init__(message)
        self.answer = {"kind": kind, "message": message, **more}


class Channel:
    """The way for the answer, which nothing that the script prints can get into."""

    def __init__(self):
        self.owner = os.getpid()
        self.descriptor = fcntl.fcntl(1, fcntl.F_DUPFD_CLOEXEC, 3)
        os.dup2(2, 1)

    def answer(self, document):
        """Sends the answer and ends the process, whatever threads and exit handlers it has."""
        flush()
        if os.getpid() != self.owner:
            # A child that the script forked came back from the handler too. Only one of them is the script.
            os._exit(0)
        data = document if isinstance(document, bytes) else json.dumps(document).encode()
        while data:
            data = data[os.write(self.descriptor, data):]
        os._exit(0)


def main():
    leave_the_terminal()
    close_what_was_inherited()
    job = read_job()
    end_with_the_starter()
    channel = Channel()
    sys.stdout.reconfigure(line_buffering=True)
    set_limits(job["limits"])
    channel.answer(outcome(job))


def leave_the_terminal():
    # A session of its own has no terminal to type into, and its group is killed as one.
    os.setsid()
    # Whoever started this process, and has to stop it, goes first.
    os.nice(5)


def close_what_was_inherited():
    # One by one: where a process may open a thousand million files, trying all numbers takes minutes.
    for name in os.listdir("/dev/fd"):
        if int(name) > 2:
            try:
                os.close(int(name))
            except OSError:
                # The one that the list was read from.
                pass


def read_job():
    return json.loads(read_exactly(int.from_bytes(read_exactly(8), "big")))


def read_exactly(length):
    data = bytearray()
    while len(data) < length:
        some = os.read(0, min(length - len(data), 1 << 20))
        if not some:
            os._exit(75)
        data += some
    return bytes(data)


def end_with_the_starter():
    """Lets the kernel kill this group when the other end of standard input is closed, and leaves the script an empty one."""
    lifeline = fcntl.fcntl(0, fcntl.F_DUPFD_CLOEXEC, 3)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    if hasattr(fcntl, "F_SETSIG"):
        fcntl.fcntl(lifeline, fcntl.F_SETOWN, -os.getpgrp())
        fcntl.fcntl(lifeline, fcntl.F_SETSIG, signal.SIGKILL)
        flags = fcntl.fcntl(lifeline, fcntl.F_GETFL)
        fcntl.fcntl(lifeline, fcntl.F_SETFL, flags | os.O_ASYNC)
    # It may have been closed before the kernel was asked.
    if select.select([lifeline], [], [], 0)[0]:
        os._exit(75)


def set_limits(limits):
    set_limit(resource.RLIMIT_CORE, 0)
    # The kernel ends the process with a signal that says why; a second later with one that cannot be caught.
    set_limit(resource.RLIMIT_CPU, limits["cpu_seconds"], limits["cpu_seconds"] + 1)
    # Data rather than address space: libraries reserve far more addresses than they ever use.
    set_limit(resource.RLIMIT_DATA, limits["memory_bytes"])
    set_limit(resource.RLIMIT_FSIZE, limits["file_bytes"])
    set_limit(resource.RLIMIT_NOFILE, limits["open_files"])


def set_limit(kind, soft, hard=None):
    ceiling = resource.getrlimit(kind)[1]
    hard = soft if hard is None else hard
    if ceiling != resource.RLIM_INFINITY:
        soft, hard = min(soft, ceiling), min(hard, ceiling)
    resource.setrlimit(kind, (soft, hard))


def outcome(job):
    try:
        result = handler_of(job)(job["events"], job["context"])
        return encode(result, job["limits"]["payload_bytes"])
    except Refused as refused:
        return {"failed": refused.answer}
    except MemoryError as error:
        log_traceback(error)
        return {"failed": {"kind": "memory", "message": "out of memory"}}
    except SystemExit as error:
        return {"failed": {"kind": "exited", "message": f"sys.exit({error.code!r})"}}
    except BaseException as error:
        log_traceback(error)
        return {"failed": raised(error)}


def raised(error):
    name = type(error).__name__
    return {
        "kind": "raised",
        "type": name,
        "message": f"{name} - {text_of(error)}",
        "line": line_of(error),
    }


def text_of(error):
    try:
        return str(error).encode("utf-8", "replace").decode()[:8000]
    except Exception:
        return "(its text cannot be had)"


def line_of(error):
    """The last line of the script on the way to the error."""
    line, trace = None, error.__traceback__
    while trace is not None:
        if os.path.basename(trace.tb_frame.f_code.co_filename) == SCRIPT_FILE:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def handler_of(job):
    name = job["handler"]
    if job["attachment"] is None:
        module, function = text_module(job["text"]), name
    else:
        module, function = attached_module(job["attachment"], name)
    found = getattr(module, function, None)
    if not callable(found):
        known = [key for key, value in vars(module).items() if defined_in(module, value)]
        raise Refused("handler", f"the script has no function `{function}`", known=known[:20])
    return found


def defined_in(module, value):
    return callable(value) and getattr(value, "__module__", None) == module.__name__


def text_module(text):
    """The script as a module with a file of its own, so that tracebacks, `inspect` and `pickle` find it."""
    folder = os.getcwd()
    path = os.path.join(folder, SCRIPT_FILE)
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write(text)
    return load(SCRIPT_MODULE, path, text)


def attached_module(attachment, handler):
    file, _, function = handler.rpartition(".")
    if attachment["zip"]:
        if not file:
            raise Refused("handler", f"`{handler}` names no file of the archive: write `file.function`")
        folder = unpack(attachment["path"], attachment["most_bytes"], attachment["most_files"])
        sys.path.insert(0, folder)
        return import_from(file, folder), function
    path = attachment["path"]
    stem = os.path.basename(path)[: -len(".py")]
    if file and file != stem:
        raise Refused("handler", f"`{handler}` names the file `{file}`, the attachment is `{stem}.py`")
    with open(path, encoding="utf-8-sig") as source:
        return load(stem, path, source.read()), function


def unpack(path, most_bytes, most_files):
    import zipfile

    folder = os.path.join(os.getcwd(), "attachment")
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            # No more comes out of an entry than it says: reading stops there.
            if len(entries) > most_files or sum(entry.file_size for entry in entries) > most_bytes:
                limits = f"{most_bytes} bytes and {most_files} files"
                raise Refused("attachment", f"the archive holds more than {limits}")
            for entry in entries:
                parts = entry.filename.replace("\\", "/").split("/")
                if entry.filename.startswith("/") or ".." in parts:
                    raise Refused("attachment", f"`{entry.filename}` leads out of the archive")
            archive.extractall(folder)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise Refused("attachment", f"the archive cannot be read: {text_of(error)}")
    return folder


def import_from(name, folder):
    try:
        return importlib.import_module(name.replace("/", "."))
    except ModuleNotFoundError as error:
        if error.name == name:
            raise Refused("handler", f"the archive has no file `{name}.py`", known=sorted(os.listdir(folder))[:20])
        raise
    except SyntaxError as error:
        raise syntax(error)


def load(name, path, text):
    from types import ModuleType

    try:
        code = compile(text, path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        raise syntax(error)
    module = ModuleType(name)
    module.__file__ = path
    sys.modules[name] = module
    sys.path.insert(0, os.path.dirname(path))
    exec(code, module.__dict__)
    return module


def syntax(error):
    import linecache
    import traceback

    linecache.checkcache()
    write_log("".join(traceback.format_exception_only(type(error), error)))
    name, reason = type(error).__name__, getattr(error, "msg", None) or text_of(error)
    return Refused("syntax", f"{name} - {reason}", line=getattr(error, "lineno", None))


def encode(result, limit):
    try:
        data = json.dumps(
            result, default=plain, allow_nan=False, ensure_ascii=False, separators=(",", ":")
        ).encode()
    except RecursionError:
        raise Refused("unserialisable", "it is nested too deeply")
    except MemoryError:
        raise
    except Exception as error:
        raise Refused("unserialisable", f"{type(error).__name__} - {text_of(error)}")
    if len(data) > limit:
        raise Refused("too_large", "", bytes=len(data))
    return b'{"returned":' + data + b"}"


def plain(value):
    """What JSON has no word for: sets as lists, bytes as text where they are one, everything else as it prints."""
    if isinstance(value, (set, frozenset)):
        try:
            return sorted(value)
        except TypeError:
            return list(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        data = bytes(value)
        try:
            return data.decode()
        except UnicodeDecodeError:
            return base64.b64encode(data).decode()
    return str(value)


def log_traceback(error):
    """The traceback as Python prints it, without the frames of this file."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename == OWN_FILE:
        trace = trace.tb_next
    try:
        import traceback

        write_log("".join(traceback.format_exception(type(error), error, trace)))
    except Exception:
        write_log(f"{type(error).__name__}: {text_of(error)}\n")


def write_log(text):
    flush()
    try:
        os.write(2, text.encode("utf-8", "replace"))
    except OSError:
        # The script closed it.
        pass


def flush():
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BaseException:
            # The script closed or replaced it.
            pass


main()
