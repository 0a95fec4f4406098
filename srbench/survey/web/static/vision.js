// Optotypes at one device pixel per image pixel.
import { onDensityChange, showExact } from "./exact.js";

const images = [...document.querySelectorAll("img.exact")];
const update = () => images.forEach(showExact);
window.addEventListener("resize", update);
onDensityChange(update);
Promise.all(images.map((image) => image.decode())).then(update, () => {});
