"use strict";
// The page works from a file: everything it shows is in it. Sample texts stand in JSON blocks of a few hundred samples,
// read only when they are shown or searched; the index beside them holds what the filters need. Whatever a model wrote
// goes into the page as text nodes, never as markup.
(() => {
  const byId = (id) => document.getElementById(id);

  // A text with its control characters and the marks that turn the direction of text written out, as VisibleText does it.
  const visible = (text) => text.replace(
    /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069]/g,
    (unit) => "\\u" + unit.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0"));

  function element(name, attributes, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes || {})) made.setAttribute(key, value);
    made.append(...children.map((child) => typeof child === "string" ? visible(child) : child));
    return made;
  }

  // ---- Theme ----

  byId("theme").addEventListener("click", () => {
    const root = document.documentElement;
    const isDark = root.dataset.theme
      ? root.dataset.theme === "dark" : window.matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = isDark ? "light" : "dark";
  });

  // ---- Sorting ----

  // Numbers sort by value, whatever unit or sign stands beside them; a cell without one goes last either way.
  function sortKey(cell, isNumeric) {
    const text = cell.textContent.trim();
    if (!isNumeric) return text.toLowerCase();
    const found = text.replace(/\u2212/g, "-").match(/[-+]?\d[\d,]*\.?\d*(?:e[-+]?\d+)?/i);
    return found ? parseFloat(found[0].replace(/,/g, "")) : null;
  }

  function sortBy(table, column, header) {
    const direction = header.getAttribute("aria-sort") === "ascending" ? -1 : 1;
    const isNumeric = header.classList.contains("number");
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    header.setAttribute("aria-sort", direction === 1 ? "ascending" : "descending");
    const rows = [...table.tBodies[0].rows].map((row, place) => ({ row, place, key: sortKey(row.cells[column], isNumeric) }));
    rows.sort((a, b) => {
      if (a.key === null || b.key === null) return (a.key === null) - (b.key === null) || a.place - b.place;
      const order = isNumeric ? a.key - b.key : a.key.localeCompare(b.key, undefined, { numeric: true });
      return order * direction || a.place - b.place;
    });
    table.tBodies[0].append(...rows.map((entry) => entry.row));
  }

  for (const table of document.querySelectorAll("table.sortable")) {
    [...table.tHead.rows[0].cells].forEach((header, column) => {
      const button = element("button", { type: "button", title: "Sort by this column" }, ...header.childNodes);
      header.append(button);
      button.addEventListener("click", () => sortBy(table, column, header));
    });
  }

  // ---- Samples ----

  const indexBlock = byId("sample-index");
  if (!indexBlock) return;
  const index = JSON.parse(indexBlock.textContent);
  for (const each of index.sheets) for (const model of each.models) model.flagged = model.flagged.map((list) => new Set(list));
  const pageSize = 50;
  const blocks = new Map();
  const state = { sheet: 0, matches: [], page: 0, search: 0 };
  const controls = {};
  for (const name of ["sheet", "subject", "model", "verdict", "other", "flag", "text"]) controls[name] = byId("filter-" + name);

  // The samples of a block, their prompts whole again: each says how much of the one before it begins with.
  function block(sheet, number) {
    const id = `samples-${sheet}-${number}`;
    if (blocks.has(id)) return blocks.get(id);
    const samples = JSON.parse(byId(id).textContent);
    let before = "";
    for (const sample of samples) {
      if (!sample.p) continue;
      before = before.slice(0, sample.p[0]) + sample.p[1];
      sample.prompt = before;
    }
    if (blocks.size > 40) blocks.delete(blocks.keys().next().value);
    blocks.set(id, samples);
    return samples;
  }

  const sampleAt = (position) =>
    block(state.sheet, Math.floor(position / index.block_size))[position % index.block_size];
  const sheet = () => index.sheets[state.sheet];

  // The score of a model on a sample: a number, null if it has none, undefined if the sample was not run.
  function score(model, position) {
    const scores = sheet().models[model].scores;
    const value = scores[position];
    if (typeof scores === "string") return { "1": 1, "0": 0, "-": null }[value];
    return value === "" ? undefined : value;
  }

  function fill(select, names, first) {
    const kept = select.value;
    select.replaceChildren(...(first === undefined ? [] : [element("option", { value: "" }, first)]),
      ...names.map((name, value) => element("option", { value: String(value) }, name)));
    if ([...select.options].some((option) => option.value === kept)) select.value = kept;
  }

  function chooseSheet() {
    state.sheet = Number(controls.sheet.value || 0);
    const models = sheet().models.map((model) => model.name);
    fill(controls.subject, sheet().subjects, "all");
    fill(controls.model, models, "any");
    fill(controls.other, models, "none");
    fill(controls.flag, sheet().flags, "any");
    byId("sample-head").replaceChildren(element("th", {}, "sample"), element("th", {}, "subject"),
      ...models.map((name) => element("th", {}, name)));
    select();
  }

  // Whether a sample passes all filters but the text's.
  function passes(position, wanted) {
    const of = sheet();
    if (wanted.subject !== "" && of.subject[position] !== Number(wanted.subject)) return false;
    const chosen = wanted.model === "" ? of.models.map((_, model) => model) : [Number(wanted.model)];
    const scores = chosen.map((model) => score(model, position));
    const isScored = (value) => value !== null && value !== undefined;
    if (wanted.verdict === "wrong" && !scores.some((value) => isScored(value) && value !== of.best)) return false;
    if (wanted.verdict === "right" && !scores.every((value) => value === of.best)) return false;
    if (wanted.verdict === "unscored" && !scores.some((value) => value === null)) return false;
    if (wanted.other !== "") {
      const other = score(Number(wanted.other), position);
      if (!isScored(other) || !scores.some((value) => isScored(value) && value !== other)) return false;
    }
    if (wanted.flag !== "") {
      if (!chosen.some((model) => of.models[model].flagged[wanted.flag].has(position))) return false;
    }
    return true;
  }

  const wantedNow = () => Object.fromEntries(Object.entries(controls).map(([name, control]) => [name, control.value]));

  function holdsText(position, text) {
    const sample = sampleAt(position);
    // The question alone: the few-shot examples before it stand in the prompts of other samples too.
    const parts = [sheet().ids[position], (sample.prompt || "").slice(sample.q || 0), sample.t || ""];
    for (const answer of sample.m) if (answer) parts.push(answer.a || "", answer.x || "", ...(answer.r || []).map((each) => each[0]));
    return parts.some((part) => part.toLowerCase().includes(text));
  }

  // Chooses the samples to show; a search through the texts lets the page breathe between blocks.
  async function select() {
    const search = ++state.search;
    const wanted = wantedNow();
    const text = wanted.text.trim().toLowerCase();
    let found = [];
    for (let position = 0; position < sheet().ids.length; position++) if (passes(position, wanted)) found.push(position);
    if (text !== "") {
      const kept = [];
      let last = performance.now();
      for (const position of found) {
        if (holdsText(position, text)) kept.push(position);
        if (performance.now() - last > 40) {
          byId("sample-count").textContent = `searching: ${kept.length} found so far`;
          await new Promise((resume) => setTimeout(resume));
          if (search !== state.search) return;
          last = performance.now();
        }
      }
      found = kept;
    }
    state.matches = found;
    state.page = 0;
    show();
  }

  function verdict(model, position) {
    const value = score(model, position);
    const of = sheet().models[model];
    const flags = sheet().flags.filter((_, flag) => of.flagged[flag].has(position));
    let mark;
    if (value === null || value === undefined) {
      mark = element("span", { class: "verdict muted" }, value === null ? "unscored" : "not run");
    } else if (sheet().binary) {
      mark = element("span", { class: "verdict " + (value === 1 ? "right" : "wrong") }, value === 1 ? "right" : "wrong");
    } else {
      const texts = sheet().models[model].texts;
      mark = element("span", { class: "verdict" }, texts ? texts[position] : String(value));
    }
    const cell = element("td", {}, mark);
    for (const flag of flags) cell.append(" ", element("span", { class: "flag" }, flag));
    return cell;
  }

  function row(position) {
    const of = sheet();
    const made = element("tr", { class: "row", tabindex: "0", "aria-expanded": "false" }, element("td", {}, of.ids[position]),
      element("td", {}, of.subject[position] === null ? "" : of.subjects[of.subject[position]]),
      ...of.models.map((_, model) => verdict(model, position)));
    const toggle = () => {
      const isOpen = made.getAttribute("aria-expanded") === "true";
      made.setAttribute("aria-expanded", String(!isOpen));
      if (isOpen) made.nextElementSibling.remove();
      else made.after(element("tr", { class: "detail" }, element("td", { colspan: String(2 + of.models.length) }, details(position))));
    };
    made.addEventListener("click", toggle);
    made.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      toggle();
    });
    return made;
  }

  // A choice's likelihood is shown with its probability among the choices.
  function likelihoods(answer) {
    const greatest = Math.max(...answer.l.filter((value) => value !== null));
    const weights = answer.l.map((value) => (value === null ? 0 : Math.exp(value - greatest)));
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return answer.l.map((value, choice) => `${String.fromCharCode(65 + choice % 26)}  ${value === null ? "not a number"
      : `${value.toFixed(4)} nats, ${(100 * weights[choice] / sum).toFixed(1)}% among the choices`}`).join("\n");
  }

  // The responses to a sample, folded, each with its mark and its answer.
  const responses = (all) => all.map(([text, mark, answer], at) => element("details", {},
    element("summary", {}, `${at + 1}: ${mark}${answer === null ? "" : ` · ${answer}`}`), element("pre", {}, text)));

  // Folded: it is no part of the answer, and long.
  function thought(name, text, tokens, end) {
    const title = `${name}: thought, ${tokens} tokens${end ? ` (${end})` : ""}`;
    return element("details", { class: "thought" }, element("summary", {}, title), element("pre", {}, text));
  }

  function details(position) {
    const sample = sampleAt(position);
    const of = sheet();
    const made = element("div", {});
    const add = (title, text) => made.append(element("h3", {}, title), element("pre", {}, text));
    if (sample.prompt !== undefined) add(sample.n ? `Prompt (${sample.n})` : "Prompt", sample.prompt);
    else made.append(element("p", { class: "muted" }, `The prompt's text was not kept; its SHA-256 is ${sample.h}.`));
    add("Correct answer", sample.t);
    sample.m.forEach((answer, model) => {
      if (!answer) return;
      if (answer.p !== undefined) add(`${of.models[model].name}: its own prompt`, answer.p);
      for (const [text, tokens, end] of answer.w ?? []) made.append(thought(of.models[model].name, text, tokens, end));
      if (answer.r) {
        made.append(element("h3", {}, `${of.models[model].name}: ${answer.r.length} responses`), ...responses(answer.r));
      } else {
        add(`${of.models[model].name}: answer`, answer.l ? likelihoods(answer) : answer.a);
      }
      const extracted = answer.r ? "most frequent answer" : "extracted answer";
      const facts = [answer.x === null ? "no answer found" : `${extracted}: ${answer.x}`];
      if (answer.f) facts.push(`stopped: ${answer.f === "length" ? "reached max_tokens" : answer.f.replaceAll("_", " ")}`);
      facts.push(`${answer.k[0]} prompt tokens`, `${answer.k[1]} response tokens`);
      made.append(element("p", { class: "muted" }, facts.join(" · ")));
    });
    return made;
  }

  function show() {
    const count = state.matches.length;
    const pages = Math.max(1, Math.ceil(count / pageSize));
    state.page = Math.min(Math.max(0, state.page), pages - 1);
    const first = state.page * pageSize;
    byId("sample-rows").replaceChildren(...state.matches.slice(first, first + pageSize).map(row));
    byId("sample-count").textContent = count === 0 ? "no sample passes the filters"
      : `${first + 1} to ${Math.min(count, first + pageSize)} of ${count} samples`;
    byId("page-before").disabled = state.page === 0;
    byId("page-after").disabled = state.page >= pages - 1;
  }

  fill(controls.sheet, index.sheets.map((each) => each.name));
  controls.sheet.addEventListener("change", chooseSheet);
  for (const name of ["subject", "model", "verdict", "other", "flag"]) controls[name].addEventListener("change", select);
  let typing;
  controls.text.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(select, 250);
  });
  byId("page-before").addEventListener("click", () => { state.page -= 1; show(); });
  byId("page-after").addEventListener("click", () => { state.page += 1; show(); });
  chooseSheet();
})();
