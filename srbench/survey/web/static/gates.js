// What the screen check measures for gates, and what a rater can still change before the form is sent.
const check = document.getElementById("screen-check");
if (check) {
  const measured = () => ({
    zoom: Math.round(100 * window.outerWidth / window.innerWidth),
    fullscreen: window.innerWidth >= screen.width - 1 && window.innerHeight >= screen.height - 1 ? 1 : 0,
  });
  check.addEventListener("formdata", (event) => {
    for (const [name, value] of Object.entries(measured())) event.formData.set(name, value);
  });
  const holds = {
    window: (width, height) => (window.innerWidth + 1) * window.devicePixelRatio > width && (window.innerHeight + 1) * window.devicePixelRatio > height,
    density: (low, high) => (low ? window.devicePixelRatio >= low && window.devicePixelRatio <= high : Number.isInteger(window.devicePixelRatio)),
    zoom: (most) => Math.abs(measured().zoom - 100) < most,
    fullscreen: () => measured().fullscreen === 1,
  };
  const look = () => {
    let failing = 0;
    for (const notice of document.querySelectorAll("[data-gate]")) {
      notice.hidden = holds[notice.dataset.gate](...notice.dataset.limits.split(" ").filter(Boolean).map(Number));
      failing += notice.hidden ? 0 : 1;
    }
    return failing;
  };
  window.addEventListener("resize", look);
  look();
  // Who cannot change it sends the form a second time, and the study decides.
  let warned = false;
  check.addEventListener("submit", (event) => {
    if (look() && !warned) {
      warned = true;
      event.preventDefault();
      document.querySelector("[data-gate]:not([hidden])").scrollIntoView({ block: "center" });
    }
  });
}
