"""Containers of a task definition, run by runc from OCI image archives as Fargate runs them: one network namespace,
read-only roots, the user and the volumes of the definition, no capabilities.

The caller's own network namespace is the task's.
"""

import json
import os
import resource
import shutil
import subprocess
import tarfile

RUN_FOLDER = "/run/viaduct"
# A start or a stop that takes longer hangs.
TIMEOUT = 60


class Image:
    """An OCI image archive."""

    def __init__(self, path):
        with tarfile.open(path) as archive:
            read = lambda name: archive.extractfile(name).read()  # noqa: E731
            blob = lambda descriptor: read("blobs/sha256/" + descriptor["digest"].removeprefix("sha256:"))  # noqa: E731
            (reference,) = json.loads(read("index.json"))["manifests"]
            manifest = json.loads(blob(reference))
            (self.layer,) = (blob(layer) for layer in manifest["layers"])
            self.settings = json.loads(blob(manifest["config"]))["config"]
        self.digest = reference["digest"]

    def unpack(self, folder):
        """Unpacks the layer, with GNU tar, which refuses what is malformed."""
        os.makedirs(folder)
        subprocess.run(["tar", "--extract", "--gzip", "--directory", folder], input=self.layer, check=True)


class Container:
    """One container of a task definition, with an image's settings. Several may share a `root`, the unpacked image."""

    def __init__(self, definition, settings, root, folder, volume, environment):
        self.name = definition["name"]
        self._definition = definition
        self._state = os.path.join(folder, "runc")
        self._id = f"{self.name}-{os.getpid()}"
        self._log = os.path.join(folder, f"{self.name}.log")
        bundle = os.path.join(folder, self.name)
        os.mkdir(bundle)
        values = {each["name"]: each["value"] for each in definition["environment"]}
        config = self._config(settings, root, volume, {**values, **environment})
        with open(os.path.join(bundle, "config.json"), "w", encoding="utf-8") as file:
            json.dump(config, file)
        with open(self._log, "wb") as log:
            self._process = subprocess.Popen(
                ["runc", "--root", self._state, "run", "--bundle", bundle, self._id],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def _config(self, settings, root, volume, environment):
        definition = self._definition
        uid, gid = map(int, definition["user"].split(":"))
        (mount,) = definition["mountPoints"]
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        return {
            "ociVersion": "1.0.2",
            "process": {
                "user": {"uid": uid, "gid": gid},
                "args": settings["Entrypoint"] + definition["command"],
                "env": [f"{name}={value}" for name, value in environment.items()],
                "cwd": settings["WorkingDir"],
                "capabilities": {},
                "noNewPrivileges": True,
                # Fargate has more than some machines.
                "rlimits": [
                    {
                        "type": "RLIMIT_NOFILE",
                        "soft": min(each["softLimit"], hard),
                        "hard": min(each["hardLimit"], hard),
                    }
                    for each in definition["ulimits"]
                ],
            },
            "root": {"path": root, "readonly": definition["readonlyRootFilesystem"]},
            "hostname": "task",
            "mounts": [
                {"destination": "/proc", "type": "proc", "source": "proc"},
                {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "mode=755"]},
                {
                    "destination": mount["containerPath"],
                    "type": "bind",
                    "source": volume,
                    "options": ["rbind", "ro" if mount["readOnly"] else "rw"],
                },
            ],
            "linux": {
                "namespaces": [
                    *({"type": kind} for kind in ("pid", "ipc", "uts", "mount")),
                    {"type": "network", "path": f"/proc/{os.getpid()}/ns/net"},
                ],
            },
        }

    def _runc(self, *words):
        command = ["runc", "--root", self._state, *words]
        return subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, check=False)

    def healthy(self):
        """Returns True if the definition's health check, run inside, finds the container healthy."""
        kind, *command = self._definition["healthCheck"]["command"]
        assert kind == "CMD", kind
        return self._runc("exec", self._id, *command).returncode == 0

    def status(self):
        """Returns /proc/PID/status of the program, as a dictionary."""
        state = json.loads(self._runc("state", self._id).stdout)
        with open(f"/proc/{state['pid']}/status", encoding="utf-8") as file:
            return dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)

    def mounts(self):
        """Returns the options of each mount, by its place."""
        state = json.loads(self._runc("state", self._id).stdout)
        with open(f"/proc/{state['pid']}/mounts", encoding="utf-8") as file:
            return {line.split()[1]: line.split()[3].split(",") for line in file}

    def running(self):
        return self._process.poll() is None

    def terminate(self):
        """Sends SIGTERM."""
        done = self._runc("kill", self._id, "TERM")
        assert done.returncode == 0, done.stderr

    def wait(self):
        """Waits for the end; returns the program's exit code."""
        return self._process.wait(TIMEOUT)

    def remove(self):
        """Ends the container if it still runs, and removes what runc keeps of it."""
        self._runc("delete", "--force", self._id)
        if self.running():
            self._process.kill()
        self._process.wait()

    def log(self):
        with open(self._log, encoding="utf-8", errors="replace") as file:
            return file.read()

    def entries(self):
        """Returns the lines of the log that are JSON."""
        return [json.loads(line) for line in self.log().splitlines() if line.startswith("{") and line.endswith("}")]


def cannot_run(folder):
    """Returns why no container can run on this machine, or None. Nothing of ours is in the container that is tried."""
    for program in ("runc", "ip", "unshare"):
        if shutil.which(program) is None:
            return f"no {program}"
    if os.geteuid() != 0:
        return "needs root"
    root = os.path.join(folder, "probe", "rootfs")
    os.makedirs(root)
    parts = [name for name in ("usr", "bin", "lib", "lib64") if os.path.isdir(f"/{name}")]
    config = {
        "ociVersion": "1.0.2",
        "process": {"user": {"uid": 0, "gid": 0}, "args": ["/usr/bin/true"], "cwd": "/", "capabilities": {}},
        "root": {"path": "rootfs"},
        "mounts": [
            {"destination": "/proc", "type": "proc", "source": "proc"},
        ]
        + [
            {"destination": f"/{name}", "type": "bind", "source": f"/{name}", "options": ["rbind", "ro"]}
            for name in parts
        ],
        "linux": {"namespaces": [{"type": kind} for kind in ("pid", "ipc", "uts", "mount", "network")]},
    }
    with open(os.path.join(folder, "probe", "config.json"), "w", encoding="utf-8") as file:
        json.dump(config, file)
    command = ["runc", "--root", os.path.join(folder, "probe-state"), "run", "--bundle", os.path.dirname(root)]
    done = subprocess.run(
        [*command, f"probe-{os.getpid()}"], capture_output=True, text=True, timeout=TIMEOUT, check=False
    )
    return None if done.returncode == 0 else f"runc: {(done.stderr or done.stdout).strip()[-200:]}"
