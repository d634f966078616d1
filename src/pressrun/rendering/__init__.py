"""From Markdown to HTML that is safe anywhere, from templates to text, and to the Outline of a source."""
