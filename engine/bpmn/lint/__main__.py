"""Print the reference page of the rules."""

import sys

from engine.bpmn.lint import rules

sys.stdout.write(rules.page())
