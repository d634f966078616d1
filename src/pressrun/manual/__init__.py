"""The manual: one page for each subject, and one for each problem's code."""
