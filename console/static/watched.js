// A part of a page that is still changing is fetched again every two seconds, until it says that it is done.
const part = document.querySelector("[data-watched]");
const again = async () => {
  if (document.hidden) return;
  try {
    const answer = await fetch(location.href, { credentials: "same-origin" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = answer.ok && page.querySelector("main section");
    if (!fresh) return;
    part.replaceChildren(...fresh.childNodes);
    if (!fresh.hasAttribute("data-watched")) clearInterval(timer);
  } catch { /* the next time */ }
};
const timer = setInterval(again, 2000);
