"""source.py: the project's source files, for tests/checks."""
import hashlib
import json
import os
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(os.environ.get("GYRE_SOURCE") or Path(__file__).resolve().parent.parent.parent)
BUILD = ROOT / "build"
CACHE = BUILD / "check-cache"


def files(*patterns):
    """Paths relative to the root."""
    return sorted(p.relative_to(ROOT) for pattern in patterns for p in ROOT.glob(pattern) if p.is_file())


def tracked():
    """Every file under version control, or None outside a repository."""
    listed = subprocess.run(["git", "-C", ROOT, "-c", f"safe.directory={ROOT}", "ls-files", "-z"], capture_output=True)
    if listed.returncode:
        return None
    return [Path(p) for p in listed.stdout.decode().split("\0") if p and (ROOT / p).is_file()]


def text(path):
    return (ROOT / path).read_text(errors="replace")


def code(path):
    """The text with comments and the insides of texts blanked out; lines stay where they are."""
    blank = lambda m: re.sub(r"[^\n]", " ", m[0]) if m[0][0] == "/" else '""' if m[0][0] == '"' else "' '"
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', blank, text(path), flags=re.S)


def includes(path):
    """Our own headers a file names, as written ("base/json.h")."""
    return re.findall(r'^\s*#\s*include\s+"([^"]+)"', text(path), re.M)


def resolve(name):
    for folder in ("src", "tests"):
        if (ROOT / folder / name).is_file():
            return Path(folder) / name
    return None


def closure(path, seen=None):
    """The file and every header of ours it reads, directly or not."""
    seen = {} if seen is None else seen
    if path in seen:
        return seen
    seen[path] = True
    for name in includes(path):
        found = resolve(name)
        if found:
            closure(found, seen)
    return seen


def digest(path, *more):
    """Changes when the file, a header it reads, or anything in `more` does."""
    h = hashlib.sha256(repr(more).encode())
    for part in sorted(closure(path)):
        h.update(str(part).encode() + b"\0" + (ROOT / part).read_bytes())
    return h.hexdigest()


def flags(build="build"):
    """What the compiler is told about a file of src/, without what names the file."""
    commands = json.loads((ROOT / build / "compile_commands.json").read_text())
    command = next(c["command"] for c in commands if "src/libgyre-core" in c["output"])
    keep = [w.strip("'") for w in command.split()]
    keep = [w for w in keep if re.match(r"-(I|D|U|O|isystem|W|std|f)", w) and not re.match("-fsanitize|-fdiagnostics|-fcolor", w)]
    # Paths are relative to the build folder.
    return [re.sub(r"^(-I|-isystem)(?!/)(.*)", lambda m: m[1] + str(ROOT / build / m[2]), w) for w in keep]


def each(function, items):
    with ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        return list(pool.map(function, items))


def cached(tool, version, paths, run, at_once=1):
    """Runs run(path, ...) -> output ("" is clean) for every path whose content was not found clean before; returns the
    [(path, output)] that are not clean.  A tool that takes long to start is given several paths at once, and those again one by
    one if they are not all clean."""
    folder = CACHE / tool
    folder.mkdir(parents=True, exist_ok=True)
    marks = {p: folder / digest(p, tool, version) for p in paths}
    new = [p for p in paths if not marks[p].exists()]

    def some(group):
        output = run(*group)
        if output and len(group) > 1:
            return [found for path in group for found in some([path])]
        if not output:
            for path in group:
                marks[path].touch()
        return [(path, output) for path in group]

    groups = [new[i:i + at_once] for i in range(0, len(new), at_once)]
    return [(p, o) for found in each(some, groups) for p, o in found if o]


def findings(output):
    """The lines of a compiler's or linter's output that say what is wrong where; all of it if there are none."""
    lines = [line.replace(f"{ROOT}/", "") for line in output.splitlines()]
    lines = [re.sub(r"^(?:build[\w-]*/)?\.\./", "", line) for line in lines]
    return "\n".join(dict.fromkeys(line for line in lines if re.search(r": (fatal )?(error|warning|portability|performance): ", line))) or output
