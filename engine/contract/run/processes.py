"""The old place of `engine.contract.system.processes`, until its last readers have moved."""

from engine.contract.system.processes import die_with_parent as die_with_parent
from engine.contract.system.processes import is_same_process as is_same_process
from engine.contract.system.processes import start_time as start_time
