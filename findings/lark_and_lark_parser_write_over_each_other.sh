#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# lark-parser 0.12.0, which the wheels of ROS 2 (rosidl_parser) ask for, and lark 1.3.1, which
# cyclonedx-bom and others bring
#
# Expected: two distributions of different names live beside each other, or pip says that they cannot.
# Seen:     both install the folder lark/. The one that comes last writes over the files of the
#           first, and pip check finds nothing broken. If lark is then uninstalled, the folder's
#           files go with it: lark-parser is still listed, pip check is still content, and
#           "import lark" gives an empty package.

set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

python3 -m venv --without-pip venv
python3 -m pip --python venv install --quiet lark-parser==0.12.0

look() {
  venv/bin/python -I -c 'import lark; print(getattr(lark, "__version__", "none"), hasattr(lark, "Lark"))'
}

alone=$(look)
python3 -m pip --python venv install --quiet lark==1.3.1
both=$(look)
both_check=$(python3 -m pip --python venv check)
python3 -m pip --python venv uninstall --quiet --yes lark
left=$(look)
left_check=$(python3 -m pip --python venv check)
listed=$(python3 -m pip --python venv list 2>/dev/null | grep -i '^lark')

echo "lark's version, and whether it has a parser:"
echo "lark-parser alone: $alone; with lark: $both ($both_check); lark uninstalled: $left ($left_check)"
echo "still listed: $listed"
if [[ $alone != "0.12.0 True" || $both != "1.3.1 True" || $left != "none False" ]] ||
  [[ $listed != lark-parser* || $both_check$left_check != *"No broken"*"No broken"* ]]; then
  echo CHANGED >&2
  exit 1
fi
echo "as described"
