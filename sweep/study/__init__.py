# SPDX-License-Identifier: GPL-3.0-or-later
"""What a study is: its file, its search space, and all that can be wrong with them."""

from sweep._errors import InfeasibleDesign
from sweep.study.space import Parameter, Space
from sweep.study.study_file import DesignFile, StudyFile, load, load_design, parse, parse_design

__all__ = [
    "DesignFile",
    "InfeasibleDesign",
    "Parameter",
    "Space",
    "StudyFile",
    "load",
    "load_design",
    "parse",
    "parse_design",
]
