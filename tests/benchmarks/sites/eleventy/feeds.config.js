import everything, { config as settings } from "./eleventy.config.js";

// Stories have addresses and are rendered, but no page is written.
export default function (config) {
  everything(config);
  config.addGlobalData("feedsOnly", true);
  config.ignores.add("content/index.njk");
}

export const config = settings;
