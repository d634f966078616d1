SITENAME = "The Benchmark Gazette"
SITESUBTITLE = "What happened, and how long it took"
SITEURL = "https://gazette.example"
TIMEZONE = "America/New_York"
DEFAULT_LANG = "en"
DIRECTION = "ltr"
PATH = "content"
STATIC_PATHS = []
THEME = "theme"
THEME_STATIC_PATHS = []
# As in Pressrun, a summary is a line of text.
FORMATTED_FIELDS = []

ARTICLE_URL = "stories/{slug}/"
ARTICLE_SAVE_AS = "stories/{slug}/index.html"
DIRECT_TEMPLATES = ["index"]
AUTHOR_SAVE_AS = CATEGORY_SAVE_AS = TAG_SAVE_AS = ""

FEED_MAX_ITEMS = 20
FEED_ALL_ATOM = "atom.xml"
TAG_FEED_ATOM = "tags/{slug}/atom.xml"
CATEGORY_FEED_ATOM = AUTHOR_FEED_ATOM = AUTHOR_FEED_RSS = TRANSLATION_FEED_ATOM = None

# What makes its second build quicker.
CACHE_CONTENT = LOAD_CONTENT_CACHE = True
