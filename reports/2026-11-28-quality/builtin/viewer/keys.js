"use strict";
/* Keys. They act while no field is being filled in, and can be switched off in the list of keys. */

const typing = (target) => target.closest("input:not([type=range], [type=checkbox]), select, textarea, dialog[open]");

/* actions: functions by key; `hold` is called with whether Shift is held. */
function listenToKeys(actions, hold, enabled) {
  addEventListener("keydown", (event) => {
    if (!enabled() || event.ctrlKey || event.altKey || event.metaKey || typing(event.target)) return;
    if (event.key === "Shift") {
      hold(true);
      return;
    }
    const arrow = event.key.startsWith("Arrow");
    if (arrow && event.target.closest("input")) return;
    const act = actions[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!act) return;
    event.preventDefault();
    act(event);
  });
  addEventListener("keyup", (event) => event.key === "Shift" && hold(false));
  addEventListener("blur", () => hold(false));
}
