# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest
import realtime


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--variants", "ours,theirs"], "has 'theirs'; it must be of tutorial, tutorial-profile"),
        (["--cameras", "4", "--variants", "ours"], "must be of one-for-all, one-for-each"),
        (["--cameras", "9"], "invalid choice"),
        (["--soak", "1", "--rates", "10,20"], "--soak takes one size and one rate"),
        (["--soak", "1", "--cameras", "2"], "not allowed with argument"),
        (["--sizes", "800"], "a size is WIDTHxHEIGHT"),
        (["--rates", "0"], "a rate is from 0.1 to 1000"),
        (["--rates", "fast"], "invalid"),
    ],
)
def test_what_cannot_be_run_is_refused(
    arguments: list[str],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("sys.argv", ["realtime.py", *arguments])
    with pytest.raises(SystemExit):
        realtime.main()
    assert said in capsys.readouterr().err
