"use strict";
// Tables sort by a click on a heading: up, down, as they were. Cells without a value are last either way.
for (const table of document.querySelectorAll("table")) {
  const headings = [...table.tHead.rows[0].cells];
  const body = table.tBodies[0];
  const recorded = [...body.rows];
  const order = new Intl.Collator(undefined, { numeric: true }).compare;
  headings.forEach((heading, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener("click", () => {
      const next = { ascending: "descending", descending: null }[heading.ariaSort];
      const direction = next === undefined ? "ascending" : next;
      headings.forEach((other) => other.removeAttribute("aria-sort"));
      if (direction) heading.setAttribute("aria-sort", direction);
      const sign = direction === "descending" ? -1 : 1;
      const value = (row) => {
        const cell = row.cells[column];
        if (!cell || !cell.textContent) return null;
        return "value" in cell.dataset ? Number(cell.dataset.value) : cell.textContent;
      };
      const isLast = (value) => (value === null ? 2 : typeof value === "string" && !heading.matches(".words") ? 1 : 0);
      const rows = recorded.map((row) => [value(row), row]);
      if (direction) {
        rows.sort(([a], [b]) => isLast(a) - isLast(b)
          || (isLast(a) === 2 ? 0 : sign * (typeof a === "number" && typeof b === "number" ? (a > b) - (a < b) : order(a, b))));
      }
      body.append(...rows.map(([, row]) => row));
    });
  });
}

// Charts show the value nearest to the pointer, or the one that has the focus: left and right go along a line, up and down to others.
const shown = document.createElement("div");
shown.id = "value";
shown.setAttribute("aria-hidden", "true");
shown.hidden = true;
document.body.append(shown);
let current = null;
const hide = () => {
  current?.classList.remove("shown");
  current = null;
  shown.hidden = true;
};
const place = (svg, spot) => {
  const box = svg.getBoundingClientRect();
  const scale = box.width / svg.viewBox.baseVal.width;
  return [box.left + spot.cx.baseVal.value * scale, box.top + spot.cy.baseVal.value * scale];
};
const show = (svg, spot) => {
  hide();
  current = spot;
  spot.classList.add("shown");
  shown.textContent = spot.getAttribute("aria-label");
  shown.hidden = false;
  const [x, y] = place(svg, spot);
  const { width, height } = shown.getBoundingClientRect();
  const left = Math.max(4, Math.min(x - width / 2, document.documentElement.clientWidth - width - 4));
  const top = y - height - 14 < 4 ? y + 14 : y - height - 14;
  shown.style.transform = `translate(${left}px, ${top}px)`;
};
for (const svg of document.querySelectorAll("svg.values")) {
  const spots = [...svg.querySelectorAll(".spots circle")];
  spots.forEach((spot, i) => {
    // The browser's own tip would hide this one.
    const title = spot.querySelector("title");
    spot.setAttribute("aria-label", title.textContent);
    title.remove();
    spot.setAttribute("tabindex", i ? "-1" : "0");
    spot.addEventListener("focus", () => {
      spots.forEach((other) => other.setAttribute("tabindex", other === spot ? "0" : "-1"));
      show(svg, spot);
    });
    spot.addEventListener("blur", hide);
    spot.addEventListener("keydown", (event) => {
      const at = (spot) => [spot.cx.baseVal.value, spot.cy.baseVal.value];
      const [x, y] = at(spot);
      const beside = spots.filter((other) => other !== spot && Math.abs(at(other)[0] - x) < 12);
      const above = beside.filter((other) => at(other)[1] < y).sort((a, b) => at(b)[1] - at(a)[1]);
      const below = beside.filter((other) => at(other)[1] > y).sort((a, b) => at(a)[1] - at(b)[1]);
      const to = {
        ArrowLeft: spots[i - 1], ArrowRight: spots[i + 1], ArrowUp: above[0], ArrowDown: below[0],
        Home: spots[0], End: spots.at(-1),
      };
      if (event.key === "Escape") hide();
      if (!(event.key in to)) return;
      event.preventDefault();
      to[event.key]?.focus();
    });
  });
  const point = (event) => {
    const distance = (spot) => {
      const [x, y] = place(svg, spot);
      return Math.hypot(x - event.clientX, y - event.clientY);
    };
    const near = spots.map((spot) => [distance(spot), spot]).reduce((a, b) => (b[0] < a[0] ? b : a), [24, null])[1];
    if (near) show(svg, near);
    else hide();
  };
  svg.addEventListener("pointermove", point);
  svg.addEventListener("pointerdown", point);
  svg.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && hide());
}
addEventListener("scroll", () => {
  if (current && current === document.activeElement) show(current.ownerSVGElement, current);
  else hide();
}, { passive: true });
addEventListener("keydown", (event) => event.key === "Escape" && hide());
