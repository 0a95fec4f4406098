// What a form tells of the window.
export const fillWindowFields = () => {
  const values = { dpr: window.devicePixelRatio, width: window.innerWidth, height: window.innerHeight };
  for (const field of document.querySelectorAll("[data-fact]")) {
    if (field.dataset.fact in values) field.value = values[field.dataset.fact];
  }
  return values;
};
