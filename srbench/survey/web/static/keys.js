// Single keys can be turned off, for raters who press them by mistake or by voice.
const button = document.getElementById("keys");

export const keysEnabled = () => localStorage.getItem("srbench-keys") !== "off";

const label = () => { button.textContent = keysEnabled() ? button.dataset.on : button.dataset.off; };

if (button) {
  label();
  button.addEventListener("click", () => {
    localStorage.setItem("srbench-keys", keysEnabled() ? "off" : "on");
    label();
    button.blur();
  });
}
