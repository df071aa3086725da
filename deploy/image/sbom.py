"""Writes the software bill of materials of a root folder of mkroot.py, as SPDX 2.3 in JSON.

Packages and versions are dpkg's, so scanners can match them with Debian's security tracker. Every file of the root is
listed with its digest, and says which package it comes from. Licences are in the root, below usr/share/doc.
"""

import hashlib
import json
import os
import re

# Of the document, not of the packages: equal roots make equal documents.
CREATED = "1970-01-01T00:00:00Z"
NAMESPACE = "https://spdx.org/spdxdocs/viaduct"


def spdx_id(*words):
    return "SPDXRef-" + "-".join(re.sub(r"[^A-Za-z0-9.-]", "-", word) for word in words)


def checksums(path):
    with open(path, "rb") as file:
        data = file.read()
    return [
        # SPDX asks for SHA-1 of each file.
        {"algorithm": "SHA1", "checksumValue": hashlib.sha1(data).hexdigest()},
        {"algorithm": "SHA256", "checksumValue": hashlib.sha256(data).hexdigest()},
    ]


def package(facts, headers):
    """Returns the SPDX package of what dpkg says of it."""
    name, version = facts["name"], facts["version"]
    url = f"pkg:deb/debian/{name}@{version}?arch={facts['architecture']}&distro=debian-12"
    result = {
        "SPDXID": spdx_id("Package", name),
        "name": name,
        "versionInfo": version,
        "supplier": "Organization: Debian",
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "licenseConcluded": "NOASSERTION",
        "licenseDeclared": "NOASSERTION",
        "licenseComments": f"/usr/share/doc/{name}/copyright in the image",
        "copyrightText": "NOASSERTION",
        "sourceInfo": f"built from Debian source package {facts['source']} {facts['source_version']}",
        "externalRefs": [
            {
                "referenceCategory": "PACKAGE-MANAGER",
                "referenceType": "purl",
                "referenceLocator": url.replace("+", "%2B"),
            }
        ],
    }
    if name in headers:
        result["comment"] = "Only its headers are used; they are compiled into the program."
    return result


def document(root, manifest):
    """Returns the whole document."""
    name, version = manifest["program"], manifest["version"]
    own = spdx_id("Package", name)
    packages = [
        {
            "SPDXID": own,
            "name": name,
            "versionInfo": version,
            "downloadLocation": "NOASSERTION",
            "filesAnalyzed": False,
            "licenseConcluded": "Apache-2.0",
            "licenseDeclared": "Apache-2.0",
            "copyrightText": "NOASSERTION",
            "primaryPackagePurpose": "CONTAINER",
        }
    ]
    relations = [("SPDXRef-DOCUMENT", "DESCRIBES", own)]
    for key, facts in sorted(manifest["packages"].items()):
        packages.append(package(facts, manifest["headers"]))
        static = facts["name"] in manifest["headers"]
        relations.append((own, "STATIC_LINK" if static else "CONTAINS", spdx_id("Package", key.split(":")[0])))
    files = []
    for path, origin in sorted(manifest["files"].items()):
        files.append(
            {
                "SPDXID": spdx_id("File", path),
                "fileName": f"./{path}",
                "checksums": checksums(os.path.join(root, path)),
                "licenseConcluded": "NOASSERTION",
                "copyrightText": "NOASSERTION",
            }
        )
        owner = spdx_id("Package", origin.split(":")[0]) if origin else own
        relations.append((owner, "CONTAINS", spdx_id("File", path)))
    content = hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()
    return {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": f"{name}-{version}",
        "documentNamespace": f"{NAMESPACE}/{name}-{version}-{content[:32]}",
        "creationInfo": {"created": CREATED, "creators": ["Tool: viaduct-sbom"]},
        "packages": packages,
        "files": files,
        "relationships": [
            {"spdxElementId": left, "relationshipType": kind, "relatedSpdxElement": right}
            for left, kind, right in relations
        ],
    }
