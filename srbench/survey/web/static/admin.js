// Counts and intervals every ten seconds, while the page is looked at.
"use strict";

const live = document.getElementById("live");
setInterval(async () => {
  if (document.hidden || live.contains(document.activeElement)) return;
  const answer = await fetch(live.dataset.from);
  if (answer.ok) live.innerHTML = await answer.text();
}, 10000);
