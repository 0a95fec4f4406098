// Renew counts and intervals ten seconds after they came, while the page is visible.
"use strict";

const progress = document.getElementById("progress");
const renew = async () => {
  if (!document.hidden && !progress.contains(document.activeElement)) {
    try {
      const response = await fetch(progress.dataset.source);
      if (response.ok) progress.innerHTML = await response.text();
    } catch { /* the server cannot be reached at the moment */ }
  }
  setTimeout(renew, 10000);
};
setTimeout(renew, 10000);
