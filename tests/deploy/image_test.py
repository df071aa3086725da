"""A release (deploy/image) of the built programs: what is inside, how large it is, and that it can be made again.

VIADUCT_SIDECAR, VIADUCT_CHAT and VIADUCT_CTL are the programs' paths.
"""

import io
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import tarfile
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, ROOT)

from deploy.image import mkroot, release, sbom  # noqa: E402
from tests.deploy.container import Image  # noqa: E402

PROGRAMS = {"sidecar": os.environ["VIADUCT_SIDECAR"], "chat": os.environ["VIADUCT_CHAT"]}
ALL = {**PROGRAMS, "ctl": os.environ["VIADUCT_CTL"]}
MAX_UNPACKED = 35_000_000
MAX_PACKED = 14_000_000
# Everything that an image may hold, besides libraries and licences.
OWN_FILES = {
    "etc/group",
    "etc/nsswitch.conf",
    "etc/passwd",
    "etc/ssl/certs/ca-certificates.crt",
    "usr/lib/ssl/cert.pem",
}


def dockerfile_stage(name):
    """Returns the settings that the last instructions of a stage make."""
    with open(os.path.join(ROOT, "deploy", "image", "Dockerfile"), encoding="utf-8") as file:
        text = file.read().split(f"FROM scratch AS {name}\n")[1].split("\nFROM ")[0]
    said = {}
    for instruction, value in re.findall(r"^(USER|VOLUME|EXPOSE|STOPSIGNAL|ENTRYPOINT|CMD) (.*)$", text, re.MULTILINE):
        said[instruction] = value
    settings = {
        "User": said["USER"],
        "Volumes": {said["VOLUME"]: {}},
        "StopSignal": said["STOPSIGNAL"],
        "Entrypoint": json.loads(said["ENTRYPOINT"]),
        "Cmd": json.loads(said["CMD"]),
    }
    if "EXPOSE" in said:
        settings["ExposedPorts"] = {said["EXPOSE"]: {}}
    return settings


class ImageTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="viaduct-image-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.work, cls.output = os.path.join(cls.folder, "work"), os.path.join(cls.folder, "output")
        os.mkdir(cls.work)
        release.make(ALL, cls.output, cls.work)
        cls.roots, cls.manifests, cls.archives, cls.layers = {}, {}, {}, {}
        for name in PROGRAMS:
            cls.roots[name] = os.path.join(cls.work, name)
            with open(os.path.join(cls.work, f"{name}.json"), encoding="utf-8") as file:
                cls.manifests[name] = json.load(file)
            cls.archives[name] = cls.file_of(f"viaduct-{name}-", ".oci.tar")
            cls.layers[name] = cls.entries_of(name)

    @classmethod
    def file_of(cls, start, end):
        """Returns the path of the only file of the release with such a name."""
        (name,) = (each for each in os.listdir(cls.output) if each.startswith(start) and each.endswith(end))
        return os.path.join(cls.output, name)

    def test_a_second_release_has_the_same_bytes(self):
        # In another place, with another umask, and later.
        output, work = os.path.join(self.folder, "output-again"), os.path.join(self.folder, "work-again")
        mask = os.umask(0o077)
        try:
            os.mkdir(work)
            release.make(ALL, output, work)
        finally:
            os.umask(mask)
        with open(os.path.join(output, "SHA256SUMS"), encoding="utf-8") as file:
            again = file.read()
        with open(os.path.join(self.output, "SHA256SUMS"), encoding="utf-8") as file:
            self.assertEqual(again, file.read())

    def test_the_checksums_cover_every_file(self):
        command = ["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"]
        self.assertEqual(subprocess.run(command, cwd=self.output, check=False).returncode, 0)
        with open(os.path.join(self.output, "SHA256SUMS"), encoding="utf-8") as file:
            named = {line.split()[1] for line in file}
        self.assertEqual(named | {"SHA256SUMS"}, set(os.listdir(self.output)))
        self.assertEqual(len(named), 6)

    def test_the_archive_has_programs_that_run_and_names_what_they_need(self):
        place = os.path.join(self.folder, "unpacked")
        os.mkdir(place)
        facts = self.manifests["chat"]
        archive = self.file_of(f"viaduct-{facts['version']}-", f"-{facts['architecture']}.tar.gz")
        subprocess.run(["tar", "--extract", "--gzip", "--file", archive, "--directory", place], check=True)
        (inside,) = (os.path.join(place, name) for name in os.listdir(place))
        for program, word in (
            ("viaduct-sidecar", "--version"),
            ("viaduct-chat", "--version"),
            ("viaductctl", "version"),
        ):
            path = os.path.join(inside, "bin", program)
            done = subprocess.run([path, word], capture_output=True, text=True, check=True)
            self.assertIn(facts["version"], done.stdout.split())
        config = os.path.join(inside, "deploy", "local", "sidecar.yaml")
        command = [os.path.join(inside, "bin", "viaduct-sidecar"), "--config", config, "--check"]
        self.assertEqual(subprocess.run(command, capture_output=True, check=False).returncode, 0)
        with open(os.path.join(inside, "debian-packages.txt"), encoding="utf-8") as file:
            packages = file.read().split()
        done = subprocess.run(["dpkg-query", "--show", *packages], capture_output=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("libgrpc29", packages)

    def test_images_are_small(self):
        for name in PROGRAMS:
            paths = [os.path.join(at, each) for at, _, files in os.walk(self.roots[name]) for each in files]
            self.assertLessEqual(sum(os.lstat(path).st_size for path in paths), MAX_UNPACKED)
            self.assertLessEqual(os.path.getsize(self.archives[name]), MAX_PACKED)

    def test_an_image_holds_the_program_what_it_needs_and_nothing_else(self):
        for name in PROGRAMS:
            program = f"viaduct-{name}"
            rest = []
            for path in self.entries(name):
                library = re.fullmatch(r"usr/lib/[a-z0-9_-]+/lib[A-Za-z0-9_+.-]+\.so(\.\d+)*", path)
                loader = re.fullmatch(r"lib64/ld-linux-x86-64\.so\.2|lib/ld-linux-aarch64\.so\.1", path)
                licence = re.fullmatch(r"usr/share/(doc/[a-z0-9.+-]+/copyright|common-licenses/[A-Za-z0-9.+-]+)", path)
                if not (library or loader or licence or path == program or path in OWN_FILES):
                    rest.append(path)
            self.assertEqual(rest, [])

    @classmethod
    def entries_of(cls, name):
        """Returns the entries of the image's layer."""
        with tarfile.open(fileobj=io.BytesIO(Image(cls.archives[name]).layer)) as tar:
            return tar.getmembers()

    def entries(self, name):
        """Returns the paths of an image that are not folders."""
        return [entry.name for entry in self.layers[name] if not entry.isdir()]

    def test_all_belongs_to_root_but_the_folder_of_sockets(self):
        for name in PROGRAMS:
            for entry in self.layers[name]:
                wanted = 65532 if entry.name == "run/viaduct" else 0
                self.assertEqual((entry.uid, entry.gid), (wanted, wanted), entry.name)
                self.assertFalse(entry.mode & (stat.S_ISUID | stat.S_ISGID | stat.S_IWOTH) and not entry.issym())
                self.assertEqual(entry.mtime, 0)

    def test_the_image_starts_as_the_dockerfile_says(self):
        for name in PROGRAMS:
            image = Image(self.archives[name])
            wanted = dockerfile_stage(name)
            self.assertEqual({key: image.settings.get(key) for key in wanted}, wanted)
            self.assertEqual("ExposedPorts" in image.settings, name == "sidecar")

    def test_skopeo_reads_the_archive(self):
        for name in PROGRAMS:
            done = subprocess.run(
                ["skopeo", "inspect", f"oci-archive:{self.archives[name]}"], capture_output=True, text=True, check=False
            )
            self.assertEqual(done.returncode, 0, done.stderr)
            said = json.loads(done.stdout)
            self.assertEqual((said["Digest"], said["Os"]), (Image(self.archives[name]).digest, "linux"))
            copy = os.path.join(self.folder, f"{name}-docker.tar")
            subprocess.run(
                ["skopeo", "copy", "--quiet", f"oci-archive:{self.archives[name]}", f"docker-archive:{copy}:x:1"],
                check=True,
            )
            self.assertGreater(os.path.getsize(copy), os.path.getsize(self.archives[name]))

    def test_symbols_are_beside_and_belong_to_the_program(self):
        for name in PROGRAMS:
            inside = os.path.join(self.roots[name], f"viaduct-{name}")
            symbols = os.path.join(self.work, "debug", f"viaduct-{name}.debug")
            read = lambda option, path: subprocess.run(  # noqa: E731
                ["readelf", "--wide", option, path], capture_output=True, check=True
            ).stdout.decode(errors="replace")
            self.assertNotIn(".debug_info", read("--sections", inside))
            self.assertIn(".debug_info", read("--sections", symbols))
            self.assertIn(f"viaduct-{name}.debug", read("--string-dump=.gnu_debuglink", inside))

    def test_the_bill_of_materials_names_every_file_and_package(self):
        for name in PROGRAMS:
            document = sbom.document(self.roots[name], self.manifests[name])
            files = {entry["fileName"].removeprefix("./") for entry in document["files"]}
            links = {entry.name for entry in self.layers[name] if entry.issym()}
            self.assertEqual(files, set(self.entries(name)) - links)
            packages = {each["name"]: each for each in document["packages"]}
            for package, facts in packages.items():
                if package.startswith("viaduct-"):
                    continue
                version = subprocess.run(
                    ["dpkg-query", "--show", "--showformat", "${Version}", package],
                    capture_output=True,
                    text=True,
                    check=True,
                ).stdout
                self.assertEqual(facts["versionInfo"], version)
                licence = os.path.join(self.roots[name], "usr/share/doc", package, "copyright")
                self.assertTrue(os.path.isfile(licence), licence)
            self.assertLessEqual({"libc6", "libssl3", "libgrpc29", "libboost1.81-dev"}, set(packages))
            ids = [each["SPDXID"] for each in document["packages"] + document["files"]]
            self.assertEqual(len(ids), len(set(ids)))
            for relation in document["relationships"]:
                ends = {relation["spdxElementId"], relation["relatedSpdxElement"]}
                self.assertLessEqual(ends, {*ids, "SPDXRef-DOCUMENT"})

    def test_a_folder_that_is_not_empty_and_a_program_that_is_none_are_refused(self):
        with self.assertRaisesRegex(mkroot.Failed, "not empty"):
            mkroot.make(PROGRAMS["chat"], self.roots["chat"])
        with self.assertRaisesRegex(mkroot.Failed, "not a dynamic executable"):
            mkroot.make(__file__, os.path.join(self.folder, "none"))


if __name__ == "__main__":
    unittest.main()
