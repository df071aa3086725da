"""Writes a root folder of mkroot.py as an OCI image archive. Equal roots make equal bytes, so equal digests.

No daemon is needed: `skopeo copy oci-archive:FILE.tar docker://…` pushes it, `podman load` and `docker load` (25 and
later) read it. The image's settings are those of the stages in Dockerfile, which a test compares.
"""

import gzip
import hashlib
import io
import json
import os
import stat
import tarfile

UID = 65532
RUN_FOLDER = "run/viaduct"
EPOCH = "1970-01-01T00:00:00Z"
OCI = "application/vnd.oci.image"
# GOARCH's names of Debian's architectures.
ARCHITECTURES = {"amd64": "amd64", "arm64": "arm64"}


def settings(name, version):
    """Returns what the image says about running its program."""
    config = {
        "User": f"{UID}:{UID}",
        "Entrypoint": [f"/{name}"],
        "Cmd": ["--config", "env:VIADUCT_CONFIG"],
        "Volumes": {f"/{RUN_FOLDER}": {}},
        "WorkingDir": "/",
        "StopSignal": "SIGTERM",
        "Labels": {
            "org.opencontainers.image.title": name,
            "org.opencontainers.image.version": version,
            "org.opencontainers.image.licenses": "Apache-2.0",
        },
    }
    if name == "viaduct-sidecar":
        config["ExposedPorts"] = {"8080/tcp": {}}
    return config


def tar_of(root, of_user=()):
    """Returns the folder's content as a tar: sorted, without times, all of it root's but the paths of our user."""
    paths = []
    for folder, folders, files in os.walk(root):
        folders.sort()
        paths += [os.path.relpath(os.path.join(folder, name), root) for name in folders + files]
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for path in sorted(paths):
            outside = os.path.join(root, path)
            mode = os.lstat(outside).st_mode
            entry = tarfile.TarInfo(path)
            entry.uid = entry.gid = UID if path in of_user else 0
            # The mode of a file depends on the umask of whoever made it, except whether it may be run.
            entry.mode = 0o755 if stat.S_ISDIR(mode) or mode & stat.S_IXUSR else 0o644
            if stat.S_ISLNK(mode):
                entry.type, entry.linkname, entry.mode = tarfile.SYMTYPE, os.readlink(outside), 0o777
                tar.addfile(entry)
            elif stat.S_ISDIR(mode):
                entry.type = tarfile.DIRTYPE
                tar.addfile(entry)
            else:
                entry.size = os.path.getsize(outside)
                with open(outside, "rb") as file:
                    tar.addfile(entry, file)
    return output.getvalue()


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def encoded(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


class Archive:
    """The OCI layout: a file for each blob, named after its digest, and an index."""

    def __init__(self):
        self._blobs = {}

    def add(self, kind, data):
        """Adds a blob; returns its descriptor."""
        self._blobs[digest(data)] = data
        return {"mediaType": kind, "digest": digest(data), "size": len(data)}

    def write(self, path, index):
        files = {"oci-layout": encoded({"imageLayoutVersion": "1.0.0"}), "index.json": encoded(index)}
        files.update({f"blobs/sha256/{name.removeprefix('sha256:')}": data for name, data in self._blobs.items()})
        with tarfile.open(path, "w", format=tarfile.GNU_FORMAT) as tar:
            for name, data in sorted(files.items()):
                entry = tarfile.TarInfo(name)
                entry.size = len(data)
                tar.addfile(entry, io.BytesIO(data))


def make(root, manifest, path):
    """Writes the archive; returns the image's digest."""
    name, version = manifest["program"], manifest["version"]
    layer = tar_of(root, {RUN_FOLDER})
    archive = Archive()
    packed = archive.add(f"{OCI}.layer.v1.tar+gzip", gzip.compress(layer, compresslevel=6, mtime=0))
    config = {
        "created": EPOCH,
        "architecture": ARCHITECTURES[manifest["architecture"]],
        "os": "linux",
        "config": settings(name, version),
        "rootfs": {"type": "layers", "diff_ids": [digest(layer)]},
        "history": [{"created": EPOCH, "created_by": "mkroot.py, mkimage.py"}],
    }
    described = archive.add(f"{OCI}.config.v1+json", encoded(config))
    image = {
        "schemaVersion": 2,
        "mediaType": f"{OCI}.manifest.v1+json",
        "config": described,
        "layers": [packed],
    }
    reference = archive.add(f"{OCI}.manifest.v1+json", encoded(image))
    reference["annotations"] = {"org.opencontainers.image.ref.name": version}
    archive.write(path, {"schemaVersion": 2, "manifests": [reference]})
    return reference["digest"]
