# SPDX-License-Identifier: Apache-2.0
"""What ``ros2 launch FILE NAME:=VALUE ...`` does, without ros2cli: ``run_launch.py FILE ...``."""

from __future__ import annotations

import sys

from launch import LaunchDescription, LaunchService
from launch.actions import IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource

file, *given = sys.argv[1:]
arguments = [tuple(word.split(":=", 1)) for word in given]
# Not interactive: a signal that it alone gets goes on to the nodes.
service = LaunchService(argv=given, noninteractive=True)
source = PythonLaunchDescriptionSource(file)
service.include_launch_description(
    LaunchDescription([IncludeLaunchDescription(source, launch_arguments=arguments)])
)
raise SystemExit(service.run())
