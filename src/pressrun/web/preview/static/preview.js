// Keeps the page as the latest save makes it, and everything else as it is: scroll, focus, open parts, what was typed.
"use strict";

let number = Number(document.body.dataset.number);
let asked = 0;

// One tree made equal to another; what has an id is the same thing wherever it stands.
function become(now, next) {
  if (now.nodeType !== next.nodeType || now.nodeName !== next.nodeName || now.id !== next.id) {
    now.replaceWith(document.importNode(next, true));
    return;
  }
  if (now.nodeType !== Node.ELEMENT_NODE) {
    if (now.data !== next.data) now.data = next.data;
    return;
  }
  if (now.nodeName === "IFRAME") {
    refresh(now, next);
    return;
  }
  attributes(now, next);
  const wanted = [...next.childNodes];
  wanted.forEach((child, place) => {
    const there = now.childNodes[place];
    const known = child.id && [...now.children].find(each => each.id === child.id);
    if (known && known !== there) now.insertBefore(known, there || null);
    if (known) become(known, child);
    else if (there) become(there, child);
    else now.append(document.importNode(child, true));
  });
  while (now.childNodes.length > wanted.length) now.lastChild.remove();
}

// What a person has opened or closed stays so.
const chosen = new WeakSet();
document.addEventListener("click", event => {
  const summary = event.target.closest("summary");
  if (summary) chosen.add(summary.parentElement);
});

function attributes(now, next) {
  const stays = name => name === "open" && chosen.has(now);
  for (const { name } of [...now.attributes]) {
    if (!next.hasAttribute(name) && !stays(name)) now.removeAttribute(name);
  }
  for (const { name, value } of next.attributes) {
    if (now.getAttribute(name) !== value && !stays(name)) now.setAttribute(name, value);
  }
}

// A frame whose content is another loads it in its place, and keeps its height until it is there.
function refresh(now, next) {
  const source = next.getAttribute("src");
  if (now.className !== next.className) now.className = next.className;
  if (now.title !== next.title) now.title = next.title;
  if (now.getAttribute("width") !== next.getAttribute("width")) now.setAttribute("width", next.getAttribute("width"));
  if (now.dataset.shows === source || (!now.dataset.shows && now.getAttribute("src") === source)) return;
  now.dataset.shows = source;
  now.contentWindow.location.replace(source);
}

// Frames are as high as what they show, so that there is one page to scroll.
function fit(frame) {
  const root = frame.contentDocument && frame.contentDocument.documentElement;
  if (!root) return;
  const top = window.scrollY;
  frame.style.height = "0";
  frame.style.height = `${root.scrollHeight}px`;
  window.scrollTo(window.scrollX, top);
}

async function show(address) {
  const mine = ++asked;
  const answer = await fetch(address, { headers: { Accept: "text/html" } });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  // A later question has been asked meanwhile, and its answer counts.
  if (mine !== asked) return;
  document.title = page.title;
  number = Number(page.body.dataset.number);
  document.body.dataset.number = number;
  for (const id of ["latest", "broken", "content", "findings-count"]) {
    const now = document.getElementById(id);
    const next = page.getElementById(id);
    if (now && next) become(now, next);
  }
  watchFrames();
  document.body.dataset.shown = number;
}

function watchFrames() {
  for (const frame of document.querySelectorAll("iframe:not([data-watched])")) {
    frame.dataset.watched = "";
    frame.addEventListener("load", () => fit(frame));
    fit(frame);
  }
}

function say(words, isThere) {
  const line = document.getElementById("line");
  line.textContent = words;
  line.classList.toggle("gone", !isThere);
}

// Choices change what is shown, and not where one is on the page.
document.addEventListener("click", event => {
  const link = event.target.closest("a[data-stay]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  const address = link.href;
  history.pushState(null, "", address);
  show(address).then(() => {
    const same = [...document.querySelectorAll("a[data-stay]")].find(each => each.href === address);
    if (same && document.activeElement === document.body) same.focus({ preventScroll: true });
  });
});
window.addEventListener("popstate", () => show(location.href));

let waiting;
window.addEventListener("resize", () => {
  clearTimeout(waiting);
  waiting = setTimeout(() => document.querySelectorAll("iframe").forEach(fit), 100);
});

let wasLost = false;
function follow() {
  const events = new EventSource("/events");
  events.addEventListener("open", () => {
    say("Follows your saves", true);
    // Another preview may answer now, whose numbers and forms are its own.
    if (wasLost) show(location.href);
    wasLost = false;
  });
  events.addEventListener("error", () => {
    say("The preview has ended; start it again", false);
    wasLost = true;
  });
  events.addEventListener("message", event => {
    if (Number(event.data) !== number) show(location.href).catch(() => say("The preview does not answer", false));
  });
  return events;
}
let events = follow();
window.addEventListener("pagehide", () => events.close());
// A browser may keep the page and bring it back as it was, having missed what was saved meanwhile.
window.addEventListener("pageshow", event => {
  if (!event.persisted) return;
  wasLost = true;
  events = follow();
});
watchFrames();
document.body.dataset.shown = number;
