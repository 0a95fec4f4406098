// Pictures at one device pixel per image pixel.
const density = () => window.devicePixelRatio;

export const exactWidth = (image) => image.naturalWidth / density();
export const exactHeight = (image) => image.naturalHeight / density();

export const showExact = (image) => {
  image.style.width = exactWidth(image) + "px";
  image.style.height = exactHeight(image) + "px";
  align(image);
};

// A picture that began between two device pixels would be smeared over both. Whole CSS pixels are whole device pixels
// where the density is a whole number.
const align = (image) => {
  const unit = Number.isInteger(density()) ? 1 : 1 / density();
  image.style.left = image.style.top = "0px";
  const box = image.getBoundingClientRect();
  const x = box.left + window.scrollX, y = box.top + window.scrollY;
  image.style.left = Math.round(x / unit) * unit - x + "px";
  image.style.top = Math.round(y / unit) * unit - y + "px";
};

// A window may move to another screen without any change of its size.
export const onDensityChange = (act) => {
  window.matchMedia(`(resolution: ${density()}dppx)`).addEventListener("change", () => { act(); onDensityChange(act); },
    { once: true });
};
