// What another site can try against a page that runs on the visitor's own machine. Nothing of it may succeed.
// `attack(targets, posts, gets)` gives what it could read: an empty list, if all is well.

const WAIT_MS_MAX = 1000; // some elements never say that they were refused
const loot = [];
const took = (how, what) => loot.push(`${how}: ${String(what).slice(0, 200)}`);
const fields = () => new URLSearchParams({ form_token: "guessed", code: "guessed", id: "1", path: "profile.name" });

const settled = (element, put) =>
  new Promise((done) => {
    setTimeout(done, WAIT_MS_MAX);
    element.addEventListener("load", done);
    element.addEventListener("error", done);
    put();
  });

const tried = async (how, attempt) => {
  try {
    const answer = await attempt();
    if (answer instanceof Response && answer.type !== "opaque" && answer.type !== "opaqueredirect") {
      took(how, await answer.text());
    }
  } catch {
    // The browser has refused: that is what should happen.
  }
};

const byForm = async (address, method, encoding) => {
  const frame = document.createElement("iframe");
  frame.name = `f${Math.random()}`;
  document.body.append(frame);
  const form = document.createElement("form");
  Object.assign(form, { action: address, method, enctype: encoding, target: frame.name });
  for (const [name, value] of fields()) {
    const input = document.createElement("input");
    Object.assign(input, { type: "hidden", name, value });
    form.append(input);
  }
  document.body.append(form);
  await settled(frame, () => form.submit());
  readFrame(`form ${encoding}`, frame);
  form.remove();
  frame.remove();
};

const readFrame = (how, frame) => {
  try {
    const inner = frame.contentDocument;
    if (inner && inner.location.href !== "about:blank") took(how, inner.documentElement.outerHTML);
  } catch {
    // It is of another origin.
  }
};

const WRITING = {
  fetch: (address) => fetch(address, { method: "POST", mode: "no-cors", credentials: "include", body: fields() }),
  cors: (address) => fetch(address, { method: "POST", mode: "cors", credentials: "include", body: fields() }),
  json: (address) =>
    fetch(address, {
      method: "POST",
      credentials: "include",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(Object.fromEntries(fields())),
    }),
  plain: (address) =>
    fetch(address, { method: "POST", mode: "no-cors", credentials: "include", body: String(fields()) }),
  multipart: (address) => {
    const body = new FormData();
    for (const [name, value] of fields()) body.append(name, value);
    return fetch(address, { method: "POST", mode: "no-cors", credentials: "include", body });
  },
  kept: (address) =>
    fetch(address, { method: "POST", mode: "no-cors", credentials: "include", keepalive: true, body: fields() }),
  header: (address) =>
    fetch(address, {
      method: "POST",
      credentials: "include",
      headers: { "Sec-Fetch-Site": "same-origin", Origin: new URL(address).origin, "X-Requested-With": "page" },
      body: fields(),
    }),
  nobody: (address) =>
    fetch(address, {
      method: "POST",
      mode: "no-cors",
      credentials: "include",
      referrerPolicy: "no-referrer",
      body: fields(),
    }),
  beacon: async (address) => void navigator.sendBeacon(address, fields()),
  old: (address) =>
    new Promise((done, failed) => {
      const request = new XMLHttpRequest();
      request.open("POST", address);
      request.withCredentials = true;
      request.onload = () => done(took("old", request.responseText));
      request.onerror = failed;
      request.send(fields());
    }),
  delete: (address) => fetch(address, { method: "DELETE", credentials: "include" }),
};

const element = (tag, set, put = "src") => (address) => {
  const made = document.createElement(tag);
  Object.assign(made, set);
  return settled(made, () => {
    made[put] = address;
    document.body.append(made);
  }).then(() => {
    if (tag === "img" && made.naturalWidth) took("img", address);
    if (tag === "iframe") readFrame("iframe", made);
    if (tag === "object") readFrame("object", made);
    if (tag === "script" && made.dataset.ran) took("script", address);
    made.remove();
  });
};

const READING = {
  fetch: (address) => fetch(address, { credentials: "include" }),
  blind: (address) => fetch(address, { mode: "no-cors", credentials: "include" }),
  old: (address) =>
    new Promise((done, failed) => {
      const request = new XMLHttpRequest();
      request.open("GET", address);
      request.withCredentials = true;
      request.onload = () => done(took("old read", request.responseText));
      request.onerror = failed;
      request.send();
    }),
  img: element("img", {}),
  video: (address) => fetch(address, { mode: "no-cors", credentials: "include", headers: { Range: "bytes=0-9" } }),
  script: element("script", {}),
  module: (address) => import(address).then((found) => took("module", Object.keys(found))),
  style: element("link", { rel: "stylesheet" }, "href"),
  ahead: element("link", { rel: "prefetch" }, "href"),
  frame: element("iframe", {}),
  sandboxed: element("iframe", { sandbox: "allow-scripts allow-forms" }),
  object: element("object", {}, "data"),
  embed: element("embed", {}),
};

const happenings = (address) =>
  new Promise((done) => {
    const stream = new EventSource(address, { withCredentials: true });
    stream.onmessage = (event) => took("stream", event.data);
    stream.onopen = () => took("stream", "open");
    stream.onerror = () => done(stream.close());
  });

const socket = (address) =>
  new Promise((done) => {
    const end = new WebSocket(address.replace("http", "ws"));
    end.onopen = () => done(took("socket", "open"));
    end.onerror = done;
  });

const opened = async (address) => {
  const other = window.open(address);
  for (let looked = 0; other && looked < 50; looked += 1) {
    await new Promise((done) => setTimeout(done, 100));
    try {
      if (other.location.href === "about:blank") continue; // it has not come yet
      took("window", other.document.documentElement.outerHTML);
    } catch {
      // It is of another origin.
    }
    break;
  }
  other?.postMessage({ do: "everything" }, "*");
  other?.close();
};

const pinged = async (address) => {
  const link = document.createElement("a");
  Object.assign(link, { href: "#", ping: address });
  document.body.append(link);
  link.click();
};

globalThis.attack = async (targets, posts, gets) => {
  for (const target of targets) {
    const all = [];
    for (const path of posts) {
      for (const [how, attempt] of Object.entries(WRITING)) all.push([`${how} ${path}`, () => attempt(target + path)]);
      all.push([`ping ${path}`, () => pinged(target + path)]);
      for (const encoding of ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"]) {
        all.push([`form ${path}`, () => byForm(target + path, "post", encoding)]);
      }
      all.push([`form get ${path}`, () => byForm(target + path, "get", "application/x-www-form-urlencoded")]);
    }
    for (const path of gets) {
      for (const [how, attempt] of Object.entries(READING)) all.push([`${how} ${path}`, () => attempt(target + path)]);
    }
    all.push(["stream", () => happenings(`${target}/live`)], ["socket", () => socket(`${target}/live`)]);
    all.push(["window", () => opened(`${target}/`)]);
    const lanes = Array.from({ length: 24 }, async () => {
      for (let next = all.pop(); next; next = all.pop()) await tried(...next);
    });
    await Promise.all(lanes);
  }
  return loot;
};
