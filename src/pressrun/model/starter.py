"""The words that `pressrun new` writes for somebody to replace. They never go out."""

STORY_WORDS = "Write here."
EDITION_WORDS = "The opening words."
EXAMPLE_STREET = "1 Example Street"
EXAMPLE_TOWN = "Exampletown"
EXAMPLE_ADDRESS = f"{EXAMPLE_STREET}, {EXAMPLE_TOWN}"
