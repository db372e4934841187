// What can be measured of a page that is open: a line for each fault. axe-core looks neither into SVG nor at sizes.
() => {
  const faults = new Set();
  const seen = (element) => element.checkVisibility({ visibilityProperty: true }) && element.getClientRects().length > 0;
  const shown = (text) => text.trim().replace(/\s+/g, " ").slice(0, 40);
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) faults.add(`the page is ${root.scrollWidth} wide, the window ${root.clientWidth}`);

  // contrast, with the colours as they are painted over one another
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
    return [red, green, blue, alpha / 255];
  };
  const over = (above, below) => [0, 1, 2].map((part) => above[part] * above[3] + below[part] * (1 - above[3]));
  const behind = (element) => {
    const layers = [];
    for (let one = element; one; one = one.parentElement) {
      layers.unshift(rgba(getComputedStyle(one).backgroundColor));
      if (layers[0][3] === 1) break;
    }
    return layers.reduce((below, above) => over(above, below), [255, 255, 255]);
  };
  const light = (colour) => {
    const parts = colour.slice(0, 3).map((part) => part / 255).map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
  };
  const compare = (colour, element, text, style) => {
    const back = behind(element);
    const [low, high] = [light(over(rgba(colour), back)), light(back)].sort((one, other) => one - other);
    const size = parseFloat(style.fontSize);
    const least = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
    const ratio = (high + 0.05) / (low + 0.05);
    if (ratio < least) faults.add(`contrast ${ratio.toFixed(2)}: ${shown(text)}`);
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const { data, parentElement: element } = texts.currentNode;
    if (!data.trim() || !seen(element) || element.closest(".hidden, :disabled")) continue;
    const style = getComputedStyle(element), svg = element.closest("svg");
    compare(svg ? style.fill : style.color, svg ? svg.parentElement : element, data, style);
  }
  for (const field of document.querySelectorAll("input[placeholder]")) {
    const style = getComputedStyle(field, "::placeholder");
    if (seen(field) && field.placeholder) compare(style.color, field, field.placeholder, style);
  }

  // what is pressed: 24 by 24 CSS pixels; links in a sentence or a cell are as large as their text
  for (const one of document.querySelectorAll("button, .button, summary, select, nav:not(.crumbs) a, header.top a, input:not([type=hidden], [type=checkbox], [type=radio])")) {
    const { width, height } = one.getBoundingClientRect();
    if (seen(one) && (width < 24 || height < 24)) faults.add(`${Math.round(width)} x ${Math.round(height)} to press: ${shown(one.textContent)}`);
  }

  // no text leaves its box, and nothing lies on code
  for (const cell of document.querySelectorAll("th, td, dt, dd, h1, h2, h3, p, li, label, button, .badge")) {
    if (seen(cell) && getComputedStyle(cell).overflowX === "visible" && cell.clientWidth && cell.scrollWidth > cell.clientWidth + 1 && !cell.closest(".hidden"))
      faults.add(`${cell.scrollWidth} wide in ${cell.clientWidth}: ${shown(cell.textContent)}`);
  }
  const meet = (one, other) => one.left < other.right - 1 && other.left < one.right - 1 && one.top < other.bottom - 1 && other.top < one.bottom - 1;
  for (const code of document.querySelectorAll(".code")) {
    const [pre, button] = [code.querySelector("pre"), code.querySelector("button")];
    if (button && seen(pre) && seen(button) && meet(pre.getBoundingClientRect(), button.getBoundingClientRect())) faults.add(`a button lies on the code ${shown(pre.textContent)}`);
  }

  // a table that scrolls says so, and what stays of it leaves room for the rest
  for (const box of document.querySelectorAll(".table")) {
    if (!seen(box) || box.scrollWidth <= box.clientWidth + 1) continue;
    const name = box.getAttribute("aria-label"), first = box.querySelector("tbody > tr > :first-child")?.offsetWidth ?? 0;
    if (!getComputedStyle(box).backgroundAttachment.includes("local")) faults.add(`nothing shows that there is more of ${name}`);
    if (first > box.clientWidth * 0.6) faults.add(`the first column of ${name} takes ${first} of ${box.clientWidth}`);
  }

  // charts: every text readable, inside and beside the others, and nothing to scroll to
  for (const svg of document.querySelectorAll(".chart svg")) {
    if (!seen(svg)) continue;
    const frame = svg.getBoundingClientRect(), place = svg.closest(".drawing");
    if (place.scrollWidth > place.clientWidth + 1) faults.add(`a chart of ${place.scrollWidth} in ${place.clientWidth}`);
    const boxes = [...svg.querySelectorAll("text")].filter(seen).map((text) => [shown(text.textContent), text.getBoundingClientRect(), text]);
    if (!svg.querySelector(".axis.y text")) faults.add(`no numbers along the axis of ${svg.getAttribute("aria-label")}`);
    boxes.forEach(([text, box, element], number) => {
      const size = parseFloat(getComputedStyle(element).fontSize) * (frame.width / svg.viewBox.baseVal.width);
      if (size < 10) faults.add(`a chart's text of ${size.toFixed(1)} px: ${text}`);
      if (box.left < frame.left - 1 || box.right > frame.right + 1) faults.add(`a chart's text is cut: ${text}`);
      for (const [other, place_] of boxes.slice(number + 1)) if (meet(box, place_)) faults.add(`a chart's texts meet: ${text}, ${other}`);
    });
  }

  // one heading of the page, first, and no level left out
  const levels = [...document.querySelectorAll("h1, h2, h3, h4")].filter(seen).map((one) => Number(one.tagName[1]));
  if (levels[0] !== 1 || levels.filter((level) => level === 1).length !== 1) faults.add(`headings ${levels.join(" ")}`);
  levels.forEach((level, number) => { if (level > (levels[number - 1] ?? 0) + 1) faults.add(`a heading of level ${level} after ${levels[number - 1]}`); });
  return [...faults];
}
