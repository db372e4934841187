// The live feed: server-sent events while the page is seen, from where it was left.
const MOST_LINES = 200;
const part = document.querySelector("[data-feed]");
const list = part.querySelector("[data-feed-lines]");
const hiddenNote = part.querySelector("[data-feed-hidden]");
const emptyNote = part.querySelector("[data-feed-empty]");
const waitingButton = part.querySelector("[data-feed-waiting]");
const state = document.querySelector("[data-feed-state]");
const pauseButton = document.querySelector("[data-feed-pause]");

let cursor = part.dataset.cursor;
let source = null;
let retryMs = 2000;
let retryTimer = 0;
let paused = false;
let ended = false;
let hidden = 0;
let waiting = []; // what came while paused, oldest first: {lines, count}
let waitingCount = 0;

const say = (text, kind = "quiet") => {
  state.hidden = false;
  state.textContent = text;
  state.className = `feed-state badge ${kind}`;
};
const show = ({ lines }, isNew = true) => {
  const fresh = document.createElement("template");
  fresh.innerHTML = lines; // the server has escaped what is in it
  if (isNew) fresh.content.querySelectorAll("li").forEach((line) => line.classList.add("new"));
  list.prepend(fresh.content);
  while (list.children.length > MOST_LINES) { list.lastElementChild.remove(); hidden += 1; }
  if (list.children.length) emptyNote.hidden = true;
};
const sayHidden = () => {
  hiddenNote.hidden = !hidden;
  hiddenNote.textContent = `${hidden.toLocaleString()} more hidden: this page holds ${MOST_LINES}. Deliveries and installs have them all.`;
};
const sayWaiting = () => {
  waitingButton.hidden = !waitingCount;
  waitingButton.textContent = `Show ${waitingCount.toLocaleString()} new`;
};
const take = (batch) => {
  hidden += batch.hidden;
  if (paused && batch.count) {
    waiting.push(batch);
    waitingCount += batch.count;
    while (waiting.length > MOST_LINES) hidden += waiting.shift().count;
    sayWaiting();
  } else show(batch);
  sayHidden();
};
const showWaiting = () => {
  waiting.forEach((batch) => show(batch));
  waiting = [];
  waitingCount = 0;
  sayWaiting();
  sayHidden();
};
const pause = (wanted) => {
  paused = wanted;
  pauseButton.textContent = paused ? "Go on" : "Pause";
  pauseButton.setAttribute("aria-pressed", String(paused));
  if (!paused) showWaiting();
  sayState();
};
const sayState = () => {
  if (ended) return;
  if (paused) say("Paused", "warn");
  else if (source?.readyState === EventSource.OPEN) say("Live", "good");
  else say("Connecting");
};

const close = () => { source?.close(); source = null; clearTimeout(retryTimer); };
// EventSource closes for good on 502, 503, a login page or none: this begins it anew
const open = () => {
  close();
  if (document.hidden || ended) return;
  const url = new URL(part.dataset.feed, location.href);
  url.searchParams.set("after", cursor);
  source = new EventSource(url);
  source.addEventListener("open", () => { retryMs = 2000; sayState(); });
  source.addEventListener("items", (event) => { cursor = event.lastEventId; take(JSON.parse(event.data)); });
  source.addEventListener("end", (event) => {
    if (event.data !== "signed-out") return; // a server that stops comes back
    ended = true;
    close();
    say("Signed out: load the page again", "bad");
  });
  source.addEventListener("error", () => {
    sayState();
    if (source?.readyState !== EventSource.CLOSED) return;
    retryTimer = setTimeout(open, retryMs);
    retryMs = Math.min(retryMs * 2, 30000);
  });
};

pauseButton.hidden = false;
pauseButton.setAttribute("aria-pressed", "false");
pauseButton.addEventListener("click", () => pause(!paused));
waitingButton.addEventListener("click", () => pause(false));
document.addEventListener("visibilitychange", () => { if (document.hidden) close(); else open(); });
addEventListener("pagehide", close);
sayState();
open();
