export default {
  layout: "story.njk",
  permalink: (data) => (data.feedsOnly ? false : `/stories/${data.slug}/`),
  eleventyComputed: {
    address: (data) => `${data.site.home}stories/${data.slug}/`,
  },
};
