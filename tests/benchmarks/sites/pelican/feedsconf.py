from pelicanconf import *  # noqa: F403

# Stories have addresses and are rendered, but no page is written.
ARTICLE_SAVE_AS = ""
DIRECT_TEMPLATES = []
