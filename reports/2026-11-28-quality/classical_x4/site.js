// Sorting, filters and limits of the leaderboard. A classic script, since a page opened from disk may load no module.
"use strict";

/** Order of two values, the better first; what has no value stands last. */
function betterFirst(first, second, higherIsBetter) {
  if (first === null || second === null) return (first === null) - (second === null);
  return higherIsBetter ? second - first : first - second;
}

/** Groups of a cell: "ab(27)" is a, b and (27). */
function groupsOf(letters) {
  return letters.match(/\(\d+\)|[a-z]/g) || [];
}

/** Whether two cells share a group, so that their means are not told apart. */
function notToldApart(first, second) {
  const groups = new Set(groupsOf(second));
  return groupsOf(first).some((group) => groups.has(group));
}

/** Whether a value is within a limit; where there is a limit, a model without a value does not fit. */
function fits(value, limit) {
  return limit === null || (value !== null && value <= limit);
}

function startBoard(document) {
  const board = document.getElementById("board");
  const form = document.getElementById("filters");
  const body = board.tBodies[0];
  const heads = [...board.tHead.rows[1].cells].slice(1);
  const groups = [...board.tHead.rows[0].cells].slice(1);
  const rows = [...body.rows];
  const find = (id) => document.getElementById(id);
  const numberIn = (id) => {
    const field = find(id);
    return field && field.value !== "" && Number.isFinite(Number(field.value)) ? Number(field.value) : null;
  };
  const valueOf = (row, place) => {
    const text = place < 0 ? undefined : row.cells[place + 1].dataset.value;
    return text === undefined ? null : Number(text);
  };
  let sorted = -1;
  let reversed = false;

  const shownSet = () => find("dataset").value || board.dataset.main;
  const columnOf = (test) => heads.findIndex((head) => test(head.dataset));
  function timeColumn() {
    const measured = columnOf((of) => of.kind === "speed" && of.metric === "ms");
    return measured >= 0 ? measured : columnOf((of) => of.metric === "latency" && of.group === shownSet());
  }

  function showColumns() {
    const dataset = find("dataset").value;
    const wanted = new Set([...form.querySelectorAll("input[name=metric]:checked")].map((box) => box.value));
    const counts = new Map();
    heads.forEach((head, place) => {
      const { group, kind, metric } = head.dataset;
      const ofSet = kind === "speed" || dataset === "" || group === dataset || !isSet(group);
      const shown = ofSet && wanted.has(kind === "speed" ? "speed" : metric);
      head.hidden = !shown;
      for (const row of rows) row.cells[place + 1].hidden = !shown;
      counts.set(group, (counts.get(group) || 0) + Number(shown));
    });
    for (const group of groups) {
      const count = counts.get(group.dataset.group);
      group.hidden = !count;
      if (count) group.colSpan = count;
    }
    for (const part of document.querySelectorAll("[data-of]")) {
      part.hidden = dataset !== "" && part.dataset.of !== dataset;
    }
    board.classList.toggle("no-letters", !find("letters").checked);
  }

  function isSet(group) {
    return [...find("dataset").options].some((option) => option.value === group);
  }

  function sortColumn() {
    if (sorted >= 0 && !heads[sorted].hidden) return sorted;
    reversed = false;
    const main = heads.findIndex((head) => !head.hidden && head.dataset.group === shownSet());
    return main >= 0 ? main : heads.findIndex((head) => !head.hidden);
  }

  function showRows() {
    const part = find("model").value.trim().toLowerCase();
    const device = find("device") ? find("device").value : "";
    const time = timeColumn();
    const memory = columnOf((of) => of.kind === "speed" && of.metric === "mib");
    for (const row of rows) {
      row.hidden = !(
        row.cells[0].textContent.toLowerCase().includes(part) &&
        (device === "" || row.dataset.device === device) &&
        fits(valueOf(row, time), numberIn("ms")) &&
        fits(valueOf(row, memory), numberIn("mib"))
      );
    }
  }

  function update() {
    showColumns();
    showRows();
    sorted = sortColumn();
    heads.forEach((head) => head.removeAttribute("aria-sort"));
    if (sorted < 0) return;
    const up = heads[sorted].dataset.up === "1";
    heads[sorted].setAttribute("aria-sort", up !== reversed ? "descending" : "ascending");
    const sign = reversed ? -1 : 1;
    const order = (first, second) => {
      const [one, other] = [valueOf(first, sorted), valueOf(second, sorted)];
      const found = betterFirst(one, other, up);
      return one === null || other === null ? found : sign * found;
    };
    body.append(...rows.slice().sort(order));
    find("status").textContent = summary(up);
  }

  function summary(up) {
    const visible = rows.filter((row) => !row.hidden);
    const name = (row) => row.cells[0].textContent.trim();
    const count = `${visible.length} of ${rows.length} models`;
    const valued = visible.filter((row) => valueOf(row, sorted) !== null);
    if (!valued.length) return `${count}.`;
    valued.sort((first, second) => betterFirst(valueOf(first, sorted), valueOf(second, sorted), up));
    const best = valued[0];
    const where = heads[sorted].dataset.group;
    const letters = best.cells[sorted + 1].dataset.letters || "";
    const tied = valued.slice(1).filter((row) => notToldApart(letters, row.cells[sorted + 1].dataset.letters || ""));
    const also = tied.length > 5 ? [...tied.slice(0, 5).map(name), `${tied.length - 5} more`] : tied.map(name);
    const said = also.length ? ` Not told apart from it: ${also.join(", ")}.` : "";
    return `${count}. Best of these in ${heads[sorted].textContent.trim()} on ${where}: ${name(best)}.${said}`;
  }

  heads.forEach((head, place) => {
    head.querySelector("button").addEventListener("click", () => {
      reversed = sorted === place ? !reversed : false;
      sorted = place;
      update();
    });
  });
  form.addEventListener("input", update);
  find("dataset").addEventListener("change", () => {
    sorted = -1;
    update();
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(() => { sorted = -1; update(); }));
  form.hidden = false;
  update();
}

if (typeof document === "undefined") {
  module.exports = { betterFirst, groupsOf, notToldApart, fits };
} else {
  startBoard(document);
}
