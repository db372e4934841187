// The console works without this. With it: theme, copying, keys.
"use strict";
(() => {
  const root = document.documentElement;
  const stored = () => { try { return localStorage.getItem("theme") || "system"; } catch { return "system"; } };
  const paint = (theme) => { if (theme === "system") delete root.dataset.theme; else root.dataset.theme = theme; };
  paint(stored()); // before anything is drawn

  const themeSwitch = (button) => {
    const themes = ["system", "light", "dark"];
    const say = () => { button.querySelector("span").textContent = stored(); };
    button.hidden = false;
    say();
    button.addEventListener("click", () => {
      const theme = themes[(themes.indexOf(stored()) + 1) % themes.length];
      try { localStorage.setItem("theme", theme); } catch { /* holds for this page alone */ }
      paint(theme);
      say();
    });
  };

  // on plain http under a name there is no clipboard: the old way is left
  const copy = async (text, field) => {
    try { await navigator.clipboard.writeText(text); return true; } catch { /* go on */ }
    if (field instanceof HTMLInputElement) field.select();
    else { const range = document.createRange(); range.selectNodeContents(field); getSelection().removeAllRanges(); getSelection().addRange(range); }
    return document.execCommand("copy");
  };
  const copyButton = (button) => {
    const field = button.parentElement.querySelector("input, code");
    const label = button.textContent;
    button.hidden = false;
    button.addEventListener("click", async () => {
      button.textContent = await copy(field.value ?? field.textContent, field) ? "Copied" : "Press Ctrl C";
      setTimeout(() => { button.textContent = label; }, 2000);
    });
  };

  const rowKeys = (table) => {
    const rows = [...table.tBodies[0].rows];
    rows.forEach((row, number) => { row.tabIndex = number ? -1 : 0; });
    table.addEventListener("keydown", (event) => {
      const row = event.target;
      const at = rows.indexOf(row);
      if (at < 0) return;
      const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
      if (to !== undefined && rows[to]) { row.tabIndex = -1; rows[to].tabIndex = 0; rows[to].focus(); event.preventDefault(); }
      if (event.key === "Enter") row.querySelector("a[href], summary, button")?.click();
    });
  };

  // the arrows step through a chart as the mouse does
  const chartKeys = (figure) => {
    const drawings = [...figure.querySelectorAll("svg")].map((one) => [...one.querySelectorAll(".column")]);
    const readout = figure.querySelector(".readout");
    let at = -1;
    const show = (number) => {
      const columns = seen();
      columns[at]?.classList.remove("on");
      at = Math.max(-1, Math.min(number, columns.length - 1));
      columns[at]?.classList.add("on");
      readout.textContent = columns[at]?.querySelector("title").textContent ?? "";
    };
    // one drawing is for much room, one for little: the other is not there
    const seen = () => drawings.find(([first]) => first?.getClientRects().length) ?? [];
    drawings.forEach((columns) => columns.forEach((column, number) => column.addEventListener("mouseenter", () => show(number))));
    figure.addEventListener("mouseleave", () => show(-1));
    figure.addEventListener("keydown", (event) => {
      if (!event.target.classList.contains("drawing")) return;
      const last = seen().length - 1;
      const to = { ArrowRight: at + 1, ArrowLeft: at < 0 ? last : Math.max(0, at - 1), Home: 0, End: last, Escape: -1 }[event.key];
      if (to === undefined) return;
      show(to);
      event.preventDefault();
    });
  };

  let going = 0;
  const isTyping = (element) => element.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName);
  const keys = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") {
      if (location.hash === "#menu") location.hash = "content";
      const open = event.target.closest?.("details[open]");
      if (open) { open.open = false; open.querySelector("summary").focus(); } else if (isTyping(event.target)) event.target.blur();
      return;
    }
    if (isTyping(event.target)) return;
    const search = document.querySelector("[data-search], .filters input, .filters select");
    if (event.key === "/" && search) { search.focus(); event.preventDefault(); return; }
    if (event.key === "g" && !event.repeat && Date.now() - going > 1000) { going = Date.now(); return; }
    if (Date.now() - going < 1000) {
      going = 0;
      const link = [...document.querySelectorAll("[data-go]")].find((one) => one.dataset.go === event.key);
      if (link) { link.click(); event.preventDefault(); }
    }
  };

  // what goes on by itself is read anew every few seconds, and left alone while somebody types in it
  const poll = (place) => {
    const seconds = Number(place.dataset.poll);
    if (!seconds) return;
    setTimeout(async () => {
      let fresh = null;
      try {
        const answer = document.hidden || isTyping(document.activeElement) ? null : await fetch(location.href.split("#")[0]);
        fresh = answer?.ok && new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(place.id);
      } catch { /* the next one may get through */ }
      if (fresh) {
        const open = [...place.querySelectorAll("details")].map((one) => one.open);
        fresh.querySelectorAll("details").forEach((one, number) => { one.open ||= open[number]; });
        place.replaceWith(fresh); 
        fresh.querySelectorAll("[data-copy]").forEach(copyButton);
      }
      poll(fresh || place);
    }, seconds * 1000);
  };

  // a second press while the first is being sent would only be told that it was sent before
  const sentOnce = (event) => {
    const button = event.submitter;
    if (event.target.method !== "post" || !button) return;
    setTimeout(() => { button.disabled = true; });
    setTimeout(() => { button.disabled = false; }, 8000);
  };

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("[data-theme-switch]").forEach(themeSwitch);
    document.querySelectorAll("[data-copy]").forEach(copyButton);
    document.querySelectorAll("table[data-keys]").forEach(rowKeys);
    document.querySelectorAll("[data-poll]").forEach(poll);
    document.querySelectorAll("[data-chart]").forEach(chartKeys);
    document.addEventListener("keydown", keys);
    document.addEventListener("submit", sentOnce);
    document.querySelectorAll("[data-module]").forEach((part) => import(part.dataset.module)); // what one page alone needs
    document.querySelector("[autofocus]")?.focus(); // what was refused, also where the address has a place of its own
  });
})();
