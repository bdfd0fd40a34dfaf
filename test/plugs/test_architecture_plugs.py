# SPDX-License-Identifier: Apache-2.0
"""An architecture of another package goes all the way: bundle, engines, training, int8, summary."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from plugged import REPO, plug, python

from unet_perception.dataset import DatasetInfo, write_info, write_pair

ENTRY = "half = half_net:HALF"
SAVE = """
import numpy as np, torch
from pathlib import Path
from unet_perception.engines import open_engine
from unet_perception.errors import UnetPerceptionError
from unet_perception.labels import load_label_set
from unet_perception.model.architecture import ARCHITECTURES
from unet_perception.model.bundle import bundle_weights, load_bundle, save_bundle
from unet_perception.model.spec import ModelSpec

def save(path, name="half"):
    torch.manual_seed(1)
    network = ARCHITECTURES.load(name).build(13, 8)
    weights = {name: tensor.numpy() for name, tensor in network.state_dict().items()}
    spec = ModelSpec(8, (32, 48), load_label_set("carla-0.8"), architecture=name)
    save_bundle(path, weights, spec, half=False)
    return load_bundle(path)
"""


@pytest.fixture
def half(tmp_path: Path) -> Path:
    """A folder with a package that brings the architecture ``half``."""
    for library in ("torch", "onnx", "openvino"):
        pytest.importorskip(library, reason=f"{library} is not installed")
    code = (REPO / "test" / "harness" / "half_net.py").read_text()
    return plug(tmp_path, "half_net", code, architectures=ENTRY)


def test_its_bundle_is_run_by_every_engine(half: Path) -> None:
    code = f"""{SAVE}
bundle = save(Path({str(half / "bundle")!r}))
picture = np.random.default_rng(0).integers(0, 256, (32, 48, 4), np.uint8)
names = ("pytorch", "openvino")
masks = [open_engine(bundle, name, "fp32").infer(picture).copy() for name in names]
print(bundle.spec.architecture, list(bundle_weights(bundle))[0], (masks[0] == masks[1]).mean())
from unet_perception.cli.main import main
main(["summary", "--model", str(bundle.path)])
from unet_perception.model.summary import multiply_adds
print(multiply_adds(bundle.spec))
"""
    first, *table, count = python(code, half).splitlines()
    assert first.startswith("half first.weight ")
    assert float(first.split()[-1]) > 0.99
    assert any("Half net, 8 filters, 13 classes" in line for line in table)
    assert int(count) == 16 * 24 * (9 * 3 * 8 + 9 * 8 * 8 + 8 * 13)


def test_it_is_trained(half: Path, tmp_path: Path) -> None:
    pytest.importorskip("kornia", reason="kornia is not installed")
    data = tmp_path / "data"
    rng = np.random.default_rng(0)
    for number in range(4):
        rgb = rng.integers(0, 256, (32, 48, 3), np.uint8)
        write_pair(data, f"{number:06d}", rgb, np.full((32, 48), number, np.uint8))
    write_info(data, DatasetInfo(label_set="carla-0.8"))
    out = tmp_path / "trained"
    options = ("--epochs", "1", "--batch-size", "2", "--height", "32", "--width", "48")
    size = ("--n-filters", "4", "--set", "architecture=half", "--set", "ema_decay=0.9")
    arguments = ["train", "--data", f"{data},hold_out=0.5", "--out", str(out), *options, *size]
    code = f"""
from unet_perception.cli.main import main
from unet_perception.model.bundle import load_bundle
from pathlib import Path
assert main({arguments!r}) == 0
print(load_bundle(Path({str(out)!r})).spec.architecture)
"""
    assert python(code, half).splitlines()[-1] == "half"


def test_its_network_is_quantized(half: Path) -> None:
    pytest.importorskip("nncf", reason="nncf is not installed")
    code = f"""{SAVE}
bundle = save(Path({str(half / "bundle")!r}))
from unet_perception.quantization.bundle_int8 import _even_graphs
from unet_perception.quantization.int8 import quantize_int8
pictures = [np.random.default_rng(i).integers(0, 256, (32, 48, 3), np.uint8) for i in range(4)]
graphs = _even_graphs(bundle, pictures)
for kept in ARCHITECTURES.load("half").int8_kept:
    files = quantize_int8(next(iter(graphs.values())), pictures, kept)
print(*sorted(files))
"""
    assert python(code, half).splitlines()[-1] == "model_int8.bin model_int8.xml"


def test_without_its_package_the_bundle_is_refused_in_a_line(half: Path) -> None:
    path = f"Path({str(half / 'bundle')!r})"
    python(f"{SAVE}\nsave({path})", half)
    attempt = f"""{SAVE}
try:
    open_engine(load_bundle({path}), "pytorch")
except UnetPerceptionError as error:
    print(type(error).__name__, error)
"""
    assert python(attempt).endswith("architecture is 'half'; only 'unet' is known")
    (half / "half_net.py").write_text("import package_that_is_not_there\n")
    why = "package half_net 1.0 cannot be imported: ModuleNotFoundError"
    assert python(attempt, half).startswith(f"BundleError {why}")
    # What runs the graph as it is does not need it.
    code = f"{SAVE}\nprint(open_engine(load_bundle({path})).info.name)"
    assert python(code, half) == "openvino"
    found = python(
        "from unet_perception.doctor.plugs import look_at_architectures as look\n"
        "print(*((x.state, x.topic, x.text) for x in look()), sep='\\n')",
        half,
    ).splitlines()
    assert found[0] == "('good', 'architecture unet', 'U-Net, unet_perception')"
    assert found[1].startswith(f"('note', 'architecture half', \"{why}")
