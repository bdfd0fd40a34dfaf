# SPDX-License-Identifier: Apache-2.0
"""One process of a running system, and how it is started without ``launch``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from unet_perception.files.share import PACKAGE
from unet_perception.options.option import Value

ENCLAVE_VARIABLE = "ROS_SECURITY_ENCLAVE_OVERRIDE"


@dataclass(frozen=True)
class RosNode:
    """A ROS executable.

    Attributes:
        executable: Its name, which is also the name of its node.
        package: Package that it belongs to.
        arguments: What is not for ROS.
        params_files: Parameter files; a later one wins.
        parameters: Parameters, which win over the files.
        remaps: Names from and to.
        namespace: Namespace of the node; empty for the root.
        log_level: Least severity that it logs; empty for its own default.
        enclave: SROS2 enclave; empty for none.
        needed: Its end is the end of the system; a viewer may be closed.
    """

    executable: str
    package: str = PACKAGE
    arguments: tuple[str, ...] = ()
    params_files: tuple[Path, ...] = ()
    parameters: Mapping[str, Value] = field(default_factory=dict)
    remaps: Mapping[str, str] = field(default_factory=dict)
    namespace: str = ""
    log_level: str = ""
    enclave: str = ""
    needed: bool = True

    @property
    def name(self) -> str:
        """What the process is called."""
        return self.executable

    def settings(self) -> tuple[str, ...]:
        """Return parameters, log level and enclave as ROS arguments."""
        words = [word for path in self.params_files for word in ("--params-file", str(path))]
        words += [word for key, value in self.parameters.items() for word in _parameter(key, value)]
        if self.log_level:
            words += ["--log-level", self.log_level]
        if self.enclave:
            words += ["--enclave", self.enclave]
        return tuple(words)

    def python_arguments(self) -> tuple[str, ...]:
        """Return what starts a node of this package after ``python``."""
        words = [word for old, new in self.remaps.items() for word in ("-r", f"{old}:={new}")]
        if self.namespace:
            words += ["-r", f"__ns:=/{self.namespace.strip('/')}"]
        module = ("-m", f"{PACKAGE}.nodes", self.executable, *self.arguments)
        return (*module, "--ros-args", *self.settings(), *words)


@dataclass(frozen=True)
class Command:
    """A verb of ``unet-perception``.

    Attributes:
        name: What the process is called.
        arguments: The verb and its options.
        needed: Its end is the end of the system.
        finishes: It ends by itself when its work is done.
        enclave: SROS2 enclave, should it have a node; empty for none.
    """

    name: str
    arguments: tuple[str, ...]
    needed: bool = True
    finishes: bool = False
    enclave: str = ""

    @property
    def environment(self) -> dict[str, str]:
        """Variables that it needs: it takes no ROS arguments."""
        return {ENCLAVE_VARIABLE: self.enclave} if self.enclave else {}

    def python_arguments(self) -> tuple[str, ...]:
        """Return what starts it after ``python``."""
        return ("-m", f"{PACKAGE}.cli", *self.arguments)


Part = RosNode | Command


@dataclass(frozen=True)
class System:
    """What is started together.

    Attributes:
        parts: The processes, in this order.
        notes: What to tell the user at the start, one sentence each.
        respawn: Parts that end are started again.
    """

    parts: tuple[Part, ...]
    notes: tuple[str, ...] = ()
    respawn: bool = False


def _parameter(name: str, value: Value) -> tuple[str, str]:
    # JSON is YAML in which a text stays a text: as launch would write them, y is a boolean.
    return "-p", f"{name}:={json.dumps(value)}"
