"""The pages that feed and letter link to: plain, fast, without scripts."""
