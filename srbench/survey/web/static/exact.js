// Pictures at one device pixel per image pixel, or at a whole number of them.
const enlarge = Number(document.body.dataset.enlarge) || 1;
const density = () => window.devicePixelRatio;

export const exactWidth = (image) => image.naturalWidth * enlarge / density();
export const exactHeight = (image) => image.naturalHeight * enlarge / density();

// What the zoom shows: a factor, and the place of all pictures that keeps where it is, as shares of width and height.
export const zoom = { factor: 1, x: 0.5, y: 0.5 };

export const showExact = (image) => {
  const frame = image.closest(".frame");
  setSize(frame ?? image, exactWidth(image), exactHeight(image));
  align(frame ?? image);
  if (!frame) return;
  setSize(image, exactWidth(image) * zoom.factor, exactHeight(image) * zoom.factor);
  image.style.left = -inDevicePixels((zoom.factor - 1) * zoom.x * exactWidth(image)) + "px";
  image.style.top = -inDevicePixels((zoom.factor - 1) * zoom.y * exactHeight(image)) + "px";
};

const setSize = (element, width, height) => {
  element.style.width = width + "px";
  element.style.height = height + "px";
};

// Whole CSS pixels are whole device pixels where the density is a whole number.
const inDevicePixels = (length) => {
  const unit = Number.isInteger(density()) ? 1 : 1 / density();
  return Math.round(length / unit) * unit;
};

// A picture that began between two device pixels would be smeared over both.
const align = (element) => {
  element.style.left = element.style.top = "0px";
  const box = element.getBoundingClientRect();
  const x = box.left + window.scrollX, y = box.top + window.scrollY;
  element.style.left = inDevicePixels(x) - x + "px";
  element.style.top = inDevicePixels(y) - y + "px";
};

// A window may move to another screen without any change of its size.
export const onDensityChange = (act) => {
  window.matchMedia(`(resolution: ${density()}dppx)`).addEventListener("change", () => { act(); onDensityChange(act); },
    { once: true });
};
