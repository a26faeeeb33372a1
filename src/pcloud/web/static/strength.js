// Says how hard a passphrase is to guess while it is typed. A rough sum; nothing leaves the field.

const bits = (text) => {
  const words = new Set(text.toLowerCase().split(/[\s\-_.]+/).filter((word) => word.length > 2));
  const kinds = [[/[a-z]/, 26], [/[A-Z]/, 26], [/[0-9]/, 10], [/[^a-zA-Z0-9]/, 33]];
  const letters = kinds.reduce((sum, [kind, count]) => sum + (kind.test(text) ? count : 0), 0);
  // A letter that stands there already adds little, and a word of a language no more than one in 2,048.
  const fresh = new Set(text).size + (text.length - new Set(text).size) / 3;
  const single = letters ? fresh * Math.log2(letters) : 0;
  return words.size > 1 ? Math.min(single, words.size * 12) : Math.min(single, text.length > 14 ? 60 : single * 0.8);
};

const [weak, good] = [36, 44];

for (const field of document.querySelectorAll("input[data-strength]")) {
  const shown = document.getElementById(field.dataset.strength);
  field.addEventListener("input", () => {
    const found = bits(field.value);
    shown.hidden = field.value === "";
    shown.querySelector("meter").value = found;
    const said = found < weak ? "weak" : found < good ? "fair" : "good";
    shown.querySelector("span").textContent = shown.dataset[said];
  });
}
