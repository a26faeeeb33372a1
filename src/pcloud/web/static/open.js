// Lets this browser open links of other pages here (HTML standard, section 8.9.1.1).
const button = document.querySelector("[data-register]");
button.addEventListener("click", () => {
  const able = "registerProtocolHandler" in navigator;
  if (able) navigator.registerProtocolHandler("web+pcloud", `${location.origin}/open?link=%s`);
  document.getElementById(able ? "registered" : "unable").hidden = false;
});
