"""Make ``.venv`` and install what a target needs: ``run`` or ``test``. Later calls find everything done.

Standard library only. Uses uv when it is there, else pip.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
FILES = {"run": "requirements.txt", "test": "requirements-dev.txt"}


def fail(message: str) -> None:
    """One line, exit code 1."""
    sys.exit(f"setup: {message}")


def as_root_on_debian() -> bool:
    """Whether Debian packages can be installed here."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def apt(*packages: str) -> None:
    """Install Debian packages quietly."""
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages],
    ):
        done = subprocess.run(command, env=environ, capture_output=True, text=True)
        if done.returncode:
            fail(f"{' '.join(command[:2])} did not work:\n{done.stderr[-2000:]}")


def stamp(target: str) -> str:
    """What the installation depends on."""
    digest = hashlib.sha256(sys.version.encode() + str(ROOT).encode())
    for path in [
        ROOT / "constraints.txt",
        ROOT / FILES[target],
        ROOT / "setup.cfg",
        *sorted(ROOT.glob("plugins/*/setup.cfg")),
    ]:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def make_venv() -> None:
    """A virtual environment, even where Debian split its parts away."""
    if PYTHON.exists():
        return
    uv = shutil.which("uv")
    if uv:
        subprocess.run([uv, "venv", "-q", "--seed", "--python", sys.executable, str(VENV)], check=True)
        return
    try:
        venv.create(VENV, with_pip=True)
    except (subprocess.CalledProcessError, ImportError):
        shutil.rmtree(VENV, ignore_errors=True)
        if not as_root_on_debian():
            fail("this Python cannot make virtual environments; on Debian run: apt-get install python3-venv")
        apt("python3-venv")
        done = subprocess.run([sys.executable, "-m", "venv", str(VENV)])
        if done.returncode:
            fail("the virtual environment could not be made")


def install(target: str) -> None:
    """The pinned packages, the core and the plugins in one command."""
    print(f"Installing into {VENV.name} (the first time takes about a minute) …", flush=True)
    uv = shutil.which("uv")
    command = (
        [uv, "pip", "install", "-q", "--compile-bytecode", "-p", str(PYTHON)]
        if uv
        else [str(PYTHON), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    )
    done = subprocess.run([*command, "-c", "constraints.txt", "-r", FILES[target]], cwd=ROOT)
    if done.returncode:
        fail("the packages could not be installed")


def browser() -> None:
    """Browser tests need Chromium and fonts, the clock's a library that lies about the time; Debian has them."""
    if shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome"):
        return
    if as_root_on_debian():
        print("Installing Chromium and libfaketime for the tests …", flush=True)
        apt("chromium", "fonts-inter", "fonts-noto-core", "libfaketime")
    elif os.environ.get("CI") == "true":
        fail("the browser tests need Chromium")


def main() -> None:
    """Bring the target's environment up to date."""
    if sys.version_info < (3, 11):  # noqa: UP036 - started by whatever Python a machine has
        fail(f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}")
    target = sys.argv[1]
    make_venv()
    mark = VENV / f".installed-{target}"
    wanted = stamp(target)
    if target == "run" and not mark.exists() and (VENV / ".installed-test").exists():
        mark = VENV / ".installed-test"
        wanted = stamp("test")
    if not mark.exists() or mark.read_text() != wanted:
        install(target)
        mark.write_text(wanted)
    if target == "test":
        browser()


if __name__ == "__main__":
    main()
