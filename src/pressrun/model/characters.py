"""Characters that no output can hold."""

import re

# What neither XML 1.0 (section 2.2) nor a mail header can hold, and the C1 controls that nobody means.
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
