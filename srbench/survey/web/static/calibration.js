// The ends of the scale side by side, or one below the other: as much of both as the window has room for.
import { exactHeight, exactWidth } from "./exact.js";
import { arrangeBy, images } from "./pictures.js";

const LEAST_PX = 120;
const NARROW_PX = 600;

const ends = document.getElementById("ends");
const stage = ends.parentElement;
const frames = images.map((image) => image.parentElement);

// The frames first give up their height, so that what is left of the window can be measured.
const arrange = () => {
  frames.forEach((frame) => { frame.style.height = "0px"; });
  const rows = document.documentElement.clientWidth < NARROW_PX ? 2 : 1;
  ends.classList.toggle("stacked", rows === 2);
  const gap = parseFloat(getComputedStyle(ends).columnGap);
  const room = { width: rows === 2 ? stage.clientWidth : (stage.clientWidth - gap) / 2,
    height: Math.max(LEAST_PX, (stage.clientHeight - ends.offsetHeight) / rows) };
  frames.forEach((frame, at) => {
    const [wide, high] = [exactWidth(images[at]), exactHeight(images[at])];
    const [width, height] = [Math.floor(Math.min(wide, room.width)), Math.floor(Math.min(high, room.height))];
    frame.style.width = width + "px";
    frame.style.height = height + "px";
    images[at].style.marginLeft = Math.round((width - wide) / 2) + "px";
    images[at].style.marginTop = Math.round((height - high) / 2) + "px";
  });
};

arrangeBy(arrange);
