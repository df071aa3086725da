"""Makes a Python 2.7 with Autobahn's test suite in it, which runs on nothing newer, on a Debian 12 that has neither.

The interpreter is Debian 11's: its packages are fetched by apt from the mirror that the system uses and unpacked in a
directory of ours, so nothing is installed. The suite and what it needs come from PyPI by pip. All is kept and found
again. Who has a Python 2.7 may name it by VIADUCT_PYTHON27; the mirror is not asked then.
"""

import glob
import hashlib
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
REQUIREMENTS = os.path.join(HERE, "requirements.txt")

# The packages that are taken as source: the suite, its library, and that library's fast masking and UTF-8.
SOURCES = ("autobahntestsuite==25.10.1", "autobahn==0.10.9", "wsaccel==0.6.7")

RELEASE = "bullseye"
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
PACKAGES = ("python2.7-minimal", "libpython2.7-minimal", "libpython2.7-stdlib", "libpython2.7-dev", "libssl1.1", "libffi7")

# The wheels are for this interpreter.
WHEELS = ["--python-version=2.7", "--implementation=cp", "--abi=cp27mu", "--abi=none", "--only-binary=:all:"]
WHEELS += [f"--platform={name}" for name in ("manylinux2010_x86_64", "manylinux1_x86_64", "any")]


class Failed(Exception):
    """Something could not be done; the message says what."""


class Python27:
    """Runs scripts with the suite's modules at hand."""

    def __init__(self, interpreter, library, modules, home=None):
        self._interpreter = interpreter
        self._environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "VIADUCT_SUITE": modules}
        # These are not for our interpreter: the system's own Python runs this script.
        for name in ("PYTHONPATH", "PYTHONHOME"):
            self._environment.pop(name, None)
        if home:
            self._environment.update(PYTHONHOME=home, LD_LIBRARY_PATH=library)

    def start(self, script, *arguments, **options):
        """Returns a subprocess.Popen of `script`."""
        return subprocess.Popen([self._interpreter, script, *arguments], env=self._environment, **options)


def prepare(cache):
    """Returns the Python27 below the directory `cache`, made if it is not there. Raises Failed."""
    own = os.environ.get("VIADUCT_PYTHON27")
    digest = hashlib.sha256()
    for path in (__file__, REQUIREMENTS):
        with open(path, "rb") as file:
            digest.update(file.read())
    place = os.path.join(cache, f"conformance-{digest.hexdigest()[:12]}{'-own' if own else ''}")
    if not os.path.exists(place):
        if os.uname().machine != "x86_64":
            raise Failed("Autobahn's suite needs wheels that exist for x86-64 only")
        part = f"{place}.{os.getpid()}"
        os.makedirs(part)
        try:
            if not own:
                fetch_interpreter(part)
            fetch_modules(part, own)
            os.rename(part, place)
        finally:
            shutil.rmtree(part, ignore_errors=True)
    os.utime(place)
    modules = os.path.join(place, "modules")
    if own:
        return Python27(own, None, modules)
    usr = os.path.join(place, "system", "usr")
    library = os.path.join(usr, "lib", "x86_64-linux-gnu")
    return Python27(os.path.join(usr, "bin", "python2.7"), library, modules, home=usr)


def run(what, command, **options):
    """Runs `command`; its output is shown only if it fails."""
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **options)
    if result.returncode != 0:
        raise Failed(f"{what} failed:\n{result.stdout[-3000:]}")
    return result.stdout


def mirror():
    """Returns the URL that the system's own packages come from."""
    form = "$(ORIGIN) $(COMPONENT) $(REPO_URI)"
    for line in run("apt-get", ["apt-get", "indextargets", "--format", form, "Created-By: Packages"]).splitlines():
        origin, component, url = line.split(" ", 2)
        if origin == "Debian" and component == "main" and "security" not in url:
            return url
    raise Failed("apt knows no mirror of Debian's: run apt-get update first, or set VIADUCT_PYTHON27")


def fetch_interpreter(place):
    """Unpacks Debian 11's Python 2.7 below `place`/system, without changing anything of the system's."""
    apt = os.path.join(place, "apt")
    for folder in ("parts", "lists/partial", "archives/partial", "debs"):
        os.makedirs(os.path.join(apt, folder))
    with open(os.path.join(apt, "parts", "old.list"), "w", encoding="utf-8") as file:
        file.write(f"deb [signed-by={KEYRING}] {mirror()} {RELEASE} main\n")
    options = {
        "Dir::Etc::sourcelist": "/dev/null",
        "Dir::Etc::sourceparts": os.path.join(apt, "parts"),
        "Dir::State::lists": os.path.join(apt, "lists"),
        "Dir::State::status": "/dev/null",
        "Dir::Cache::archives": os.path.join(apt, "archives"),
        "Dir::Cache::pkgcache": "",
        "Dir::Cache::srcpkgcache": "",
        "APT::Sandbox::User": "",
        "APT::Update::Error-Mode": "any",
        "Acquire::Languages": "none",
    }
    command = ["apt-get", "-q", *(f"-o{name}={value}" for name, value in options.items())]
    run("apt-get update", [*command, "update"])
    run("apt-get download", [*command, "download", *PACKAGES], cwd=os.path.join(apt, "debs"))
    for package in glob.glob(os.path.join(apt, "debs", "*.deb")):
        run("dpkg-deb", ["dpkg-deb", "--extract", package, os.path.join(place, "system")])
    shutil.rmtree(apt)


def fetch_modules(place, own):
    """Puts the suite and all its imports into `place`/modules."""
    modules = os.path.join(place, "modules")
    tools = os.path.join(place, "tools")
    sources = os.path.join(place, "sources")
    run("venv", [sys.executable, "-m", "venv", tools])
    pip = [os.path.join(tools, "bin", "python"), "-m", "pip", "--disable-pip-version-check", "--quiet"]
    run(
        "pip install",
        [*pip, "install", "--no-deps", "--no-compile", f"--target={modules}", *WHEELS, "-r", REQUIREMENTS],
    )
    run("pip download", [*pip, "download", "--no-deps", "--no-binary=:all:", "-d", sources, *SOURCES])
    for archive in glob.glob(os.path.join(sources, "*.tar.gz")):
        run("tar", ["tar", "-xzf", archive, "-C", sources])
    for name in ("autobahn", "autobahntestsuite", "wsaccel"):
        (found,) = (path for path in glob.glob(os.path.join(sources, "*", name)) if os.path.isdir(path))
        shutil.copytree(found, os.path.join(modules, name))
    # Twisted finds zope's packages by a .pth file, which only a site's directory has.
    open(os.path.join(modules, "zope", "__init__.py"), "ab").close()
    compile_wsaccel(place, os.path.join(modules, "wsaccel"), own)
    shutil.rmtree(sources)
    shutil.rmtree(tools)


def compile_wsaccel(place, folder, own):
    """Compiles the two modules of wsaccel in place."""
    if own:
        code = "import sysconfig; print(sysconfig.get_paths()['include'])"
        includes = ["-I", run("python2.7", [own, "-c", code]).strip()]
    else:
        include = os.path.join(place, "system", "usr", "include")
        includes = ["-I", os.path.join(include, "python2.7"), "-I", include]
    for source in glob.glob(os.path.join(folder, "*.c")):
        output = source[: -len(".c")] + ".so"
        flags = ["-O2", "-w", "-fno-strict-aliasing", "-fwrapv", "-shared", "-fPIC"]
        run("clang", ["clang-19", *flags, *includes, source, "-o", output])
