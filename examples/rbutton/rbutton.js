// The r-button for any page: <r-button link="pcloud:contact/1/…">Flora's flowers</r-button>
//
// A click opens the visitor's own cloud with the invitation. This script asks nothing of anybody: it makes no
// request, sets no cookie, and is not told whether the visitor has a cloud, or what becomes of the link.

class RButton extends HTMLElement {
  connectedCallback() {
    const link = this.getAttribute("link") ?? "";
    if (!/^pcloud:contact\/1\/[\w.~%:/?#=&-]+$/.test(link)) return;
    const name = this.textContent.trim();
    const root = this.attachShadow({ mode: "open" });
    const style = document.createElement("style");
    style.textContent = `
      a, button { font: inherit; cursor: pointer; }
      a { display: inline-flex; gap: .5em; align-items: center; padding: .5em .9em; border: 1px solid currentColor;
          border-radius: .7em; color: inherit; text-decoration: none; font-weight: 600; }
      b { font-size: 1.3em; line-height: 1; letter-spacing: -.05em; }
      details { display: inline-block; margin-left: .5em; } code { overflow-wrap: anywhere; }`;
    const open = document.createElement("a");
    open.href = `web+${link}`;
    open.rel = "noreferrer";
    const sign = document.createElement("b");
    sign.setAttribute("aria-hidden", "true");
    sign.textContent = "⊂ ⊃";
    open.append(sign, ` ${this.getAttribute("label") ?? "Connect with"} ${name}`);
    root.append(style, open, this.fallback(link));
  }

  // For browsers that do not know where a cloud is: the link itself, to be pasted there.
  fallback(link) {
    const more = document.createElement("details");
    const summary = document.createElement("summary");
    summary.textContent = this.getAttribute("other") ?? "Nothing opens?";
    const shown = document.createElement("code");
    shown.textContent = link;
    const copy = document.createElement("button");
    copy.type = "button";
    copy.textContent = this.getAttribute("copy") ?? "Copy the link";
    copy.addEventListener("click", async () => {
      await navigator.clipboard.writeText(link);
      copy.textContent = this.getAttribute("copied") ?? "Copied";
    });
    more.append(summary, shown, " ", copy);
    return more;
  }
}

customElements.define("r-button", RButton);
