// Makes pages live and saves clicks. Every page works without it.

const policy = globalThis.trustedTypes?.createPolicy("pcloud", {
  // Only pages of this node come here, and they are parsed, never run: scripts in a parsed page do not start.
  createHTML: (text) => text,
});

const parsed = (text) => new DOMParser().parseFromString(policy ? policy.createHTML(text) : text, "text/html");

// A form that only waits to be sent, such as that of a link which lets the owner in.
document.querySelector("form[data-send]")?.requestSubmit();

// A button that was pressed twice is meant once.
const TWICE_MS = 1000;
let sent;
addEventListener("submit", (event) => {
  if (sent?.form === event.target && event.timeStamp - sent.at < TWICE_MS) event.preventDefault();
  else sent = { form: event.target, at: event.timeStamp };
});

// Somebody works in a part that has the focus, or in which something is open or filled in.
const filled = (field) => field.value !== field.defaultValue || field.checked !== field.defaultChecked;
const inUse = (part) =>
  part.contains(document.activeElement) ||
  part.querySelector("dialog[open], details[open]") ||
  [...part.querySelectorAll("input, textarea")].some(filled);

// What has just moved is not to be hit by a finger that was on its way to something else.
const SETTLES_MS = 600;
let settles;
const settle = () => {
  const main = document.getElementById("main");
  main.classList.add("moved");
  clearTimeout(settles);
  settles = setTimeout(() => main.classList.remove("moved"), SETTLES_MS);
};

// Parts marked data-live, each with an id, are read again when something happened, unless one works in them.
let again;
const refresh = async () => {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (answer.redirected || !answer.ok) {
    location.reload();
    return;
  }
  const fresh = parsed(await answer.text());
  for (const part of document.querySelectorAll("[data-live]")) {
    const next = fresh.getElementById(part.id);
    if (!next || part.innerHTML === next.innerHTML || inUse(part)) continue;
    if (!("again" in part.dataset)) settle();
    part.replaceWith(document.adoptNode(next));
  }
};

// What is seen may be out of date, and says so, as long as the node cannot be heard.
const lost = (why) => {
  document.getElementById("lost")?.remove();
  if (!why) return;
  const said = document.createElement("p");
  said.id = "lost";
  said.className = "notice failed";
  said.textContent = document.body.dataset[why];
  document.getElementById("notices").prepend(said);
};

// A page that answers a form is not read again: its address alone is no page, and to reload it sends the form.
const isAnswer = "answers" in document.body.dataset;

if (!isAnswer && document.querySelector("[data-live]")) {
  const happenings = new EventSource("/live");
  const look = () => {
    clearTimeout(again);
    again = setTimeout(() => refresh().catch(() => lost("lost")), 250);
  };
  happenings.onmessage = look;
  happenings.onopen = () => {
    lost(null);
    look(); // what happened between the page and the stream
  };
  happenings.onerror = () => lost(happenings.readyState === EventSource.CLOSED ? "ended" : "lost");
  addEventListener("pagehide", () => happenings.close());
}

// Something is under way that nobody is told of: such a part is read again until it is over.
const AGAIN_MS = 700;
const again_later = () => {
  if (!isAnswer && document.querySelector("[data-again]")) setTimeout(() => refresh().catch(() => lost("lost")).then(again_later), AGAIN_MS);
};
again_later();

// What is to be copied: a button beside it does it.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent.trim());
  button.textContent = button.dataset.copied;
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) print();
});
