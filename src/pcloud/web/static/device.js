// A paired device proves that it is the one: with a key that this browser keeps and cannot give away.

const shell = document.getElementById("device");
const KEY = { name: "ECDSA", namedCurve: "P-256" };
const PURPOSE = "pcloud page session 1";

const show = (step) => {
  for (const part of shell.querySelectorAll("[data-step]")) part.hidden = part.dataset.step !== step;
};

const hex = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");

const ask = async (path, fields) => {
  const answer = await fetch(path, { method: "POST", body: new URLSearchParams(fields), redirect: "manual" });
  if (answer.type === "opaqueredirect") return { in: true };
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.problem);
  return told;
};

// ---------------------------------------------------------------- where the key is kept

const shelf = () =>
  new Promise((resolve, reject) => {
    const opening = indexedDB.open("pcloud", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore("keys");
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
  });

const inShelf = async (mode, work) => {
  const database = await shelf();
  return new Promise((resolve, reject) => {
    const asked = work(database.transaction("keys", mode).objectStore("keys"));
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
};

const kept = () => inShelf("readonly", (keys) => keys.get("device"));
const keep = (device) => inShelf("readwrite", (keys) => keys.put(device, "device"));

// ---------------------------------------------------------------- coming in, and being paired

const enter = async (device) => {
  show("entering");
  const { challenge } = await ask("/device/challenge", {});
  const told = new TextEncoder().encode([PURPOSE, location.origin, challenge].join("\0"));
  const signature = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, device.keys.privateKey, told);
  await ask("/device/begin", { id: device.id, challenge, signature: hex(signature) });
  location.replace("/");
};

const waited = async (device) => {
  for (;;) {
    // A phone that sleeps meanwhile loses its connection, and asks on when it wakes up.
    const { state } = await ask("/device/wait", { id: device.id }).catch(() => ({ state: "waiting" }));
    if (state !== "waiting") return state;
    await new Promise((resolve) => setTimeout(resolve, 1500));
  }
};

const pair = async (code, name) => {
  const keys = await crypto.subtle.generateKey(KEY, false, ["sign", "verify"]);
  const key = hex(await crypto.subtle.exportKey("raw", keys.publicKey));
  const { id, number } = await ask("/device/knock", { code, key, name });
  const device = { id, keys };
  await keep(device);
  document.getElementById("number").textContent = number;
  show("number");
  if ((await waited(device)) === "paired") await enter(device);
  else show("gone");
};

const guess = () => {
  const names = shell.querySelector('[data-step="names"]').dataset;
  const small = Math.min(screen.width, screen.height);
  return navigator.maxTouchPoints > 1 ? (small < 600 ? names.phone : names.tablet) : names.laptop;
};

const problem = (fault) => {
  show("none");
  const said = document.getElementById("problem");
  said.textContent = fault.message;
  said.hidden = false;
};

const begin = async () => {
  show("none"); // what is said to whoever runs no script
  if (!globalThis.crypto?.subtle || !globalThis.indexedDB) return show("unable");
  let device;
  try {
    device = await kept();
  } catch {
    return show("unable");
  }
  if (!shell.dataset.pairs) {
    // A device that was taken away has a key that opens nothing; its owner is told how to pair it anew.
    return device ? enter(device).catch(() => show("unknown")) : show("unknown");
  }
  const code = location.hash.slice(1);
  history.replaceState(null, "", location.pathname);
  if (!code) return show("nocode");
  const form = shell.querySelector("form");
  form.elements.name.value = guess();
  show("name");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    pair(code, form.elements.name.value).catch(problem);
  });
};

await begin();
