"""folder.py: what a folder holds, what a refusal says, and whether the kept bytes are what their names say.

    before = folder.contents(".")            # {path: digest} of everything but .gyre
    folder.refused(result, 2, "gyre.yaml:3:1", "did you mean")       # raises unless it is one clear sentence
    assert not folder.damaged_blobs(".")
"""
import hashlib
import json
import os


def digest(path):
    with open(path, "rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest() if hasattr(hashlib, "file_digest") \
            else hashlib.sha256(f.read()).hexdigest()


def contents(top):
    found = {}
    for here, folders, files in os.walk(top):
        folders[:] = [f for f in folders if f != ".gyre"]
        for name in folders + files:
            path = os.path.join(here, name)
            found[os.path.relpath(path, top)] = os.readlink(path) if os.path.islink(path) else \
                "folder" if os.path.isdir(path) else digest(path)
    return found


def blobs(project):
    """{digest by name: path} of the blobs that are kept."""
    top = os.path.join(project, ".gyre", "blobs")
    return {part + name: os.path.join(top, part, name)
            for part in sorted(os.listdir(top)) if len(part) == 2 and os.path.isdir(os.path.join(top, part))
            for name in sorted(os.listdir(os.path.join(top, part)))} if os.path.isdir(top) else {}


def damaged_blobs(project):
    return [name for name, path in blobs(project).items() if digest(path) != name]


def sentence(result):
    """What the program said went wrong: the refusal, or the one step that failed of a run with --json."""
    told = json.loads(result.out) if result.out.strip() else {}
    if "error" in told:
        return told["error"]["message"]
    failed = [s for s in told.get("steps", []) if s["status"] == "failed"]
    assert len(failed) == 1, ("one step fails", [s["name"] for s in failed], result.out[-500:], result.err)
    return failed[0]["error"]


def refused(result, status, *parts, shows_text=False):
    """One clear sentence that says these things, and the documented exit status; lines of the user's text may be shown."""
    said = sentence(result) if result.out.lstrip().startswith("{") else result.err.removeprefix("gyre: ").rstrip("\n")
    assert result.status == status, (result.status, status, said, result.err)
    assert said and (shows_text or "\n" not in said) and len(said) < 600, said
    for word in ("GLib", "CRITICAL", "ERROR: AddressSanitizer", "Assertion", "INTERNAL", "terminate called"):
        assert word not in result.err, result.err
    for part in parts:
        assert part.lower() in said.lower(), (part, said)
    return said


def statuses(result):
    return {s["name"]: s["status"] for s in result["steps"]}
