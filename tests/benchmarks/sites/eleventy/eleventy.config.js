import rss from "@11ty/eleventy-plugin-rss";

const day = new Intl.DateTimeFormat("en-US", { dateStyle: "long", timeZone: "America/New_York" });

export default function (config) {
  config.addPlugin(rss);
  config.setInputDirectory("content");
  config.setIncludesDirectory("../_includes");
  config.addCollection("stories", (all) => all.getFilteredByGlob("content/stories/*.md"));
  config.addGlobalData("feedsOnly", false);
  config.addGlobalData("site", {
    title: "The Benchmark Gazette",
    subtitle: "What happened, and how long it took",
    home: "https://gazette.example/",
    language: "en",
    direction: "ltr",
  });
  config.addFilter("newest", (stories, count, after = 0) => stories.slice().reverse().slice(after, after + count));
  config.addFilter("day", (date) => day.format(date));
  config.addFilter("beginning", (html) => html.replace(/<[^>]*>/g, " ").replace(/\s+/g, " ").slice(0, 300));
}

// A story's text is Markdown and nothing else, and is not read for another language first.
export const config = { markdownTemplateEngine: false };
