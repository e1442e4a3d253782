// Sorting, filtering, slices, and the marks that a person makes. The pages read well without.
"use strict";
(() => {
  const { report: key, up, image, page } = document.body.dataset;
  const { order, judged } = window.report;
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  // Marks: of an image and a candidate (none: the consensus), with the time when they were made; the later one counts.

  const STORE = `nnunet-deepstaple ${key}`;
  let marks = {};
  const name = (ofImage, candidate) => JSON.stringify([ofImage, candidate]);
  const merge = (others) => {
    for (const [which, mark] of Object.entries(others))
      if (!(which in marks) || marks[which].time < mark.time) marks[which] = mark;
  };
  const stored = () => {
    try { return JSON.parse(localStorage.getItem(STORE)) || {}; } catch { return {}; }
  };
  const store = () => {
    try { localStorage.setItem(STORE, JSON.stringify(marks)); } catch { /* the links carry them */ }
  };
  // Some browsers keep a store for each file, or none for files: so links within the report carry the marks along.
  const carried = () => {
    const match = /^#marks=(.*)$/s.exec(location.hash);
    if (!match) return {};
    history.replaceState(null, "", location.pathname + location.search);
    try { return JSON.parse(decodeURIComponent(match[1])); } catch { return {}; }
  };
  const gather = () => { merge(stored()); store(); show(); };

  for (const [ofImage, ofCandidates] of Object.entries(judged))
    for (const [candidate, mark] of Object.entries(ofCandidates))
      marks[name(ofImage, candidate)] = { mark, time: 0 };
  merge(carried());
  merge(stored());
  store();

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    if (!link || location.protocol !== "file:") return;
    const target = link.getAttribute("href");
    if (target.startsWith("#") || !/\.html(#|$)/.test(target) || !Object.keys(marks).length) return;
    link.setAttribute("href", `${target.split("#")[0]}#marks=${encodeURIComponent(JSON.stringify(marks))}`);
  }, true);
  addEventListener("pageshow", gather);
  addEventListener("storage", gather);

  const made = () => Object.entries(marks)
    .filter(([, { mark }]) => mark)
    .map(([which, { mark }]) => [...JSON.parse(which), mark])
    .sort((one, other) => (one[0] === other[0] ? (one[1] < other[1] ? -1 : 1) : one[0] < other[0] ? -1 : 1));

  const show = () => {
    const rows = made();
    for (const count of all(".marks-count"))
      count.textContent = rows.length ? `${rows.length} judged` : "Nothing judged yet";
    for (const choice of all("select[data-candidate]"))
      choice.value = marks[name(image, choice.dataset.candidate)]?.mark ?? "";
    for (const cell of all("td.judged")) {
      const own = rows.filter(([ofImage]) => ofImage === cell.dataset.image);
      const consensus = own.filter(([, candidate]) => !candidate).map(([, , mark]) => mark);
      const excluded = own.filter(([, , mark]) => mark === "exclude").length;
      const others = own.length - consensus.length - excluded;
      cell.textContent = [...consensus, excluded && `${excluded} excluded`, others && `${others} graded`]
        .filter(Boolean).join(", ");
    }
  };
  for (const choice of all("select[data-candidate]"))
    choice.addEventListener("change", () => {
      marks[name(image, choice.dataset.candidate)] = { mark: choice.value, time: Date.now() };
      gather();
    });
  for (const button of all(".download"))
    button.addEventListener("click", () => {
      const asText = (text) => (/^'*[=+\-@\t\r]/.test(text) ? `'${text}` : text); // no formula for a spreadsheet
      const quoted = (text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
      const rows = [["image", "candidate", "rating"], ...made()];
      const lines = rows.map((row) => row.map((cell) => quoted(asText(cell))).join(",") + "\n");
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob(lines, { type: "text/csv" }));
      link.download = "ratings.csv";
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    });

  // Tables

  const value = (row, column) => {
    const cell = row.cells[column];
    const text = cell.dataset.value ?? cell.textContent.trim();
    const number = parseFloat(text.replaceAll(",", ""));
    return cell.classList.contains("number") ? (Number.isNaN(number) ? null : number) : text;
  };
  for (const table of all("table.sortable"))
    all("thead th", table).forEach((head, column) => head.querySelector("button")?.addEventListener("click", () => {
      const falling = head.getAttribute("aria-sort") === "ascending";
      all("thead th", table).forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", falling ? "descending" : "ascending");
      const rows = [...table.tBodies[0].rows].map((row) => [value(row, column), row]);
      rows.sort(([one], [other]) => {
        if (one === null || other === null) return (one === null) - (other === null);
        const sign = typeof one === "number" ? one - other : one.localeCompare(other, undefined, { numeric: true });
        return falling ? -sign : sign;
      });
      table.tBodies[0].append(...rows.map(([, row]) => row));
    }));

  document.getElementById("filter")?.addEventListener("input", ({ target }) => {
    const words = target.value.toLowerCase().split(/\s+/);
    const rows = all("#table tbody tr");
    for (const row of rows) row.hidden = !words.every((word) => row.textContent.toLowerCase().includes(word));
    const left = rows.filter((row) => !row.hidden).length;
    document.getElementById("filtered").textContent = target.value ? `${left} of ${rows.length} images` : "";
  });

  document.getElementById("highlight")?.addEventListener("change", ({ target }) => {
    const plot = document.querySelector(".strip");
    plot.classList.toggle("one", target.value !== "");
    for (const dot of all("circle", plot)) dot.classList.toggle("on", dot.classList.contains(`n${target.value}`));
  });

  // Slices and outlines

  for (const slider of all(".slider"))
    slider.addEventListener("input", () => {
      const { plane, slices } = slider.dataset;
      for (const view of all(".view").filter((one) => one.querySelector(`[data-plane="${plane}"]`))) {
        const drawing = view.querySelector("svg");
        const box = drawing.viewBox.baseVal;
        box.y = slider.value * drawing.dataset.height;
        const slice = JSON.parse(slices)[slider.value];
        view.querySelector(".slice").textContent = slice;
        drawing.setAttribute("aria-label", drawing.getAttribute("aria-label").replace(/\d+$/, slice));
        view.querySelector(".slider").value = slider.value;
      }
    });
  for (const row of all("tr[data-place]")) {
    const point = (on) => () => {
      for (const lines of all(".outlines")) {
        lines.classList.toggle("one", on);
        for (const line of all("path", lines)) line.classList.toggle("on", on && line.dataset.place === row.dataset.place);
      }
    };
    row.addEventListener("pointerenter", point(true));
    row.addEventListener("pointerleave", point(false));
    row.addEventListener("focusin", point(true));
    row.addEventListener("focusout", point(false));
  }

  // Window: which values are black and white

  const panel = document.querySelector(".windows");
  if (panel) {
    const values = JSON.parse(panel.dataset.values);
    const chosen = document.getElementById("windows");
    let ends = [];
    const open = (low, high) => {
      ends = [low, high];
      const table = values.map((value) => Math.min(Math.max((value - low) / (high - low), 0), 1).toFixed(3)).join(" ");
      for (const part of all("#window [tableValues]")) part.setAttribute("tableValues", table);
      document.getElementById("window-ends").textContent = `${Number(low.toPrecision(4))} to ${Number(high.toPrecision(4))}`;
    };
    const choose = () => open(...chosen.value.split(" ").map(Number));
    chosen.addEventListener("change", choose);
    choose();
    for (const frame of all(".frame"))
      frame.addEventListener("pointerdown", (start) => {
        if (start.button || start.target.closest("input")) return;
        start.preventDefault();
        frame.setPointerCapture(start.pointerId);
        const [middle, width] = [(ends[0] + ends[1]) / 2, ends[1] - ends[0]];
        const move = (event) => {
          const wide = width * 2 ** ((start.clientX - event.clientX) / 150);
          const shifted = middle + ((event.clientY - start.clientY) * width) / 300;
          chosen.value = "";
          open(shifted - wide / 2, shifted + wide / 2);
        };
        frame.addEventListener("pointermove", move);
        frame.addEventListener("pointerup", () => frame.removeEventListener("pointermove", move), { once: true });
      });
  }

  // Neighbours in the order of need

  const place = order.findIndex(([other]) => other === page);
  if (place >= 0) {
    document.getElementById("rank").textContent = `${place + 1} of ${order.length} to look at`;
    for (const [id, neighbour] of [["previous", order[place - 1]], ["next", order[place + 1]]]) {
      if (!neighbour) continue;
      const link = document.getElementById(id);
      link.href = `${encodeURIComponent(neighbour[0])}.html`;
      link.querySelector("span").textContent = neighbour[1];
      link.hidden = false;
    }
  }
  show();
})();
