// Counts and intervals again ten seconds after they came, while the page is looked at.
"use strict";

const live = document.getElementById("live");
const renew = async () => {
  if (!document.hidden && !live.contains(document.activeElement)) {
    try {
      const answer = await fetch(live.dataset.from);
      if (answer.ok) live.innerHTML = await answer.text();
    } catch { /* the server is away for a moment */ }
  }
  setTimeout(renew, 10000);
};
setTimeout(renew, 10000);
